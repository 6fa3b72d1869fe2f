import { mkdir } from "node:fs/promises";
import { createAccountKey } from "@keyquorum/daemon";
import type { Address } from "@keyquorum/wire";
import type { ServiceConfig } from "./config.ts";
import { addressOf, openRunnerKey } from "./identity.ts";
import { ServiceError } from "./runnerError.ts";
import { createRunsFile } from "./runsFile.ts";

/** What owners of secrets need to grant: the runner's account. Public. */
export type InitialisedRunner = { readonly dataDirectory: string; readonly runner: Address };

/** Makes a service's data directory, and its key where that is asked for. Overwrites nothing; asks no chain. Throws ServiceError, OperatorError. */
export const initialiseRunner = async (
  config: ServiceConfig,
  { createKey }: { readonly createKey: boolean },
): Promise<InitialisedRunner> => {
  const ifThere = (file: string): ServiceError =>
    new ServiceError(
      "RUNNER_ALREADY_INITIALISED",
      `There is a file at ${file} already, and it is kept. Run init without --create-key to use it.`,
      {
        file,
      },
    );
  const runner = createKey
    ? addressOf(await createAccountKey(config.key, { whose: "runner", ifThere }))
    : (await openRunnerKey(config)).runner;
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  createRunsFile(config.dataDirectory, { chainId: BigInt(config.chain.chainId), runner });
  return { dataDirectory: config.dataDirectory, runner };
};
