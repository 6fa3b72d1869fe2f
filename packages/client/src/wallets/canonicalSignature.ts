import { bytesToHex, type Hash32, hexToBytes, parseAddress, recoverSigner } from "@keyquorum/wire";

/** The order of secp256k1, for the lower of the two s that sign the same. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** r, s, and a v of up to eight bytes (EIP-155 on chains with large ids). */
const [SHORTEST, LONGEST] = [64, 72];

/**
 * A wallet's hex as bytes: with or without 0x, in either case, blanks around it, and a v of an odd number of digits. Undefined: it is not hex.
 */
export const signatureBytes = (text: unknown): Uint8Array | undefined => {
  if (typeof text !== "string") return undefined;
  const digits = text.trim().replace(/^0x/i, "");
  if (!/^[0-9a-f]*$/i.test(digits)) return undefined;
  const isOdd = digits.length % 2 === 1;
  if (isOdd && (digits.length < 2 * SHORTEST || digits.length > 2 * LONGEST)) return undefined;
  const even = isOdd ? `${digits.slice(0, 2 * SHORTEST)}0${digits.slice(2 * SHORTEST)}` : digits;
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => Number.parseInt(even.slice(2 * i, 2 * i + 2), 16));
};

/**
 * An account's own signature in the one spelling that the protocol takes (65 bytes, low s, v 27 or 28), however the wallet spelled it: 64 bytes
 * (EIP-2098), high s, v of 0 or 1 or chainId * 2 + 35 or 36. Only what recovers to the account is changed: a contract account's bytes are its own affair.
 */
export const canonicalSignature = (signature: Uint8Array, digest: Hash32, account: string): Uint8Array => {
  if (signature.length < SHORTEST || signature.length > LONGEST) return signature;
  const s = BigInt(bytesToHex(signature.subarray(32, 64)));
  const spelled = [s, s & ~(1n << 255n)]; // the second: EIP-2098 keeps v in the highest bit
  const low = spelled.map((each) => (each > ORDER / 2n ? ORDER - each : each)).filter((each) => each > 0n);
  for (const one of new Set(low))
    for (const v of [27, 28]) {
      const candidate = Uint8Array.from([...signature.subarray(0, 32), ...wordOf(one), v]);
      if (recoverSigner(digest, candidate) === parseAddress(account)) return candidate;
    }
  return signature;
};

const wordOf = (value: bigint): Uint8Array => hexToBytes(`0x${value.toString(16).padStart(64, "0")}`, 32);
