import { KeyquorumError } from "@keyquorum/wire";

const hashes = new WeakMap<object, string>();

/** Notes which transaction an error is about, for the one who turns it into ours. */
export const withHash = (error: unknown, hash: string): unknown => {
  if (typeof error === "object" && error !== null) hashes.set(error, hash);
  return error;
};

/** The hash of the transaction that an error is about, where it is known. */
export const hashOf = (error: unknown): string | undefined => (typeof error === "object" && error !== null ? hashes.get(error) : undefined);

/** The transaction may be on its way, and nobody knows. `hash` where the key was here, else the account and the nonce that it would have. */
export const pendingError = ({
  what = "The transaction",
  hash,
  account,
  nonce,
  why = "its answer was lost, and it was not found since",
  cause,
}: {
  readonly what?: string;
  readonly hash?: string;
  readonly account?: string;
  readonly nonce?: number;
  readonly why?: string;
  readonly cause?: unknown;
}): KeyquorumError => {
  const name = hash ?? (account === undefined ? "" : `of ${account} with nonce ${nonce}`);
  const details = hash === undefined ? { account: account ?? "", nonce: nonce ?? 0 } : { transaction: hash };
  const sentence = `${what} may have been sent (${name}): ${why}.`;
  return new KeyquorumError("TRANSACTION_PENDING", sentence, { details, ...(cause === undefined ? {} : { cause }) });
};
