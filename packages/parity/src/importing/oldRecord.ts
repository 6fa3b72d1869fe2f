import { backend, CURVE_ORDER, type Point, SecretScalar, ThresholdError } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, parseHash32 } from "@keyquorum/wire";
import { parsePoint64 } from "../formats/point64.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";

/** One version of a key in an old node's record: who has which place, by node id (64 bytes of hex, without 0x), and this node's share, secret. */
export type OldVersion = { readonly hash: Hash32; readonly places: ReadonlyMap<string, bigint>; readonly share: SecretScalar };

/** What one node of Parity's key server keeps of a server key. The specification of the old formats, section 8. `share` of each version is secret. */
export type OldRecord = {
  readonly serverKeyId: Hash32;
  readonly author: Address;
  readonly threshold: number;
  readonly publicKey: Point;
  readonly documentKey?: DocumentKeyPair;
  /** Oldest first. */
  readonly versions: readonly OldVersion[];
};

/** Why an old node's file, or a record in it, cannot be imported. One sentence, which names both and repeats no value. */
export class OldRecordError extends Error {
  readonly code = "OLD_RECORD_INVALID";

  constructor(sentence: string) {
    super(sentence);
    this.name = "OldRecordError";
  }
}

const NODE_ID_DIGITS = 128;
/** As the keepers' board counts. */
const MAX_THRESHOLD = 255;

/**
 * Reads a record's JSON. Throws OldRecordError.
 * @param where names file and record, for the sentence
 */
export const parseOldRecord = (serverKeyId: Hash32, value: unknown, where: string): OldRecord => {
  const fail = (what: string): never => {
    throw new OldRecordError(`${where}: ${what}.`);
  };
  const objectOf = (given: unknown, name: string, allowed: readonly string[] | undefined): Readonly<Record<string, unknown>> => {
    if (typeof given !== "object" || given === null || Array.isArray(given)) return fail(`${name} is no object`);
    const found = given as Readonly<Record<string, unknown>>; // true: JSON has no other objects
    const strange = allowed === undefined ? undefined : Object.keys(found).find((key) => !allowed.includes(key));
    return strange === undefined ? found : fail(`${name} has a member that Parity does not write (${printable(strange)})`);
  };
  const digits = (given: unknown, name: string, count: number): string => {
    const text = typeof given === "string" ? given.replace(/^0x/, "").toLowerCase() : "";
    return text.length === count && /^[0-9a-f]*$/.test(text) ? text : fail(`${name} is not ${count} digits of hex`);
  };
  const pointOf = (given: unknown, name: string): Point => {
    const text = digits(given, name, NODE_ID_DIGITS);
    try {
      return parsePoint64(Uint8Array.from(Buffer.from(text, "hex")));
    } catch (error) {
      if (error instanceof ThresholdError) return fail(`${name} is no point of the curve`);
      throw error;
    }
  };
  const scalarOf = (given: unknown, name: string): bigint => {
    const scalar = BigInt(`0x${digits(given, name, 64)}`);
    return scalar > 0n && scalar < CURVE_ORDER ? scalar : fail(`${name} is not in 1..n-1`);
  };

  const record = objectOf(value, "the record", ["author", "threshold", "public", "common_point", "encrypted_point", "versions"]);
  const { threshold } = record;
  if (typeof threshold !== "number" || !Number.isInteger(threshold) || threshold < 0 || threshold > MAX_THRESHOLD)
    return fail("threshold is not a whole number from 0 to 255");
  const [common, encrypted] = [record.common_point ?? undefined, record.encrypted_point ?? undefined];
  if ((common === undefined) !== (encrypted === undefined)) return fail("it has one of common_point and encrypted_point");
  const { versions } = record;
  if (!Array.isArray(versions) || versions.length === 0) return fail("it has no versions");
  return {
    serverKeyId,
    author: `0x${digits(record.author, "author", 40)}` as Address,
    threshold,
    publicKey: pointOf(record.public, "public"),
    ...(common === undefined
      ? {}
      : { documentKey: { commonPoint: pointOf(common, "common_point"), encryptedPoint: pointOf(encrypted, "encrypted_point") } }),
    versions: versions.map((given: unknown, i): OldVersion => {
      const name = `version ${i + 1}`;
      const version = objectOf(given, name, ["hash", "id_numbers", "secret_share"]);
      const numbers = Object.entries(objectOf(version.id_numbers, `id_numbers of ${name}`, undefined));
      const places = new Map<string, bigint>();
      for (const [node, number] of numbers)
        places.set(digits(node, `a node of ${name}`, NODE_ID_DIGITS), scalarOf(number, `an id number of ${name}`));
      if (places.size < numbers.length || new Set(places.values()).size < numbers.length)
        return fail(`two nodes of ${name} are one, or have one id number`);
      if (places.size <= threshold) return fail(`${name} has ${places.size} nodes, and its threshold needs more`);
      return {
        hash: parseHash32(`0x${digits(version.hash, `the hash of ${name}`, 64)}`),
        places,
        share: SecretScalar.from(scalarOf(version.secret_share, `the share of ${name}`)),
      };
    }),
  };
};

/** At which place a node's share lies. `node`: 128 digits; undefined where only one node has a part. */
export const placeOf = ({ places }: OldVersion, node: string | undefined): bigint | undefined =>
  node === undefined ? (places.size === 1 ? [...places.values()][0] : undefined) : places.get(node);

/**
 * Whether a share can be seen to be wrong here: with t = 0 it is the key itself. With more, only the sum with others' shows it.
 */
export const isSeenWrong = ({ threshold, publicKey }: OldRecord, { share }: OldVersion): boolean =>
  threshold === 0 && !backend.mulG(share.reveal()).equals(publicKey);

export const eraseOldRecord = ({ versions }: OldRecord): void => {
  for (const { share } of versions) share.erase();
};

const printable = (text: string): string => JSON.stringify(text.slice(0, 40).replace(/[^\x20-\x7e]/g, "?"));

/** An id as it names a record in sentences: the whole of it, as operators search for it. */
export const idText = (bytes: Uint8Array): string => bytesToHex(bytes);
