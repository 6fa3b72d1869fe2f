import { encodePoint, type Point, parsePoint } from "@keyquorum/threshold";
import { checkField, checkSchema } from "./checkSchema.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type Hash32, parseAddress, parseHash32 } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, ChainIdText, exactly, Hash32Text, PointText, Slot, Uint64Text } from "./schemas.ts";
import type { BootId } from "./signing/bootId.ts";

/** A line of text for people: no control characters. */
const NameText = Type.String({ pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$", minLength: 0, maxLength: 64 });
const BlockBody = exactly({ number: Uint64Text, hash: Hash32Text });

/** Answer to GET /v1/keeper. Everything in it is the keeper's own word: the registry on chain decides. */
export const KeeperInfoBody = exactly({
  protocol: Type.Literal(1),
  software: NameText,
  name: NameText,
  chainId: ChainIdText,
  keeperRegistry: AddressText,
  shareRequests: AddressText,
  slot: Slot,
  operator: AddressText,
  identityKey: PointText,
  /** Whether it would answer share requests now. */
  ready: Type.Boolean(),
  /** Of how many keys its share was lost or is damaged: it answers for all others. */
  sharesMissing: Type.Integer({ minimum: 0, maximum: 4294967295 }),
  /** The newest blocks that it decides by; null while it has none. */
  finalBlock: Type.Union([BlockBody, Type.Null()]),
  headBlock: Type.Union([BlockBody, Type.Null()]),
  /** How old a look at the newest blocks may be when it decides about a request. */
  headLookMilliseconds: Type.Integer({ minimum: 0, maximum: 1000 }),
  /** How old the newest block may be. */
  maxHeadAgeSeconds: Type.Integer({ minimum: 1, maximum: 4294967295 }),
  /** Which of its lives this is: `signing/bootId.ts`. Keepers of before signing do not say. */
  boot: Type.Optional(Hash32Text),
});
export type KeeperInfoBody = Static<typeof KeeperInfoBody>;

export type KeeperBlock = { readonly number: bigint; readonly hash: Hash32 };

/** Who a keeper says it is. */
export type KeeperInfo = {
  readonly software: string;
  readonly name: string;
  readonly chainId: bigint;
  readonly keeperRegistry: Address;
  readonly shareRequests: Address;
  readonly slot: number;
  readonly operator: Address;
  readonly identityKey: Point;
  readonly ready: boolean;
  readonly sharesMissing: number;
  readonly finalBlock: KeeperBlock | null;
  readonly headBlock: KeeperBlock | null;
  readonly headLookMilliseconds: number;
  readonly maxHeadAgeSeconds: number;
  readonly boot?: BootId;
};

/** Writes the body. */
export const encodeKeeperInfo = (info: KeeperInfo): KeeperInfoBody => ({
  protocol: 1,
  software: info.software,
  name: info.name,
  chainId: info.chainId.toString(),
  keeperRegistry: info.keeperRegistry,
  shareRequests: info.shareRequests,
  slot: info.slot,
  operator: info.operator,
  identityKey: bytesToHex(encodePoint(info.identityKey)),
  ready: info.ready,
  sharesMissing: info.sharesMissing,
  finalBlock: encodeBlock(info.finalBlock),
  headBlock: encodeBlock(info.headBlock),
  headLookMilliseconds: info.headLookMilliseconds,
  maxHeadAgeSeconds: info.maxHeadAgeSeconds,
  ...(info.boot === undefined ? {} : { boot: info.boot }),
});

/** Reads the body. Throws `BAD_ANSWER` with the field in `details.field`. */
export const parseKeeperInfo = (value: unknown): KeeperInfo => {
  const body = checkSchema(KeeperInfoBody, value, "BAD_ANSWER");
  return {
    software: body.software,
    name: body.name,
    chainId: parseUint(body.chainId, 256n, "chainId"),
    keeperRegistry: parseAddress(body.keeperRegistry),
    shareRequests: parseAddress(body.shareRequests),
    slot: body.slot,
    operator: parseAddress(body.operator),
    identityKey: checkField("identityKey", "BAD_ANSWER", () => parsePoint(hexToBytes(body.identityKey))),
    ready: body.ready,
    sharesMissing: body.sharesMissing,
    finalBlock: parseBlock(body.finalBlock, "finalBlock"),
    headBlock: parseBlock(body.headBlock, "headBlock"),
    headLookMilliseconds: body.headLookMilliseconds,
    maxHeadAgeSeconds: body.maxHeadAgeSeconds,
    ...(body.boot === undefined ? {} : { boot: parseHash32(body.boot) as BootId }), // true: any 32 bytes are one
  };
};

const encodeBlock = (block: KeeperBlock | null): KeeperInfoBody["headBlock"] =>
  block === null ? null : { number: block.number.toString(), hash: block.hash };

const parseBlock = (block: KeeperInfoBody["headBlock"], field: string): KeeperBlock | null =>
  block === null ? null : { number: parseUint(block.number, 64n, `${field}.number`), hash: parseHash32(block.hash) };

const parseUint = (text: string, bits: bigint, field: string): bigint => {
  const value = BigInt(text);
  if (value >> bits !== 0n)
    throw new KeyquorumError("BAD_ANSWER", `The field ${field} has more than ${bits} bits.`, { details: { field } });
  return value;
};
