import type { Clock, Logger } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { createSecretStoreSigner, type SecretStoreSigner } from "../library/secretStoreSigner.ts";
import type { Keystore } from "./keystore.ts";

/** Why an account was not opened. Public: it holds no password. */
export class AccountError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AccountError";
  }
}

/** Accounts that a password opens, one attempt after the other. */
export type Accounts = {
  /** Throws AccountError. What `use` throws passes. */
  readonly withAccount: <Result>(
    address: Address,
    password: string,
    use: (signer: SecretStoreSigner) => Promise<Result> | Result,
  ) => Promise<Result>;
};

const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_WAIT_MILLISECONDS = 30_000;
/** Wrong passwords from which on the wait is the longest: more are not remembered. */
const MAX_REMEMBERED = 7;
/** Attempts of one account that wait. */
const MAX_WAITING = 16;

/** One wrong password is forgotten after so long without a further one: only time forgets, since the owner's right ones come between a stranger's guesses. */
const FORGET_MILLISECONDS = 60_000;

/**
 * A wrong password is answered late: by half a second, and twice as late for each further one up to 30 s. A right one in between changes nothing, each minute
 * without a wrong one halves the wait. Attempts at one account wait for each other, so that many at once are no faster.
 */
export const createAccounts = (options: {
  readonly keystores: ReadonlyMap<Address, Keystore>;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly log: Pick<Logger, "warn">;
}): Accounts => {
  const { keystores, clock, log } = options;
  const states = new Map([...keystores.keys()].map((address) => [address, { wrong: 0, since: 0, waiting: 0, last: Promise.resolve() }]));

  const open = async (address: Address, keystore: Keystore, password: string): Promise<Uint8Array> => {
    const state = states.get(address);
    const secret = await keystore.open(password).catch(() => {
      throw new AccountError("the keystore is broken: its key is another address's");
    });
    if (state === undefined) throw new AccountError("no such account");
    if (secret !== undefined) return secret;
    const forgotten = Math.max(0, Math.floor((clock.now() - state.since) / FORGET_MILLISECONDS));
    state.wrong = Math.min(MAX_REMEMBERED, Math.max(0, state.wrong - forgotten) + 1);
    log.warn("A wrong password was given for an account", { address, remembered: state.wrong });
    await clock.sleep(Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** (state.wrong - 1)));
    state.since = clock.now();
    throw new AccountError("wrong password");
  };

  return {
    withAccount: async (address, password, use) => {
      const [keystore, state] = [keystores.get(address), states.get(address)];
      if (keystore === undefined || state === undefined) throw new AccountError("no such account");
      if (state.waiting >= MAX_WAITING) throw new AccountError("too many attempts at this account wait; come back later");
      state.waiting += 1;
      const opened = state.last.then(() => open(address, keystore, password));
      state.last = opened.then(
        () => undefined,
        () => undefined,
      );
      try {
        return await useOnce(await opened, use);
      } finally {
        state.waiting -= 1;
      }
    },
  };
};

/** The secret, and the signer that is made of it, end with the use. */
const useOnce = async <Result>(secret: Uint8Array, use: (signer: SecretStoreSigner) => Promise<Result> | Result): Promise<Result> => {
  const signer = createSecretStoreSigner(secret);
  secret.fill(0);
  try {
    return await use(signer);
  } finally {
    signer.erase();
  }
};
