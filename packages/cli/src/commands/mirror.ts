import { type MirrorProgress, mirrorAgain, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper mirror --from BLOCK`: of a running keeper, which does it beside its work; of a stopped one, by itself. */
export const mirror = async (options: { readonly configFile: string; readonly from: number; readonly json: boolean }): Promise<void> => {
  const say = ({ next, to, late }: MirrorProgress): void => {
    if (!options.json) console.error(`Block ${Math.min(next, to)} of ${to}, ${late} logs found so far`);
  };
  const done = await mirrorAgain(await readConfig(options.configFile), options.from, say);
  if (options.json) console.log(JSON.stringify({ from: done.from, to: done.to, late: done.late }, null, 2));
  else console.log(`Blocks ${done.from} to ${done.to} were read again: ${done.late} logs had been missing.`);
};
