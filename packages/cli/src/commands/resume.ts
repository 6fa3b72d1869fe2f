import { acceptedHashOf, type FinalityReport, readConfig, readFinality, resumeKeeper } from "@keyquorum/keeper";

const NOT_READY = 3;

/**
 * `keyquorum-keeper resume`. Without a hash it says what is broken. The exit code: 0 nothing is broken, or a block was accepted; 3 something is broken.
 * Throws FINALITY_STANDS where a hash is given and nothing is broken.
 */
export const resume = async (options: {
  readonly configFile: string;
  readonly accept: string | undefined;
  readonly json: boolean;
}): Promise<number> => {
  const config = await readConfig(options.configFile);
  const accepted = options.accept === undefined ? undefined : acceptedHashOf(options.accept);
  const report = accepted === undefined ? await readFinality(config) : await resumeKeeper(config, accepted);
  if (options.json) console.log(JSON.stringify({ running: report.isRunning, broken: report.broken, accepted: accepted ?? null }, null, 2));
  else for (const line of linesOf(report, accepted)) console.log(line);
  return report.broken === null || accepted !== undefined ? 0 : NOT_READY;
};

const linesOf = ({ isRunning, broken }: FinalityReport, accepted: string | undefined): readonly string[] => {
  if (broken === null) return ["Finality is intact: every block that was final for this keeper is still on the chain."];
  const { final, found } = broken;
  const lines = [`Final block      ${final.number}`, `It was           ${final.hash}`, `In its place     ${found}`];
  if (accepted === undefined)
    return [
      ...lines,
      "This keeper answers, deals, sends and erases nothing. Find out from sources other than its RPC providers what happened to the chain, then accept one of the two blocks:",
      `  keyquorum-keeper resume --accept-finality <hash>`,
    ];
  const when = isRunning ? "at its next look at the chain" : "when it is started";
  return [
    ...lines,
    `Accepted         ${accepted}`,
    `The keeper continues ${when}, if its RPC providers have that block: keyquorum-keeper status`,
  ];
};
