import { command } from "../command.ts";
import { checkDelivery, deliver } from "../document/deliver.ts";
import { type RetrieveArguments, retrieve } from "../document/retrieve.ts";
import type { CommonArguments } from "../options.ts";
import { parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { type SecretArguments, secretOf } from "./secretOf.ts";

type Arguments = CommonArguments &
  SecretArguments &
  Pick<RetrieveArguments, "gateway" | "privateGateway" | "timeout"> & {
    readonly out: string | undefined;
    readonly number: string | undefined;
    readonly replace: boolean;
  };

/** Reads a secret into a file or a pipe, never onto a screen. Its owner may, and whoever another contract permits. */
export default command<Arguments>(async (args, context) => {
  const out = args.out ?? "-";
  if (args.json) throw new UsageError("Omit --json: it would print the value among other data.");
  if (out === "-" && process.stdout.isTTY) throw new UsageError("A secret is not shown on a screen: give --out FILE, or pipe it.");
  const { document } = await secretOf(args, context);
  await checkDelivery({ ...args, out, receipts: undefined }, document);
  const source = args.number === undefined ? document : { document, version: parseCount("--number", args.number, 1) };
  const { read } = await retrieve(source, { ...args, onChain: false, optimistic: false, session: undefined }, context);
  const { bytes, file } = await deliver(read, { ...args, out }, context);
  return { name: args.name, document, bytes, file };
});
