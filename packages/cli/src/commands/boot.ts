import { advanceBoot, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper boot advance`. */
export const bootAdvance = async (options: { readonly configFile: string; readonly by: number; readonly json: boolean }): Promise<void> => {
  const count = await advanceBoot(await readConfig(options.configFile), options.by);
  if (options.json) console.log(JSON.stringify(count, null, 2));
  else console.log(`The counter of starts is at ${count.now}; it was at ${count.before}. Start the keeper again.`);
};
