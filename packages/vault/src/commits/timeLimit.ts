import { VaultError } from "../errors.ts";

/** Waits for a transaction's work, but not for ever. Throws VAULT_TIMEOUT. */
export const withinLimit = async <Result>(work: Promise<Result>, milliseconds: number): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tookTooLong(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const tookTooLong = (milliseconds: number): VaultError =>
  new VaultError(
    "VAULT_TIMEOUT",
    `A transaction was not over after ${milliseconds / 1000} s and was taken back. Wait for other machines before a transaction, not in it.`,
    { milliseconds },
  );
