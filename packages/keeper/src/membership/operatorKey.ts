import { createAccountKey, openAccountKey } from "@keyquorum/daemon";
import type { Wallet } from "ethers";
import type { OperatorKeySource } from "../config/parseConfig.ts";
import { KeeperError } from "../run/errors.ts";

const WHOSE = { whose: "operator" } as const;

/** Opens the operator's account: it signs this keeper's transactions. Secret. Throws SECRET_FILE_* or WRONG_PASSPHRASE. */
export const openOperatorKey = (source: OperatorKeySource): Promise<Wallet> => openAccountKey(source, WHOSE);

/** Draws a new operator's key into the file that the configuration names, readable by its owner only. Overwrites nothing. */
export const createOperatorKey = (source: OperatorKeySource): Promise<Wallet> =>
  createAccountKey(source, {
    ...WHOSE,
    ifThere: (file) =>
      new KeeperError(
        "KEEPER_ALREADY_INITIALISED",
        `The file ${file} already exists and was not changed. Run init without --create-operator-key to use it.`,
        { file },
      ),
  });
