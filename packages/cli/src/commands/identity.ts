import { addIdentity, KeeperError, listIdentities, readConfig, readKeeperStatus } from "@keyquorum/keeper";

type Options = { readonly configFile: string; readonly json: boolean };

/** `keyquorum-keeper identity new`. */
export const identityNew = async ({ configFile, json }: Options): Promise<void> => {
  const made = await addIdentity(await readConfig(configFile));
  if (json) {
    console.log(JSON.stringify(made, null, 2));
    return;
  }
  console.log(`Identity key     ${made.identityKey}`);
  console.log("");
  console.log("Start the keeper again, and ask governance to register this key. Later epochs use it:");
  console.log(`  npx hardhat keyquorum keepers set-identity <slot> ${made.identityKey}`);
};

/** `keyquorum-keeper identity list`. */
export const identityList = async ({ configFile, json }: Options): Promise<void> => {
  const config = await readConfig(configFile);
  const found = await listIdentities(config).catch(async (error: unknown) => {
    if (!(error instanceof KeeperError) || error.code !== "KEEPER_ALREADY_RUNNING") throw error;
    const { operator, identityKeys } = await readKeeperStatus(config);
    return { operator, identityKeys };
  });
  if (json) console.log(JSON.stringify(found, null, 2));
  else for (const key of found.identityKeys) console.log(key);
};
