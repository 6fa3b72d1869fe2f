import { deployOwnerRules, deploySigningGrants } from "@keyquorum/bindings/policies";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

const KINDS = { owner: deployOwnerRules, grants: deploySigningGrants } as const;

/** Deploys ready-made rules. */
export default command<CommonArguments & { readonly kind: string; readonly owner: string | undefined }>(async (args, context) => {
  const { kind } = args;
  if (kind !== "owner" && kind !== "grants") throw new UsageError(`Unknown kind ${kind}; use one of ${Object.keys(KINDS).join(", ")}.`);
  const { signer } = await context.signing();
  const owner = args.owner === undefined ? parseAddress(await signer.getAddress()) : parseArgument("--owner", args.owner, parseAddress);
  const { address, gasUsed, transactionHash } = await context.transactions.whileWaiting(KINDS[kind](signer, owner));
  const { terminal } = context;
  terminal.print(
    `${kind} rules of ${checksumAddress(owner)} are at ${checksumAddress(parseAddress(address))} (${gasUsed.toLocaleString("en")} gas).`,
  );
  terminal.print(`Next: npx hardhat keyquorum rules bind <key> ${address}`);
  return { kind, owner, address, gasUsed, transaction: transactionHash };
});
