import { backend } from "../backend.ts";
import { assertBytes } from "../bytes.ts";
import { type DkgMember, memberAt } from "../dkg/member.ts";
import { assertKeyOf } from "../dkg/open.ts";
import { DOMAINS } from "../domains.ts";
import { ThresholdError } from "../errors.ts";
import { revealNonZero, type SecretScalar } from "../secret.ts";
import { encodeWords, type WordPart } from "../words.ts";

const REDACTED = "<redacted>";

/** `registry`: 20 bytes; one encryption key may serve in two of them. `members` and their keys are the epoch's, `slot` is this keeper's own. `encryptionSecret` is secret. */
export type PairKeysInput = {
  readonly chainId: bigint | number;
  readonly registry: Uint8Array;
  readonly epoch: number;
  readonly members: readonly DkgMember[];
  readonly slot: number;
  readonly encryptionSecret: SecretScalar;
};

/** One direction of a pair in one deal. `fresh`: 32 bytes of the dealer `from`, drawn for this deal. */
export type PadUse = { readonly session: Uint8Array; readonly fresh: Uint8Array; readonly from: number; readonly to: number };

/**
 * What this keeper shares with each other member of an epoch: keccak(PAIR, chainId, registry, epoch, min, max, (sk_i PK_j).x, .y). Made once per epoch, in
 * memory, gone with the epoch. All of it is secret and prints as `<redacted>`. Sound only where every encryption key came with a proof of possession: what
 * it gives would otherwise be sk_i P for a P of somebody's choice. PROTOCOL section 11.2.
 */
export class PairKeys {
  readonly #keys: ReadonlyMap<number, Uint8Array>;
  readonly #slot: number;

  private constructor(slot: number, keys: ReadonlyMap<number, Uint8Array>) {
    this.#slot = slot;
    this.#keys = keys;
  }

  /** Throws KEY_MISMATCH (the secret is not of this member), INVALID_SLOT, INVALID_BYTES, INVALID_POINT, ERASED_SECRET. */
  static derive({ chainId, registry, epoch, members, slot, encryptionSecret }: PairKeysInput): PairKeys {
    assertBytes(registry, 20, "registry");
    const { member } = memberAt(members, slot);
    const secret = revealNonZero(encryptionSecret, "encryption secret");
    assertKeyOf(member, secret);
    const keys = new Map<number, Uint8Array>();
    for (const other of members) {
      if (other.slot === slot) continue;
      const [min, max] = slot < other.slot ? [slot, other.slot] : [other.slot, slot];
      keys.set(other.slot, secretKeccak(DOMAINS.pair, chainId, registry, epoch, min, max, backend.mulSecret(other.encryptionKey, secret)));
    }
    return new PairKeys(slot, keys);
  }

  /** K_ij = keccak(ECDSA_PAD, pair_ij, session, fresh, i, j), 32 secret bytes; the caller overwrites them. Throws INVALID_SLOT, INVALID_BYTES, ERASED_SECRET. */
  padKey({ session, fresh, from, to }: PadUse): Uint8Array {
    assertBytes(session, 32, "session");
    assertBytes(fresh, 32, "fresh bytes");
    const pair = this.#keys.get(from === this.#slot ? to : from);
    if (pair === undefined || (from !== this.#slot && to !== this.#slot))
      throw new ThresholdError("INVALID_SLOT", "A pad is between this keeper and another member of the epoch.", { details: { from, to } });
    if (pair.every((byte) => byte === 0)) throw new ThresholdError("ERASED_SECRET", "These pair keys were erased with their epoch.");
    return secretKeccak(DOMAINS.ecdsaPad, pair, session, fresh, from, to);
  }

  erase(): void {
    for (const key of this.#keys.values()) key.fill(0);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

/** The hash of words of which some are secret: the preimage is overwritten. */
export function secretKeccak(...parts: readonly WordPart[]): Uint8Array {
  const preimage = encodeWords(...parts);
  const hash = backend.keccak256(preimage);
  preimage.fill(0);
  return hash;
}
