import { parseContractLogOf } from "@keyquorum/bindings";
import { parsePoint, toXY } from "@keyquorum/threshold";
import { checksumAddress, hexToBytes } from "@keyquorum/wire";
import { command } from "../command.ts";
import { openEpoch } from "../epoch/openEpoch.ts";
import type { CommonArguments } from "../options.ts";
import { readKeeperRecord } from "./readKeeperFile.ts";

type Arguments = CommonArguments & {
  readonly from: string | undefined;
  readonly operator: string | undefined;
  readonly identityKey: string | undefined;
  readonly endpoint: string | undefined;
  readonly peerAddress: string | undefined;
  readonly name: string | undefined;
  readonly openEpoch: boolean;
};

/** Admits a keeper. It takes part from the next epoch on. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const keeper = await readKeeperRecord(args.from, args);
  const deployment = await context.deployment();
  const { contracts } = await context.signing();
  const identity = toXY(parsePoint(hexToBytes(keeper.identityKey)));
  const receipt = await context.transact(
    contracts.keeperRegistry.addKeeper(keeper.operator, identity, keeper.endpoint, keeper.peerAddress, keeper.name),
  );
  const added = receipt.logs.map((log) => parseContractLogOf(deployment, log, "KeeperAdded")).find((event) => event !== undefined);
  const slot = Number(added?.args.slot);
  terminal.print(
    `Keeper ${keeper.name === "" ? "" : `${keeper.name} `}is admitted at slot ${slot}: operator ${checksumAddress(keeper.operator)}, ${keeper.endpoint}.`,
  );
  if (!args.openEpoch) {
    terminal.print("It takes part from the next epoch on. When all keepers are admitted and run: npx hardhat keyquorum epoch open");
  }
  const epoch = args.openEpoch ? await openEpoch(context, { waitsForAll: true }) : undefined;
  return { slot, ...keeper, transaction: receipt.hash, gasUsed: receipt.gasUsed, ...(epoch === undefined ? {} : { epoch }) };
});
