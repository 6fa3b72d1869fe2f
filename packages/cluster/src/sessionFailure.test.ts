import { expect } from "chai";
import { describeKeyFailure, describeReshareFailure, type NamedKeeper } from "./sessionFailure.ts";

const keeper = (slot: number, name: string, more: Partial<NamedKeeper> = {}): NamedKeeper => ({
  ...{ slot, name, logFile: `/tmp/run/keeper-${slot}/keeper.log`, lastWords: "Keeper is listening", isRunning: true },
  ...more,
});
const KEEPERS = [keeper(1, "Ada"), keeper(2, "Blaise", { isRunning: false, lastWords: undefined }), keeper(3, "Clara")];

describe("why a key could not be made", () => {
  it("names who did not deal, what each logged last and where, and who is gone", () => {
    expect(describeKeyFailure({ reason: 1n, notDealt: 0b1100n, disqualified: 0n, notReady: 0n }, KEEPERS).split("\n")).to.deep.equal([
      "No key was made: too few keepers dealt.",
      "  keeper 2 (Blaise) did not deal in time; its process is not running; it logged nothing (/tmp/run/keeper-2/keeper.log)",
      "  keeper 3 (Clara) did not deal in time; it logged last: Keeper is listening (/tmp/run/keeper-3/keeper.log)",
    ]);
  });

  it("tells those who dealt wrongly from those who did not confirm", () => {
    const told = describeKeyFailure({ reason: 4n, notDealt: 0n, disqualified: 0b10n, notReady: 0b1000n }, KEEPERS);
    expect(told).to.match(/keeper 1 \(Ada\) dealt a wrong share/);
    expect(told).to.match(/keeper 3 \(Clara\) did not confirm/);
  });

  it("tells what it does not know: a member without a process of ours, a reason of a later contract", () => {
    const told = describeKeyFailure({ reason: 9n, notDealt: 1n << 7n, disqualified: 0n, notReady: 0n }, KEEPERS);
    expect(told).to.equal("No key was made: reason 9.\n  keeper 7 did not deal in time.");
  });

  it("tells why a key did not move, by the reasons of a reshare", () => {
    const told = describeReshareFailure({ reason: 2n, notDealt: 0n, disqualified: 0n, notReady: 0b1010n }, KEEPERS);
    expect(told.split("\n")).to.deep.equal([
      "The key did not move: too few new members confirmed their shares in time.",
      "  keeper 1 (Ada) did not confirm its share in time; it logged last: Keeper is listening (/tmp/run/keeper-1/keeper.log)",
      "  keeper 3 (Clara) did not confirm its share in time; it logged last: Keeper is listening (/tmp/run/keeper-3/keeper.log)",
    ]);
  });
});
