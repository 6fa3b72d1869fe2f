import { checkSchema } from "../checkSchema.ts";
import { type ErrorCode, KeyquorumError } from "../errorCodes.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Hash32 } from "../ids.ts";
import { type Static, Type } from "../jsonSchema.ts";
import { Epoch, exactly, Hash32Text, hexOf, PointText, SignatureText, Slot } from "../schemas.ts";
import type { BootId } from "./bootId.ts";
import {
  encodeHttpSigningRequest,
  HttpSigningRequestBody,
  readHttpSigningRequest,
  type SignedHttpSigningRequest,
} from "./httpSigningRequest.ts";

// Messages of a Schnorr signature between keepers, as JSON. PROTOCOL section 10.2. Who signed, and whether it is right, is the receiver's to check.

/** Most signers of one attempt: t+1, with t = 31. */
export const MAX_SCHNORR_SIGNERS = 32;

/** A keeper in one of its lives. */
const KeeperBody = exactly({ slot: Slot, boot: Hash32Text });

/** Kind 1: a coordinator asks the signer at slot `to` for a nonce commitment; `askId` names the question. `asked`: the signed request, where it came by HTTP. */
export const NonceAskBody = exactly({
  requestId: Hash32Text,
  epoch: Epoch,
  coordinator: KeeperBody,
  to: Slot,
  askId: Hash32Text,
  asked: Type.Optional(HttpSigningRequestBody),
  signature: SignatureText,
});
export type NonceAskBody = Static<typeof NonceAskBody>;

/** Kind 2: a signer's commitments D and E, to one coordinator in one life. */
export const NonceBody = exactly({
  requestId: Hash32Text,
  epoch: Epoch,
  signer: KeeperBody,
  coordinator: KeeperBody,
  d: PointText,
  e: PointText,
  signature: SignatureText,
});
export type NonceBody = Static<typeof NonceBody>;

/** Kind 3: a coordinator shows t+1 commitments, by ascending slot, and asks for a share. */
export const ShareAskBody = exactly({
  requestId: Hash32Text,
  epoch: Epoch,
  attempt: Hash32Text,
  coordinator: KeeperBody,
  nonces: Type.Array(NonceBody, { minItems: 1, maxItems: MAX_SCHNORR_SIGNERS }),
  signature: SignatureText,
});
export type ShareAskBody = Static<typeof ShareAskBody>;

/** Kind 4: a signer's share, and its next commitment. */
export const ShareBody = exactly({
  requestId: Hash32Text,
  epoch: Epoch,
  attempt: Hash32Text,
  signer: KeeperBody,
  nonceId: Hash32Text,
  z: hexOf(32),
  next: Type.Optional(NonceBody),
  signature: SignatureText,
});
export type ShareBody = Static<typeof ShareBody>;

/** A keeper's slot in the epoch, and its life. */
export type SigningKeeper = { readonly slot: number; readonly boot: BootId };
type Signed = {
  readonly requestId: Hash32;
  readonly epoch: number /** 65 bytes of the identity key that the epoch froze. */;
  readonly signature: Uint8Array;
};

export type NonceAsk = Signed & {
  readonly coordinator: SigningKeeper;
  readonly to: number;
  readonly askId: Hash32;
  readonly asked?: SignedHttpSigningRequest;
};
/** `d`, `e`: compressed points, 33 bytes. */
export type NonceMessage = Signed & {
  readonly signer: SigningKeeper;
  readonly coordinator: SigningKeeper;
  readonly d: Uint8Array;
  readonly e: Uint8Array;
};
export type ShareAsk = Signed & {
  readonly attempt: Hash32;
  readonly coordinator: SigningKeeper;
  readonly nonces: readonly NonceMessage[];
};
/** `z`: 32 bytes. */
export type ShareMessage = Signed & {
  readonly attempt: Hash32;
  readonly signer: SigningKeeper;
  readonly nonceId: Hash32;
  readonly z: Uint8Array;
  readonly next?: NonceMessage;
};

// What the schema says is a hash is one; it is in lower case.
const keeperOf = ({ slot, boot }: { readonly slot: number; readonly boot: string }): SigningKeeper => ({ slot, boot: boot as BootId });
const hash = (text: string): Hash32 => text as Hash32;

export const encodeNonceAsk = ({ requestId, epoch, coordinator, to, askId, asked, signature }: NonceAsk): NonceAskBody => ({
  ...{ requestId, epoch, coordinator: { ...coordinator }, to, askId },
  ...(asked === undefined ? {} : { asked: encodeHttpSigningRequest(asked) }),
  signature: bytesToHex(signature),
});

/** Throws INVALID_REQUEST. */
export const parseNonceAsk = (value: unknown): NonceAsk => {
  const { requestId, epoch, coordinator, to, askId, asked, signature } = checkSchema(NonceAskBody, value, "INVALID_REQUEST");
  return {
    ...{
      requestId: hash(requestId),
      epoch,
      coordinator: keeperOf(coordinator),
      to,
      askId: hash(askId),
      signature: hexToBytes(signature, 65),
    },
    ...(asked === undefined ? {} : { asked: readHttpSigningRequest(asked) }),
  };
};

export const encodeNonce = ({ requestId, epoch, signer, coordinator, d, e, signature }: NonceMessage): NonceBody => ({
  ...{ requestId, epoch, signer: { ...signer }, coordinator: { ...coordinator } },
  ...{ d: bytesToHex(d), e: bytesToHex(e), signature: bytesToHex(signature) },
});

const nonceOf = ({ requestId, epoch, signer, coordinator, d, e, signature }: NonceBody): NonceMessage => ({
  ...{ requestId: hash(requestId), epoch, signer: keeperOf(signer), coordinator: keeperOf(coordinator) },
  ...{ d: hexToBytes(d, 33), e: hexToBytes(e, 33), signature: hexToBytes(signature, 65) },
});

/** Throws BAD_ANSWER. */
export const parseNonce = (value: unknown): NonceMessage => nonceOf(checkSchema(NonceBody, value, "BAD_ANSWER"));

export const encodeShareAsk = ({ requestId, epoch, attempt, coordinator, nonces, signature }: ShareAsk): ShareAskBody => ({
  ...{ requestId, epoch, attempt, coordinator: { ...coordinator }, nonces: nonces.map(encodeNonce) },
  signature: bytesToHex(signature),
});

/** Throws INVALID_REQUEST, also unless the commitments' signers ascend. */
export const parseShareAsk = (value: unknown): ShareAsk => {
  const body = checkSchema(ShareAskBody, value, "INVALID_REQUEST");
  const nonces = body.nonces.map(nonceOf);
  assertAscending(nonces, "INVALID_REQUEST");
  return {
    ...{ requestId: hash(body.requestId), epoch: body.epoch, attempt: hash(body.attempt), coordinator: keeperOf(body.coordinator), nonces },
    signature: hexToBytes(body.signature, 65),
  };
};

export const encodeShare = ({ requestId, epoch, attempt, signer, nonceId, z, next, signature }: ShareMessage): ShareBody => ({
  ...{ requestId, epoch, attempt, signer: { ...signer }, nonceId, z: bytesToHex(z) },
  ...(next === undefined ? {} : { next: encodeNonce(next) }),
  signature: bytesToHex(signature),
});

/** Throws BAD_ANSWER. */
export const parseShare = (value: unknown): ShareMessage => {
  const { requestId, epoch, attempt, signer, nonceId, z, next, signature } = checkSchema(ShareBody, value, "BAD_ANSWER");
  return {
    ...{
      requestId: hash(requestId),
      epoch,
      attempt: hash(attempt),
      signer: keeperOf(signer),
      nonceId: hash(nonceId),
      z: hexToBytes(z, 32),
    },
    ...(next === undefined ? {} : { next: nonceOf(next) }),
    signature: hexToBytes(signature, 65),
  };
};

const assertAscending = (nonces: readonly NonceMessage[], code: ErrorCode): void => {
  if (nonces.every(({ signer }, at) => at === 0 || signer.slot > (nonces[at - 1]?.signer.slot ?? 0))) return;
  throw new KeyquorumError(code, "The field nonces must name signers in ascending order, each once.", { details: { field: "nonces" } });
};
