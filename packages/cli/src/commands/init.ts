import { assertNotRegistered, initialiseKeeper, readConfig, registeredSlot } from "@keyquorum/keeper";

const UNKNOWN =
  "Warning: could not ask the chain whether this operator is already a registered keeper. If it is, its shares are not here: mount or restore its data, and do not register this new identity.";

/** `keyquorum-keeper init`. An operator that the registry knows has its data somewhere else: only `newIdentity` continues then. */
export const init = async (options: {
  readonly configFile: string;
  readonly createOperatorKey: boolean;
  readonly newIdentity: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const config = await readConfig(options.configFile);
  if (!options.createOperatorKey && !options.newIdentity) {
    const slot = await registeredSlot(config);
    assertNotRegistered(slot, config.dataDirectory);
    if (slot === undefined) console.error(UNKNOWN);
  }
  const created = await initialiseKeeper(config, { createOperatorKey: options.createOperatorKey });
  if (options.json) {
    console.log(JSON.stringify(created, null, 2));
    return;
  }
  console.log(`Data directory   ${created.dataDirectory}`);
  console.log(`Operator         ${created.operator}`);
  console.log(`Identity key     ${created.identityKey}`);
  console.log("");
  console.log(
    "Send these two public values to governance, which admits this keeper with them. Then send ether to the operator's account and run",
  );
  console.log(`  keyquorum-keeper run --config ${options.configFile}`);
};
