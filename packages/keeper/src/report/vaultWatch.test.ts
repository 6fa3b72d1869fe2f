import { expect } from "chai";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { createReadiness } from "./readiness.ts";
import { createVaultWatch } from "./vaultWatch.ts";

const record = shareRecordOf(createFinishedKey());

describe("createVaultWatch", () => {
  let temp: TempVault;
  let time: number;
  let lines: string[];
  beforeEach(async () => {
    time = 0;
    lines = [];
    temp = await createTempVault(() => time);
    await temp.vault.keyShares.save(record);
  });
  afterEach(() => temp.remove());

  const create = () => {
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const readiness = createReadiness();
    readiness.set("starting", false);
    const scrub = createVaultWatch({
      ...{ vault: temp.vault, metrics, readiness },
      clock: { now: () => time, sleep: async () => undefined },
      log: createLogger("info", { write: (line) => lines.push(line) }),
    });
    const look = async (): Promise<void> => {
      time += 30_000;
      await scrub();
    };
    const damaged = async () => (await metrics.vaultDamaged.get()).values.map(({ labels, value }) => `${labels.table} ${value}`);
    return { look, damaged, readiness, scrubs: async () => (await metrics.vaultScrubs.get()).values[0]?.value };
  };
  const flip = "UPDATE sealed SET body = zeroblob(length(body)) WHERE kind = ";
  const said = (level: string) => lines.filter((line) => (JSON.parse(line) as { level: string }).level === level);

  it("finds a record that was damaged while the keeper runs, names it once, counts it, and stays ready", async () => {
    const { look, damaged, readiness, scrubs } = create();
    await look();
    expect([await damaged(), lines, await scrubs()]).to.deep.equal([[], [], 1]);
    temp.onFile(`${flip}'key_share'`);
    await look();
    await look();
    expect(await damaged()).to.deep.equal(["sealed 1"]);
    expect(said("error")).to.have.length(1);
    expect(said("error")[0]).to.include(record.keyId);
    expect(readiness.isReady()).to.equal(true);
  });
  it("says at the start what opening found, and when it was replaced", async () => {
    temp.onFile(`${flip}'key_share'`);
    await temp.reopen();
    const { look, damaged } = create();
    expect(await damaged()).to.deep.equal(["sealed 1"]);
    await temp.vault.keyShares.eraseAll(record);
    await temp.vault.keyShares.save(record);
    await look();
    expect([await damaged(), said("info").length]).to.deep.equal([[], 1]);
  });
  it("is not ready where the next start would be refused", async () => {
    const { look, readiness } = create();
    temp.onFile(`${flip}'own_secret'`);
    await look();
    expect(readiness.reasons()).to.deep.equal(["vault_damaged"]);
  });
  it("is not ready where the roll itself does not open any more", async () => {
    const { look, readiness } = create();
    temp.onFile(`${flip.replace("sealed", "anchor")}'roll'`);
    await look();
    expect(readiness.reasons()).to.deep.equal(["vault_damaged"]);
  });
  it("is not ready where the file of secrets does not say any more what was written last", async () => {
    const { look, readiness } = create();
    temp.onFile("UPDATE state SET state = replace(state, '1', '2')");
    await look();
    expect(readiness.reasons()).to.deep.equal(["vault_damaged"]);
  });
  it("looks again only after a while", async () => {
    const { look, scrubs } = create();
    await look();
    time -= 1;
    await look();
    expect(await scrubs()).to.equal(1);
    time += 1;
    await look();
    expect(await scrubs()).to.equal(2);
  });
});
