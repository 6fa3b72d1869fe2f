import type { ServerKeyProof } from "../proofs/serverKeyProof.ts";
import type { ReadingAnswer, SignedGeneration, SignedReading, SignedServerKeyRequest, SignedStorage } from "../proofs/walletBodies.ts";
import type { StoredDocumentKey } from "../records/serverKeyRecord.ts";

/** What the routes for wallets call beside `KeyServer`. */
export type WalletKeyServer = {
  /** All throw INVALID_SIGNATURE, SIGNATURE_NOT_FINAL, WALLET_NOT_DEPLOYED, DEADLINE_PASSED, DEADLINE_TOO_FAR, ChainUnavailableError. */
  readonly verify: {
    readonly generation: (ask: SignedGeneration) => Promise<void>;
    readonly serverKey: (ask: SignedServerKeyRequest) => Promise<void>;
    readonly storage: (ask: SignedStorage) => Promise<void>;
  };
  /** A server key that this keeper holds, with what shows others whose it is, and the pair that it holds under it. Asks nobody. */
  readonly held: (serverKeyId: Uint8Array) => Promise<HeldKey | undefined>;
  /** Throws KeyServerError as `KeyServer.shadows`, and what `verify` throws. */
  readonly read: (ask: SignedReading) => Promise<ReadingAnswer>;
};

export type HeldKey = { readonly key: ServerKeyProof; readonly documentKey: StoredDocumentKey | undefined };
