import { expect } from "chai";
import { codeOf, createPlace, hex, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";
import type { MirroredLog } from "./types/logs.ts";

const bridge = { extension: "parity", name: "bridge" };
const acl = { extension: "parity", name: "acl" };

const log = (blockNumber: number, changes: Partial<MirroredLog> = {}): MirroredLog => ({
  ...{ address: `0x${"Ab".repeat(20)}`, topics: [hex(1), hex(2)], data: "0xAA", transactionHash: hex(3), logIndex: 0 },
  ...{ blockNumber, blockHash: hex(blockNumber) },
  ...changes,
});

describe("followers of extensions", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    vault = await createVault(options);
    await vault.follower().commit({ logs: [log(5)], state: "own" });
    await vault.follower(bridge).commit({ logs: [log(5), log(6)], state: "bridge" });
    await vault.follower(acl).commit({ logs: [log(6)], state: "acl" });
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });
  const reopen = async (...statements: string[]): Promise<void> => {
    await vault.close();
    const database = openBehind(place.directory);
    for (const statement of statements) database.exec(statement);
    database.close();
    vault = await openVault(options);
  };
  const all = async () => {
    const stores = [vault.logs, vault.logsOf(bridge), vault.logsOf(acl)];
    return Promise.all(stores.map(async (logs) => (await logs.find()).map(({ blockNumber }) => blockNumber)));
  };
  const states = () => Promise.all([vault.follower(), vault.follower(bridge), vault.follower(acl)].map((follower) => follower.load()));
  const scrubbed = async () => {
    while (!(await vault.scrub(50)).isRoundOver);
    return vault.damage().map(({ table, id }) => `${table}:${id}`);
  };

  it("have states and logs of their own, apart from the keeper's", async () => {
    await reopen();
    expect(await states()).to.deep.equal(["own", "bridge", "acl"]);
    expect(await all()).to.deep.equal([[5], [5, 6], [6]]);
    expect(await vault.follower({ extension: "signing", name: "bridge" }).load()).to.equal(undefined);
    expect(await scrubbed()).to.deep.equal([]);
  });
  it("move logs, effects and cursor together, or none of them", async () => {
    const seen: number[] = [];
    await vault.follower(bridge).commit({ logs: [log(6), log(7)], state: "later" }, async (tx, logs) => {
      seen.push(...logs.map(({ blockNumber }) => blockNumber));
      expect(await tx.logsOf(bridge).find()).to.have.length(3);
      await tx.work.add({ id: "bridge:7", kind: "bridge", payload: 7n });
    });
    expect(seen, "each once").to.deep.equal([7]);
    const failing = vault.follower(bridge).commit({ logs: [log(8)], state: "last" }, async () => {
      throw new RangeError("no");
    });
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect([await all(), await states()]).to.deep.equal([
      [[5], [5, 6, 7], [6]],
      ["own", "later", "acl"],
    ]);
  });
  it("roll back alone", async () => {
    const takenBack: number[] = [];
    await vault.follower(bridge).rollback(5, "before", async (tx, toBlock) => {
      takenBack.push(toBlock, (await tx.logsOf(bridge).find()).length);
    });
    expect(takenBack).to.deep.equal([5, 1]);
    expect([await all(), await states()]).to.deep.equal([
      [[5], [5], [6]],
      ["own", "before", "acl"],
    ]);
    await vault.follower().rollback(4, "none");
    expect(await all()).to.deep.equal([[], [5], [6]]);
  });
  it("find and prune as the keeper's do", async () => {
    const logs = vault.logsOf(bridge);
    expect(await logs.find({ address: `0x${"AB".repeat(20)}`, topic1: hex(2), fromBlock: 6 })).to.have.length(1);
    expect(await logs.find({ limit: 1 })).to.have.length(1);
    expect(await logs.prune({ addresses: [`0x${"ab".repeat(20)}`], belowBlock: 6, exceptTopic0: hex(1) })).to.equal(0);
    expect(await logs.prune({ addresses: [`0x${"ab".repeat(20)}`], belowBlock: 7 })).to.equal(2);
    expect(await all()).to.deep.equal([[5], [], [6]]);
  });
  it("refuse a log of another block at the same place, and names of another form", async () => {
    const foreign = { logs: [log(6, { blockHash: hex(0xff) })], state: "x" };
    expect(await codeOf(() => vault.follower(bridge).commit(foreign))).to.equal("VAULT_CONFLICT");
    for (const name of ["", "a/b", "A", "n".repeat(65)]) {
      expect(await codeOf(() => vault.follower({ extension: "parity", name }))).to.equal("VAULT_VALUE_REFUSED");
      expect(await codeOf(() => vault.logsOf({ extension: name, name: "bridge" }))).to.equal("VAULT_VALUE_REFUSED");
    }
  });

  describe("where one row is damaged", () => {
    it("lose that log alone, and have it again when its block is read again", async () => {
      await reopen("UPDATE extension_log SET data = '0x02' WHERE follower = 'parity/bridge' AND block_number = 6");
      expect(await all()).to.deep.equal([[5], [5], [6]]);
      expect(await scrubbed()).to.deep.equal(["extension_log:parity/bridge/6/0"]);
      await vault.follower(bridge).commit({ logs: [log(6)], state: "bridge" });
      expect([await all(), await scrubbed()]).to.deep.equal([[[5], [5, 6], [6]], []]);
    });
    it("have no log that is another follower's", async () => {
      await reopen("UPDATE extension_log SET follower = 'parity/bridge', block_number = 9 WHERE follower = 'parity/acl'");
      expect(await all()).to.deep.equal([[5], [5, 6], []]);
    });
    it("begin again where the place is lost, alone", async () => {
      await reopen(`UPDATE extension_follower SET state = '"far"' WHERE follower = 'parity/bridge'`);
      expect(await states()).to.deep.equal(["own", undefined, "acl"]);
      expect(await scrubbed()).to.deep.equal(["extension_follower:parity/bridge"]);
      await vault.follower(bridge).commit({ logs: [log(5)], state: "again" });
      expect([await states(), await scrubbed()]).to.deep.equal([["own", "again", "acl"], []]);
    });
  });
});
