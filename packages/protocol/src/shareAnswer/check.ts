import { type Point, parsePoint, ThresholdError } from "@keyquorum/threshold";
import { type DocumentHeader, type Hash32, headerHashOf, MAX_DEADLINE_SECONDS, verifyHeader } from "@keyquorum/wire";
import { refuse } from "./refuse.ts";
import type { CheckedShareRequest, ReceivedShareRequest, RefusedShareRequest, ServedDeployment, ShareRequestKey } from "./request.ts";

export type ShareRequestCheck = {
  readonly request: ReceivedShareRequest;
  readonly header: DocumentHeader;
  /** The header's key at the newest final block; undefined when there is none. */
  readonly key: ShareRequestKey | undefined;
  readonly deployment: ServedDeployment;
  /** Seconds since 1970, by the keeper's clock (HTTP) or the head's timestamp (chain). */
  readonly now: bigint;
  /** The header this request id was answered for before, if any. */
  readonly answeredHeader?: Hash32;
  /** Whether a header's document and proof verify under a key; by default `verifyHeader`. For who remembers what it has verified. */
  readonly isProved?: (header: DocumentHeader, publicKey: Point) => boolean;
};

/**
 * Whether request and header belong together and to this deployment: what can be refused before the chain is asked anything. `checkShareRequest` has it
 * in it. Undefined: nothing is wrong so far.
 */
export const matchShareRequest = ({
  request,
  header,
  deployment,
}: Pick<ShareRequestCheck, "request" | "header" | "deployment">): RefusedShareRequest | undefined => {
  const { requestId } = request;
  if (header.chainId !== deployment.chainId || header.documentRegistry !== deployment.documentRegistry)
    return refuse(requestId, "WRONG_CHAIN");
  if (header.document !== request.document || headerHashOf(header) !== request.headerHash)
    return refuse(requestId, "INVALID_HEADER", "The header is not the one that the request names.");
  return readReaderKey(request.readerKey) === undefined ? refuse(requestId, "INVALID_REQUEST", BAD_READER_KEY) : undefined;
};

const BAD_READER_KEY = "The reader key is not a valid point: 33 bytes, 02 or 03, x below n.";

/** Checks everything that needs no permission, cheap things first. A share is not touched before this says "checked". */
export const checkShareRequest = (check: ShareRequestCheck): CheckedShareRequest | RefusedShareRequest => {
  const { request, header, key, answeredHeader, isProved = verifyHeader } = check;
  const { requestId } = request;
  if (answeredHeader !== undefined && answeredHeader !== request.headerHash) return refuse(requestId, "REQUEST_CONFLICT");
  const refused = matchShareRequest(check) ?? checkDeadline(check);
  if (refused !== undefined) return refused;
  const readerKey = readReaderKey(request.readerKey);
  if (readerKey === undefined) return refuse(requestId, "INVALID_REQUEST", BAD_READER_KEY);
  if (key === undefined || key.keyId !== header.keyId || key.purpose !== "Decrypt") return refuse(requestId, "UNKNOWN_KEY");
  if (key.activeEpoch === 0) return refuse(requestId, "KEY_NOT_READY");
  const epoch = request.epoch ?? (request.channel === "http" ? key.activeEpoch : undefined);
  if (epoch === undefined || epoch < 1) return refuse(requestId, "INVALID_REQUEST", "The request names no epoch.");
  if (!isProved(header, key.publicKey)) return refuse(requestId, "INVALID_HEADER", "The header's document or proof does not verify.");
  const { channel, document, headerHash, requester, contextHash, deadline } = request;
  const facts = { channel, requestId, document, headerHash, requester, contextHash, deadline };
  return { ...facts, state: "checked", readerKey, header, keyId: key.keyId, epoch };
};

const checkDeadline = ({ request, now }: ShareRequestCheck): RefusedShareRequest | undefined => {
  const { requestId, channel, deadline } = request;
  if (now > deadline) return refuse(requestId, "DEADLINE_PASSED");
  const isTooFar = channel === "http" && deadline - now > BigInt(MAX_DEADLINE_SECONDS);
  return isTooFar ? refuse(requestId, "DEADLINE_TOO_FAR") : undefined;
};

/** What a request's bytes were read as, and those bytes: a request is looked at several times, and each time costs a square root. */
const readKeys = new WeakMap<Uint8Array, { readonly bytes: Uint8Array; readonly point: Point | undefined }>();

/** Undefined for anything but a valid point (D10). */
const readReaderKey = (bytes: Uint8Array): Point | undefined => {
  const known = readKeys.get(bytes);
  if (known !== undefined && isSame(known.bytes, bytes)) return known.point;
  const point = pointIn(bytes);
  if (bytes instanceof Uint8Array) readKeys.set(bytes, { bytes: bytes.slice(), point });
  return point;
};

const isSame = (one: Uint8Array, other: Uint8Array): boolean => one.length === other.length && one.every((byte, i) => byte === other[i]);

const pointIn = (bytes: Uint8Array): Point | undefined => {
  try {
    return parsePoint(bytes);
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};
