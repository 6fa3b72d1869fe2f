// What several tests start from: repeatable randomness, alice's committee with a finished key, and a sealed header.
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  assembleKeyShare,
  createDealing,
  type Dealing,
  type DkgMember,
  type EcBackend,
  encapsulate,
  encryptShare,
  type KeyShare,
  keccakWords,
  nobleBackend,
  openShare,
  type Point,
  parseDealing,
  type RandomSource,
  randomScalar,
  SecretScalar,
  type SlotAnswer,
  type Tdh2Ciphertext,
  type ThresholdError,
} from "../src/index.ts";
import { calculationBy } from "../src/nobleCalculation.ts";

/** The same bytes for the same seed, in every run: sha256(seed, counter). For tests only. */
export function seededRandom(seed: string): RandomSource {
  let counter = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32) blocks.push(sha256(utf8ToBytes(`${seed}/${counter++}`)));
    return concatBytes(...blocks).slice(0, length);
  };
}

/** A 32-byte name. */
export const name32 = (text: string): Uint8Array => sha256(utf8ToBytes(text));

export const publicKeyOf = (secret: SecretScalar): Point => nobleBackend.mulG(secret.reveal());

/** noble with something changed, in calculations too. */
export const changedBackend = (changes: Partial<EcBackend>): EcBackend => {
  const products = { ...nobleBackend, ...changes };
  return { ...products, calculate: changes.calculate ?? calculationBy(products) };
};

/** A key pair of one actor. */
export function keyPair(seed: string): { secret: SecretScalar; publicKey: Point } {
  const secret = SecretScalar.from(randomScalar(seededRandom(seed)));
  return { secret, publicKey: publicKeyOf(secret) };
}

export type Committee = {
  readonly sid: Uint8Array;
  readonly threshold: number;
  readonly secrets: readonly SecretScalar[];
  readonly members: readonly DkgMember[];
  readonly bytes: readonly Uint8Array[];
  readonly dealings: readonly Dealing[];
};

/** A session in which everybody has dealt honestly. `slots` are the members, ascending. */
export function dealtSession(seed: string, slots: readonly number[], threshold: number): Committee {
  const sid = name32(`${seed}/sid`);
  const pairs = slots.map((slot) => keyPair(`${seed}/keeper ${slot}`));
  const members = pairs.map(({ publicKey }, i) => ({ slot: slots[i] as number, encryptionKey: publicKey }));
  const bytes = slots.map((dealer) => createDealing({ sid, dealer, threshold, members }, seededRandom(`${seed}/dealer ${dealer}`)));
  const dealings = bytes.map((dealing) => parseDealing(dealing, { threshold, members: slots.length }));
  return { sid, threshold, secrets: pairs.map(({ secret }) => secret), members, bytes, dealings };
}

/** What recipient `slot` opens of every dealing. Throws when one is invalid. */
export function openAll(committee: Committee, slot: number): { dealer: number; dealing: Dealing; share: SecretScalar }[] {
  const { sid, members, dealings, secrets } = committee;
  const encryptionSecret = secrets[members.findIndex((member) => member.slot === slot)] as SecretScalar;
  return members.map(({ slot: dealer }, i) => {
    const dealing = dealings[i] as Dealing;
    const opened = openShare({ sid, dealer, recipient: slot, encryptionSecret, members, dealing });
    if (opened.kind === "invalid") throw new Error(`dealer ${dealer} dealt a wrong share to ${slot}`);
    return { dealer, dealing, share: opened.share };
  });
}

export const KEY_ID = name32("key");
export const SHIFT = 12345n;

/** Every keeper's share of the key that a session made. */
export function keySharesOf(committee: Committee): KeyShare[] {
  const { members } = committee;
  return members.map(({ slot }) =>
    assembleKeyShare({ keyId: KEY_ID, epoch: 1, slot, qual: openAll(committee, slot), shift: SHIFT, members }),
  );
}

export type Network = { readonly committee: Committee; readonly shares: readonly KeyShare[]; readonly jointKey: Point };

const networks = new Map<string, Network>();

/** A network with a finished key; made once per run. */
export function network(slots: readonly number[] = [1, 2, 3, 4, 5], threshold = 2): Network {
  const key = `${slots} ${threshold}`;
  const known = networks.get(key);
  if (known !== undefined) return known;
  const committee = dealtSession(`network ${key}`, slots, threshold);
  const shares = keySharesOf(committee);
  const made = { committee, shares, jointKey: (shares[0] as KeyShare).jointKey };
  networks.set(key, made);
  return made;
}

export const LABEL = name32("label");

/** A document that alice sealed for the network. */
export function sealed(jointKey: Point, seed = "alice"): { ciphertext: Tdh2Ciphertext; contentSecret: Uint8Array } {
  return encapsulate({ publicKey: jointKey, label: LABEL }, seededRandom(`${seed} seals`));
}

/** PROTOCOL section 5.2 takes any 32 bytes; tests bind header, request and slot. */
export const contextOf = (request: string, slot: number): Uint8Array => keccakWords(name32(request), slot);

/** The answers of these slots to one reader. */
export function answersOf(
  { shares, committee }: Network,
  slots: readonly number[],
  u: Point,
  readerKey: Point,
  request = "request",
): SlotAnswer[] {
  return slots.map((slot) => {
    const { share, verifyingShares } = shares[committee.members.findIndex((member) => member.slot === slot)] as KeyShare;
    const context = contextOf(request, slot);
    const nonceKey = name32(`nonce key ${slot}`);
    const answer = encryptShare({ share, u, readerKey, context, nonceKey }, seededRandom(`${request} answer ${slot}`));
    return { slot, verifyingShare: verifyingShares.get(slot) as Point, context, answer };
  });
}

/** The code of what `action` throws; "nothing" when it throws nothing, "other" when it throws something else than a ThresholdError. */
export function codeOf(action: () => unknown): string {
  try {
    action();
    return "nothing";
  } catch (error) {
    return error instanceof Error && error.name === "ThresholdError" ? (error as ThresholdError).code : `other: ${error}`;
  }
}

/** Points that no decoder may pass on: infinity, off the curve, x in n..p-1. */
export function invalidPoints(): Readonly<Record<string, Point>> {
  const PointClass = nobleBackend.mulG(1n).constructor as unknown as { fromAffine: (p: { x: bigint; y: bigint }) => Point; ZERO: Point };
  const G = nobleBackend.mulG(1n);
  return {
    infinity: PointClass.ZERO,
    "off the curve": PointClass.fromAffine({ x: G.x, y: G.y + 1n }),
    "on the twist": PointClass.fromAffine({ x: 5n, y: 1n }),
    "x >= n": PointClass.fromAffine(pointAboveOrder()),
  };
}

/** The first curve point with x >= n. */
export function pointAboveOrder(): { x: bigint; y: bigint } {
  const p = 2n ** 256n - 2n ** 32n - 977n;
  for (let x = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n; ; x++) {
    const square = (x ** 3n + 7n) % p;
    const y = powerModulo(square, (p + 1n) / 4n, p);
    if ((y * y) % p === square) return { x, y };
  }
}

function powerModulo(b: bigint, e: bigint, m: bigint): bigint {
  let [result, factor] = [1n, b];
  for (let rest = e; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % m;
    factor = (factor * factor) % m;
  }
  return result;
}
