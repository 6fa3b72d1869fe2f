import { PURPOSES, parseContractLogOf } from "@keyquorum/bindings";
import { bytesToHex, parseHash32, parseKeyId } from "@keyquorum/wire";
import { randomBytes } from "ethers";
import { command } from "../command.ts";
import { assertReceiving } from "../epoch/receiving.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { KeyFailedError } from "./keyFailedError.ts";
import { printKeyStatus } from "./keyStatus.ts";
import { thresholdSentence } from "./thresholdSentence.ts";
import { watchKey } from "./watchKey.ts";

type Arguments = CommonArguments & {
  readonly threshold: string | undefined;
  readonly purpose: string;
  readonly salt: string | undefined;
  readonly detach: boolean;
};

/** Requests a new key and follows its generation. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const purpose = PURPOSES.findIndex((name) => name.toLowerCase() === args.purpose.toLowerCase());
  if (purpose < 0) throw new UsageError(`--purpose is one of ${PURPOSES.join(", ").toLowerCase()}.`);
  const salt = args.salt === undefined ? bytesToHex(randomBytes(32)) : parseArgument("--salt", args.salt, parseHash32);
  const deployment = await context.deployment();
  const { contracts } = await context.signing();
  await assertReceiving(context);
  const threshold = parseCount("--threshold", args.threshold ?? (await largestThreshold(context)), 1);

  const receipt = await context.transact(contracts.keyGeneration.requestKey(purpose, threshold, salt));
  const requested = receipt.logs.map((log) => parseContractLogOf(deployment, log, "KeyRequested")).find((event) => event !== undefined);
  const keyId = parseKeyId(requested?.args.keyId);
  terminal.progress(`Key ${keyId} is requested: ${thresholdSentence(threshold)}`);
  if (args.detach) {
    terminal.print(`${keyId}\nFollow it: npx hardhat keyquorum key status ${keyId} --watch`);
    return { keyId, threshold, transaction: receipt.hash };
  }
  const state = await watchKey(context, keyId, async (sid) => {
    await context.transact(contracts.keyGeneration.fail(sid));
  });
  if (state.status === "Failed") throw new KeyFailedError(state);
  printKeyStatus(context, state);
  return state;
});

/** The largest t for which all of 2t+1 <= members holds: the safest against keepers that talk to each other. */
const largestThreshold = async (context: Parameters<Parameters<typeof command>[0]>[1]): Promise<number> => {
  const { keeperRegistry } = await context.contracts();
  const epoch = await keeperRegistry.currentEpoch();
  if (epoch === 0n) throw new UsageError("No epoch of keepers is open yet. Open one first: npx hardhat keyquorum epoch open");
  return Math.floor(((await keeperRegistry.committeeOf(epoch)).length - 1) / 2);
};
