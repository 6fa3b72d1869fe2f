import { writeAtomically } from "@keyquorum/client/node";
import { parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { toJson } from "../terminal.ts";

type Arguments = CommonArguments & { readonly file: string; readonly key: string | undefined; readonly replace: boolean };

/** Writes what encrypting offline needs: all of it public. */
export default command<Arguments>(async (args, context) => {
  const client = await context.client({ signs: false });
  const key = args.key === undefined ? undefined : parseArgument("--key", args.key, parseKeyId);
  const exported = await client.exportKey(key, { signal: context.signal });
  await writeAtomically(args.file, new TextEncoder().encode(`${toJson(exported)}\n`), { replace: args.replace, mode: 0o644 });
  context.terminal.print(
    `Wrote ${args.file}. Encrypt anywhere: npx hardhat keyquorum document encrypt FILE --key-data ${args.file} --owner ADDRESS`,
  );
  return { file: args.file, ...exported };
});
