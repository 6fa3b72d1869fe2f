import { CURVE_ORDER, evaluatePolynomial, nobleBackend, type Point, SecretScalar } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, parseAddress, parseHash32 } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bareHex } from "../formats/hexText.ts";
import { encodePoint64 } from "../formats/point64.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";

/** A key of Parity's key server among old nodes: textbook Shamir at random places. Tests only. */
export type OldKey = {
  readonly serverKeyId: Hash32;
  /** Of the key: secret. */
  readonly secret: bigint;
  readonly publicKey: Point;
  readonly threshold: number;
  readonly author: Address;
  readonly documentKey?: DocumentKeyPair;
  /** M, which the pair hides. */
  readonly plain: Point;
  /** Of each old node: its id (128 digits), its place and its share. */
  readonly nodes: readonly { readonly id: string; readonly place: bigint; readonly share: bigint }[];
};

const scalarOf = (text: string): bigint => BigInt(bytesToHex(keccak_256(utf8ToBytes(text)))) % CURVE_ORDER;

export const OLD_AUTHOR = parseAddress(`0x${"a1".repeat(20)}`);

export const createOldKey = (
  name: string,
  {
    nodes,
    threshold,
    author = OLD_AUTHOR,
    isStored = true,
  }: { readonly nodes: number; readonly threshold: number; readonly author?: Address; readonly isStored?: boolean },
): OldKey => {
  const coefficients = Array.from({ length: threshold + 1 }, (_, k) => scalarOf(`${name} coefficient ${k}`));
  const secret = coefficients[0] as bigint; // true: there are t+1
  const publicKey = nobleBackend.mulG(secret);
  const k = scalarOf(`${name} k`);
  const plain = nobleBackend.mulG(scalarOf(`${name} document key`));
  const documentKey = { commonPoint: nobleBackend.mulG(k), encryptedPoint: plain.add(nobleBackend.mulSecret(publicKey, k)) };
  return {
    serverKeyId: parseHash32(bytesToHex(keccak_256(utf8ToBytes(name)))),
    ...{ secret, publicKey, threshold, author, plain },
    ...(isStored ? { documentKey } : {}),
    nodes: Array.from({ length: nodes }, (_, i) => {
      const place = scalarOf(`${name} place ${i}`);
      const id = bareHex(encodePoint64(nobleBackend.mulG(scalarOf(`node ${i}`))));
      return { id, place, share: evaluatePolynomial(coefficients, place) };
    }),
  };
};

const point = (given: Point): string => bytesToHex(encodePoint64(given));
const scalar = (given: bigint): string => `0x${given.toString(16).padStart(64, "0")}`;

/** What an old node keeps of a key, as JSON. @param change a record that is otherwise */
export const oldRecordOf = (key: OldKey, node: number, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  author: key.author,
  threshold: key.threshold,
  public: point(key.publicKey),
  common_point: key.documentKey === undefined ? null : point(key.documentKey.commonPoint),
  encrypted_point: key.documentKey === undefined ? null : point(key.documentKey.encryptedPoint),
  versions: [
    {
      hash: scalar(7n),
      id_numbers: Object.fromEntries(key.nodes.map(({ id, place }) => [`0x${id}`, scalar(place)])),
      secret_share: scalar(key.nodes[node]?.share ?? 0n),
    },
  ],
  ...change,
});

/** Accounts that import: one for each old node. */
export const importerAt = (node: number): SecretScalar => SecretScalar.from(0x1_0000n + BigInt(node));
