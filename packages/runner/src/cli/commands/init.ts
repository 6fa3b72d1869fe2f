import { readServiceConfig } from "../../service/config.ts";
import { initialiseRunner } from "../../service/initialiseRunner.ts";

/** `keyquorum-runner init`. */
export const init = async (options: {
  readonly configFile: string;
  readonly createKey: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const made = await initialiseRunner(await readServiceConfig(options.configFile), { createKey: options.createKey });
  if (options.json) {
    console.log(JSON.stringify(made, null, 2));
    return;
  }
  console.log(`Data directory   ${made.dataDirectory}`);
  console.log(`Runner           ${made.runner}`);
  console.log("");
  console.log("Owners of secrets grant them to this account, for a module. Then");
  console.log(`  keyquorum-runner doctor --config ${options.configFile}`);
};
