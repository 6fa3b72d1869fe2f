import { initialiseKeeper, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper init`. */
export const init = async (options: {
  readonly configFile: string;
  readonly createOperatorKey: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const config = await readConfig(options.configFile);
  const created = await initialiseKeeper(config, { createOperatorKey: options.createOperatorKey });
  if (options.json) {
    console.log(JSON.stringify(created, null, 2));
    return;
  }
  console.log(`Data directory   ${created.dataDirectory}`);
  console.log(`Operator         ${created.operator}`);
  console.log(`Identity key     ${created.identityKey}`);
  console.log("");
  console.log("Governance admits this keeper with these two public values; then send the operator's account some gas and run");
  console.log(`  keyquorum-keeper run --config ${options.configFile}`);
};
