import { verifyRunRecord } from "@keyquorum/runner";
import { checksumAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import { readJsonFile } from "../jsonFile.ts";
import type { CommonArguments } from "../options.ts";

/** Verifies a run record without a network: that the runner signed it, and that keepers answered this runner for this module. */
export default command<CommonArguments & { readonly record: string }>(async ({ record }, { terminal }) => {
  const proved = await verifyRunRecord(await readJsonFile(record));
  terminal.facts([
    ["Runner", checksumAddress(proved.runner)],
    ["Run", proved.run],
    ["Module", proved.module],
    ["Outcome", `${proved.outcome}, exit code ${proved.exitCode} (the runner's word)`],
    ["Time", `${proved.startedAt.toISOString()} to ${proved.endedAt.toISOString()} (the runner's word)`],
  ]);
  if (proved.secrets.length > 0)
    terminal.table(
      ["SECRET", "DOCUMENT", "KEEPERS", "COMMITTEE"],
      proved.secrets.map(({ name, isNameProved, document, slots, quorum, committeeRoot }) => [
        ...[isNameProved ? name : `${name} (the runner's word)`, document, `${slots.join(", ")} (${quorum} needed)`, committeeRoot ?? ""],
      ]),
    );
  terminal.print(
    "Signatures and answers are valid. To check that the committee is the real one, compare its root with KeeperRegistry.committeeRootOf.",
  );
  return proved;
});
