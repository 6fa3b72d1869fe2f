import { finishHandover } from "@keyquorum/bindings/deploy";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "./command.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument } from "./parse.ts";
import { UsageError } from "./usageError.ts";

/** Second step of handing governance over: the deployer gives up every role. */
export default command<CommonArguments & { readonly admin: string | undefined }>(async (args, context) => {
  const { terminal } = context;
  if (args.admin === undefined) throw new UsageError("Name the account that governs from now on: --admin ADDRESS.");
  const admin = parseArgument("--admin", args.admin, parseAddress);
  const deployment = await context.deployment();
  const { signer } = await context.signing();
  const transaction = await context.transactions.whileWaiting(finishHandover(signer, deployment, admin));
  terminal.print(
    transaction === undefined
      ? `${await signer.getAddress()} held no role any more. ${checksumAddress(admin)} governs.`
      : `${await signer.getAddress()} gave up every role. ${checksumAddress(admin)} governs alone.`,
  );
  return { admin, transaction: transaction ?? null };
});
