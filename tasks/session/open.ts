import { checkFileTarget, writeAtomically } from "@keyquorum/client/node";
import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

type Arguments = CommonArguments & {
  readonly out: string;
  readonly documents: string | undefined;
  readonly owner: string | undefined;
  readonly hours: number;
};

/** Asks the wallet once and writes a session's secret file, for `document get --session`. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  if ((args.documents === undefined) === (args.owner === undefined))
    throw new UsageError("Say what the session is for: --documents ID,ID or --owner ADDRESS.");
  const scope =
    args.owner === undefined
      ? { documents: (args.documents ?? "").split(",").map((id) => parseArgument("--documents", id.trim(), parseDocumentId)) }
      : { owner: parseArgument("--owner", args.owner, parseAddress) };
  await checkFileTarget(args.out); // before the wallet is asked
  const client = await context.client({ signs: true });
  const opened = await client.openSession({ ...scope, hours: args.hours, signal });
  const { session } = opened;
  await writeAtomically(args.out, new TextEncoder().encode(`${JSON.stringify(opened.exportSecret(), null, 2)}\n`)); // mode 0600
  const until = new Date(Number(session.until) * 1000).toISOString();
  terminal.print(`Wrote ${args.out}: whoever has it can read as ${checksumAddress(session.requester)} until ${until}. Keep it secret.`);
  terminal.print(`To end all sessions of the account early: npx hardhat keyquorum session end${sameAccount(args)}`);
  return { file: args.out, requester: session.requester, sessionKey: session.sessionKey, until, generation: session.generation };
});

/** What makes the next command act as the same account. */
const sameAccount = ({ account, keyFile }: CommonArguments): string => {
  if (keyFile !== undefined) return ` --key-file ${keyFile}`;
  return account === 0 ? "" : ` --account ${account}`;
};
