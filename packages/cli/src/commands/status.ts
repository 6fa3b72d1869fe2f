import { readConfig, readKeeperStatus } from "@keyquorum/keeper";
import { statusRows } from "./statusRows.ts";

const NOT_READY = 3;

/** `keyquorum-keeper status`. The exit code: 0 ready, 3 running but not ready. Throws KEEPER_NOT_RUNNING. */
export const status = async (options: { readonly configFile: string; readonly json: boolean }): Promise<number> => {
  const found = await readKeeperStatus(await readConfig(options.configFile));
  if (options.json) console.log(JSON.stringify(found, null, 2));
  else for (const [name, value] of statusRows(found)) console.log(`${name.padEnd(14)}${value}`);
  return found.ready ? 0 : NOT_READY;
};
