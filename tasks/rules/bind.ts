import { checksumAddress, parseAddress, parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** Binds a key to the contract that says what it may sign. Only the account that requested the key can, and only once. */
export default command<CommonArguments & { readonly key: string; readonly rules: string }>(async (args, context) => {
  const { terminal } = context;
  const keyId = parseArgument("key", args.key, parseKeyId);
  const rules = parseArgument("rules", args.rules, parseAddress);
  const { provider } = await context.connection();
  if ((await provider.getCode(rules)) === "0x") throw new UsageError(`${checksumAddress(rules)} is not a contract.`);
  const { contracts } = await context.signing();
  const receipt = await context.transact(contracts.signingRequests.bindRules(keyId, rules));
  terminal.print(`Key ${keyId} signs what ${checksumAddress(rules)} says from now on. Only that contract can bind it to another one.`);
  return { keyId, rules, transaction: receipt.hash };
});
