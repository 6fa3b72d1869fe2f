import { command } from "../command.ts";
import { readJsonFile } from "../jsonFile.ts";
import type { CommonArguments } from "../options.ts";

/** Submits the evidence of a keeper's wrong answer. */
export default command<CommonArguments & { readonly file: string }>(async (args, context) => {
  const evidence = await readJsonFile(args.file);
  const client = await context.client({ signs: true });
  const proved = await client.proveFault(evidence, { signal: context.signal });
  context.terminal.print(`The keeper at slot ${proved.slot} is recorded at fault: ${proved.reason}.`);
  return proved;
});
