import { backupKeeper, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper backup`. */
export const backup = async ({
  configFile,
  to,
  json,
}: {
  readonly configFile: string;
  readonly to: string;
  readonly json: boolean;
}): Promise<void> => {
  const directory = await backupKeeper(await readConfig(configFile), to);
  if (json) console.log(JSON.stringify({ directory }, null, 2));
  else console.log(`The vault is copied to ${directory}. To restore it, replace the whole data directory by this directory.`);
};
