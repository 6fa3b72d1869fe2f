import { emptyState, type FollowerState } from "@keyquorum/chain";
import type { MirroredLog } from "@keyquorum/vault";
import { expect } from "chai";
import { emitLog } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { openFollowerCursor } from "./followerCursor.ts";

describe("openFollowerCursor", () => {
  let temp: TempVault;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
  });
  afterEach(() => temp.remove());

  const at = (block: number): FollowerState => ({ ...emptyState(1), next: block + 1 });
  const logAt = (block: number): MirroredLog => emitLog("KeeperReady", [`0x${"5d".repeat(32)}`, 3, `0x${"00".repeat(32)}`], block);
  const replaced = (log: MirroredLog): MirroredLog => ({ ...log, blockHash: `0x${"f0".repeat(32)}` });
  const hashes = async () => (await temp.vault.logs.find()).map(({ blockHash }) => blockHash);

  it("does not stand still where its place was lost and a block was replaced meanwhile", async () => {
    const [first, second, third] = [logAt(5), logAt(6), logAt(7)];
    await openFollowerCursor(temp.vault, 1).commit({ logs: [first, second, third], state: at(7) });
    temp.onFile("DELETE FROM follower");
    const cursor = openFollowerCursor(await temp.reopen(), 1);
    const fresh: number[] = [];
    await cursor.commit({ logs: [first, replaced(second)], state: at(6) }, async (_tx, logs) => {
      fresh.push(...logs.map(({ blockNumber }) => blockNumber));
    });
    expect(await hashes()).to.deep.equal([first.blockHash, replaced(second).blockHash]);
    expect(fresh).to.deep.equal([6]);
  });

  it("replaces no log below its place: that is for a rollback", async () => {
    const cursor = openFollowerCursor(temp.vault, 1);
    await cursor.commit({ logs: [logAt(5)], state: at(7) });
    const outcome = await cursor.commit({ logs: [replaced(logAt(5))], state: at(7) }).catch((error: unknown) => error);
    expect(outcome).to.have.property("code", "VAULT_CONFLICT");
    expect(await hashes()).to.deep.equal([logAt(5).blockHash]);
  });
});
