import { encodePoint, encodeScalar, MAX_MEMBERS, MIN_SERVER_KEY_MEMBERS, type Point, parsePoint, parseScalar } from "@keyquorum/threshold";
import {
  type Address,
  bytesToHex,
  checkField,
  checkSchema,
  Epoch,
  ErrorBody,
  type ErrorCode,
  exactly,
  type Hash32,
  Hash32Text,
  hexOf,
  hexToBytes,
  hexUpTo,
  KeyquorumError,
  type PeerMessage,
  PointText,
  parseAddress,
  parseHash32,
  type Schema,
  SignatureText,
  Slot,
  type Static,
  Type,
} from "@keyquorum/wire";
import type { OldShare } from "./oldShare.ts";

/** Of 64 members and t = 63. */
const MAX_DEALING_BYTES = 64 * 64 + 64 + 32 * 64 + 128;
/** An old share of that size, in hex, with all beside it. */
const MAX_SHARE_BYTES = 24_576;
/** Of one question. */
export const MOST_STATUSES = 128;

export const OldShareBody = exactly({
  serverKeyId: Hash32Text,
  author: hexOf(20),
  threshold: Type.Integer({ minimum: 0, maximum: MAX_MEMBERS - 1 }),
  publicKey: PointText,
  version: Hash32Text,
  documentKey: Type.Optional(exactly({ commonPoint: PointText, encryptedPoint: PointText })),
  epoch: Epoch,
  members: Type.Array(Slot, { minItems: MIN_SERVER_KEY_MEMBERS, maxItems: MAX_MEMBERS }),
  place: Hash32Text,
  dealing: hexUpTo(MAX_DEALING_BYTES),
  signature: SignatureText,
});

const pointText = (point: Point): string => bytesToHex(encodePoint(point));

export const encodeOldShare = ({ claim, epoch, members, place, dealing, signature }: OldShare): Static<typeof OldShareBody> => ({
  ...{ serverKeyId: claim.serverKeyId, author: claim.author, threshold: claim.threshold, publicKey: pointText(claim.publicKey) },
  version: claim.version,
  ...(claim.documentKey === undefined
    ? {}
    : {
        documentKey: {
          commonPoint: pointText(claim.documentKey.commonPoint),
          encryptedPoint: pointText(claim.documentKey.encryptedPoint),
        },
      }),
  ...{ epoch, members: [...members], place: bytesToHex(encodeScalar(place)), dealing: bytesToHex(dealing) },
  signature: bytesToHex(signature),
});

/** Throws `code`, also unless members ascend, points are valid and the place is not 0. */
export const parseOldShare = (body: Static<typeof OldShareBody>, code: ErrorCode): OldShare =>
  checkField("share", code, () => {
    const pointOf = (text: string): Point => parsePoint(hexToBytes(text, 33));
    const { documentKey, members } = body;
    if (!members.every((slot, i) => i === 0 || slot > (members[i - 1] ?? 0)))
      throw new KeyquorumError("INVALID_VALUE", "Members must ascend.");
    const place = parseScalar(hexToBytes(body.place, 32));
    if (place === 0n) throw new KeyquorumError("INVALID_VALUE", "The place must not be 0: the polynomial's value at 0 is the key itself.");
    return {
      claim: {
        ...{ serverKeyId: parseHash32(body.serverKeyId), author: parseAddress(body.author), threshold: body.threshold },
        ...{ publicKey: pointOf(body.publicKey), version: parseHash32(body.version) },
        ...(documentKey === undefined
          ? {}
          : { documentKey: { commonPoint: pointOf(documentKey.commonPoint), encryptedPoint: pointOf(documentKey.encryptedPoint) } }),
      },
      ...{ epoch: body.epoch, members, place, dealing: hexToBytes(body.dealing), signature: hexToBytes(body.signature, 65) },
    };
  });

/** What a member has of an old share afterwards: "held" with others' until they come to a key; "generated": the id has a key. */
export type ShareOutcome = "held" | "generated";

export type StatusAsk = {
  readonly serverKeyIds: readonly Hash32[];
  /** 32 fresh bytes. */
  readonly nonce: Uint8Array;
  /** Unix time of the question. */
  readonly seconds: number;
  /** The importer's, over `statusStatement`. */
  readonly signature: Uint8Array;
};

/** How far a key is at one member. `importers`: who brought a record of it; `wrong`: whose share does not fit those that do. */
export type ImportStatus = {
  readonly serverKeyId: Hash32;
  readonly state: "none" | "waiting" | "wrong" | "conflict" | "ready" | "underWay" | "generated";
  /** Of that state: which part of the records is in conflict. */
  readonly about?: "key" | "documentKey";
  readonly agreeing: number;
  readonly needed: number;
  readonly importers: readonly Address[];
  readonly wrong: readonly Address[];
  /** Places and versions that who asks has brought, in the present epoch. */
  readonly own: readonly { readonly place: bigint; readonly version: Hash32 }[];
};

const StatusBody = exactly({
  serverKeyId: Hash32Text,
  state: Type.Union(
    (["none", "waiting", "wrong", "conflict", "ready", "underWay", "generated"] as const).map((state) => Type.Literal(state)),
  ),
  about: Type.Optional(Type.Union([Type.Literal("key"), Type.Literal("documentKey")])),
  agreeing: Type.Integer({ minimum: 0, maximum: 255 }),
  needed: Type.Integer({ minimum: 0, maximum: 255 }),
  importers: Type.Array(hexOf(20), { maxItems: 64 }),
  wrong: Type.Array(hexOf(20), { maxItems: 64 }),
  own: Type.Array(exactly({ place: Hash32Text, version: Hash32Text }), { maxItems: 256 }),
});

const StatusAskBody = exactly({
  serverKeyIds: Type.Array(Hash32Text, { minItems: 1, maxItems: MOST_STATUSES }),
  nonce: Hash32Text,
  seconds: Type.Integer({ minimum: 0 }),
  signature: SignatureText,
});
const ShareAnswerBody = exactly({ state: Type.Union([Type.Literal("held"), Type.Literal("generated")]) });
const StatusAnswerBody = exactly({ keys: Type.Array(StatusBody, { maxItems: MOST_STATUSES }) });

const routeOf = <Body extends Schema, Answer extends Schema>(name: string, body: Body, answer: Answer) =>
  ({
    method: "POST",
    path: `/v1/peers/server-keys/imports/${name}`,
    body: body as Schema,
    responses: { 200: answer as Schema, "4xx": ErrorBody, "5xx": ErrorBody },
  }) as const;

/** What who imports old records asks keepers, and what keepers carry to each other of it. */
export const IMPORT_MESSAGES: {
  readonly share: PeerMessage<OldShare, ShareOutcome>;
  readonly status: PeerMessage<StatusAsk, readonly ImportStatus[]>;
} = {
  share: {
    route: routeOf("share", OldShareBody, ShareAnswerBody),
    ...{ maxAskBytes: MAX_SHARE_BYTES, maxAnswerBytes: 256 },
    encodeAsk: encodeOldShare,
    parseAsk: (value) => parseOldShare(checkSchema(OldShareBody, value, "INVALID_REQUEST"), "INVALID_REQUEST"),
    encodeAnswer: (state) => ({ state }),
    parseAnswer: (value) => checkSchema(ShareAnswerBody, value, "BAD_ANSWER").state,
  },
  status: {
    route: routeOf("status", StatusAskBody, StatusAnswerBody),
    ...{ maxAskBytes: 16_384, maxAnswerBytes: 1_048_576 },
    encodeAsk: ({ serverKeyIds, nonce, seconds, signature }) => ({
      ...{ serverKeyIds: [...serverKeyIds], nonce: bytesToHex(nonce), seconds, signature: bytesToHex(signature) },
    }),
    parseAsk: (value) => {
      const { serverKeyIds, nonce, seconds, signature } = checkSchema(StatusAskBody, value, "INVALID_REQUEST");
      return {
        ...{ serverKeyIds: serverKeyIds.map(parseHash32), nonce: hexToBytes(nonce, 32), seconds, signature: hexToBytes(signature, 65) },
      };
    },
    encodeAnswer: (keys) => ({
      keys: keys.map(({ own, ...key }) => ({
        ...{ ...key, importers: [...key.importers], wrong: [...key.wrong] },
        own: own.map(({ place, version }) => ({ place: bytesToHex(encodeScalar(place)), version })),
      })),
    }),
    parseAnswer: (value) =>
      checkSchema(StatusAnswerBody, value, "BAD_ANSWER").keys.map(({ own, about, ...key }) => ({
        ...{ ...key, serverKeyId: parseHash32(key.serverKeyId) },
        ...(about === undefined ? {} : { about }),
        ...{ importers: key.importers.map(parseAddress), wrong: key.wrong.map(parseAddress) },
        own: own.map(({ place, version }) => ({
          place: checkField("place", "BAD_ANSWER", () => parseScalar(hexToBytes(place, 32))),
          version: parseHash32(version),
        })),
      })),
  },
};
