import { INFINITY, type Point, pointFromXY, SecretScalar } from "@keyquorum/threshold";

/** What may cross between threads, and how: points as their coordinates, secrets as bytes that are moved and never copied, bytes without what lies beside them. */
export type Packed = {
  /** Plain values only. */
  readonly body: unknown;
  /** To be moved: the sender keeps none of them. */
  readonly transfer: ArrayBuffer[];
  /** Of which `body` holds the bytes; the caller erases them when they are its own. */
  readonly secrets: readonly SecretScalar[];
};

/** What came from another thread. `secrets`: those in `value`; the caller erases them. */
export type Unpacked = { readonly value: unknown; readonly secrets: readonly SecretScalar[] };

const TAG = "@";
type Tagged =
  | { readonly [TAG]: "secret"; readonly bytes: Uint8Array }
  | { readonly [TAG]: "point"; readonly x?: bigint; readonly y?: bigint };

const isPoint = (value: unknown): value is Point => value instanceof (INFINITY.constructor as new () => Point);
const isPlain = (value: object): value is Record<string, unknown> => [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** Packs records, lists, maps, integers, text, bytes, points and secrets. Throws TypeError for anything else; then it leaves no copy of a secret. */
export const pack = (value: unknown): Packed => {
  const transfer: ArrayBuffer[] = [];
  const secrets: SecretScalar[] = [];
  const moved = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => {
    transfer.push(bytes.buffer);
    return bytes;
  };
  const walk = (part: unknown): unknown => {
    if (part instanceof SecretScalar) {
      secrets.push(part);
      return { [TAG]: "secret", bytes: moved(part.toBytes() as Uint8Array<ArrayBuffer>) }; // true: a copy in a buffer of its own
    }
    if (typeof part === "function" || typeof part === "symbol") throw new TypeError(`A ${typeof part} crosses no thread.`);
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Uint8Array) return moved(new Uint8Array(part)); // of a pooled buffer, the neighbours would go with it
    if (isPoint(part)) return part.is0() ? { [TAG]: "point" } : { [TAG]: "point", ...part.toAffine() };
    if (Array.isArray(part)) return part.map(walk);
    if (part instanceof Map) return new Map([...part].map(([key, held]) => [walk(key), walk(held)]));
    if (!isPlain(part) || TAG in part) throw new TypeError("An object of an unknown kind crosses no thread.");
    return Object.fromEntries(Object.entries(part).map(([key, held]) => [key, walk(held)]));
  };
  try {
    return { body: walk(value), transfer, secrets };
  } catch (error) {
    wipe(transfer);
    throw error;
  }
};

/** The values of a packed body. The bytes of its secrets are overwritten; the secrets are the caller's. Throws TypeError, ThresholdError. */
export const unpack = (body: unknown): Unpacked => {
  const secrets: SecretScalar[] = [];
  const walk = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null || part instanceof Uint8Array) return part;
    if (Array.isArray(part)) return part.map(walk);
    if (part instanceof Map) return new Map([...part].map(([key, held]) => [walk(key), walk(held)]));
    if (TAG in part) return untag(part as Tagged); // true: nothing else has it
    return Object.fromEntries(Object.entries(part).map(([key, held]) => [key, walk(held)]));
  };
  const untag = (tagged: Tagged): unknown => {
    if (tagged[TAG] === "point") return tagged.x === undefined || tagged.y === undefined ? INFINITY : pointFromXY(tagged.x, tagged.y);
    const secret = SecretScalar.fromBytes(tagged.bytes);
    tagged.bytes.fill(0);
    secrets.push(secret);
    return secret;
  };
  try {
    return { value: walk(body), secrets };
  } catch (error) {
    for (const secret of secrets) secret.erase();
    wipeBody(body);
    throw error;
  }
};

/** Overwrites what was not moved. */
export const wipe = (transfer: readonly ArrayBuffer[]): void => {
  for (const buffer of transfer) if (buffer.byteLength > 0) new Uint8Array(buffer).fill(0);
};

/** Overwrites every byte of a body that nobody is going to unpack. */
export const wipeBody = (body: unknown): void => {
  if (body instanceof Uint8Array)
    wipe([body.buffer as ArrayBuffer]); // true: each is in a buffer of its own
  else if (body instanceof Map) for (const held of body.values()) wipeBody(held);
  else if (typeof body === "object" && body !== null) for (const held of Object.values(body)) wipeBody(held);
};
