import { plain } from "@keyquorum/bindings";
import { encodePoint, pointFromXY } from "@keyquorum/threshold";
import { bytesToHex, checksumAddress, parseAddress, slotsOf } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { counted, printable } from "../slots.ts";

/** Lists all keepers ever admitted, and who is in the current epoch. */
export default command<CommonArguments>(async (_, context) => {
  const { terminal } = context;
  const { keeperRegistry } = await context.contracts();
  const [records, epoch] = await Promise.all([keeperRegistry.keepers(), keeperRegistry.currentEpoch()]);
  const members = epoch === 0n ? [] : slotsOf(await keeperRegistry.membersOf(epoch));
  const keepers = plain(records).map((record) => {
    const slot = Number(record.slot);
    return {
      slot,
      name: record.name,
      operator: parseAddress(record.operator),
      identityKey: bytesToHex(encodePoint(pointFromXY(record.identityKey.x, record.identityKey.y))),
      endpoint: record.endpoint,
      peerAddress: record.peerAddress,
      removed: record.removed,
      inCurrentEpoch: members.includes(slot),
    };
  });
  if (keepers.length === 0)
    terminal.print("No keeper is admitted yet: npx hardhat keyquorum keepers add --from keeper.json --endpoint https://...");
  else {
    terminal.table(
      ["SLOT", "NAME", "OPERATOR", "ENDPOINT", "STATUS"],
      keepers.map(({ slot, name, operator, endpoint, removed, inCurrentEpoch }) => [
        String(slot),
        printable(name),
        checksumAddress(operator),
        printable(endpoint),
        removed
          ? inCurrentEpoch
            ? "removed, still in this epoch"
            : "removed"
          : inCurrentEpoch
            ? `member of epoch ${epoch}`
            : "waits for the next epoch",
      ]),
    );
  }
  terminal.print(
    epoch === 0n
      ? "\nNo epoch is open yet: npx hardhat keyquorum epoch open"
      : `\nEpoch ${epoch} is open with ${counted(members.length, "member")}.`,
  );
  return { epoch: Number(epoch), members, keepers };
});
