import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createConsent, sentenceOf } from "./consent.ts";
import { setVeto, vetoFileOf } from "./vetoes.ts";

const [UNKNOWN, PROPOSED, OPEN, CANCELLED] = [0, 1, 2, 3];

describe("consent to deal into an epoch (attack 50)", () => {
  let directory: string;
  let chain: FakeChain;
  let temp: TempVault;
  /** This keeper's clock, in ms. */
  let now: number;
  /** By block: 2 is open. */
  let status: (block: number) => number;
  let candidates: bigint;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-consent-"));
    chain = createFakeChain();
    [now, status, candidates] = [1_000_000, () => OPEN, 0b111110n];
    temp = await createTempVault(() => now);
    chain.answers["keeperRegistry.statusOf"] = ([epoch], block) => [epoch === 9n ? UNKNOWN : status(block)];
    chain.answers["keeperRegistry.candidatesOf"] = () => [candidates];
  });
  afterEach(async () => {
    await temp.remove();
    await rm(directory, { recursive: true });
  });

  const ask = (minDelaySeconds = 0, epoch = 2, { threshold = 2, minThreshold }: { threshold?: number; minThreshold?: number } = {}) =>
    createConsent({
      vault: temp.vault,
      clock: { now: () => now },
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      dataDirectory: directory,
      minDelaySeconds,
      minThreshold,
    })({ epoch, threshold, formerThreshold: 2 }, headsOf(chain));

  it("is given where nothing stands against it", async () => {
    expect(await ask()).to.deep.equal({ kind: "given" });
  });

  it("attack 50: is withheld from an epoch that is not open in the final block, whatever the head says", async () => {
    status = (block) => (block === chain.head ? OPEN : PROPOSED);
    expect(await ask()).to.deep.equal({ kind: "withheld", reason: "EPOCH_NOT_FINAL" });
    for (const other of [UNKNOWN, PROPOSED, CANCELLED]) {
      status = () => other;
      expect(await ask()).to.deep.equal({ kind: "withheld", reason: "EPOCH_NOT_FINAL" });
    }
    expect(await ask(0, 9)).to.deep.equal({ kind: "withheld", reason: "EPOCH_NOT_FINAL" });
  });

  it("attack 50: is withheld from a vetoed epoch from the moment of the veto, and given again when it is lifted", async () => {
    await setVeto(directory, { epoch: 2, isVetoed: true });
    expect(await ask()).to.deep.equal({ kind: "withheld", reason: "VETOED" });
    expect(await ask(0, 3)).to.deep.equal({ kind: "given" });
    await setVeto(directory, { epoch: 2, isVetoed: false });
    expect(await ask()).to.deep.equal({ kind: "given" });
  });

  it("attack 50: is withheld while the vetoes cannot be read", async () => {
    await writeFile(vetoFileOf(directory), "{");
    expect(await ask()).to.deep.equal({ kind: "withheld", reason: "VETO_UNREADABLE" });
  });

  it("attack 50: is withheld until this keeper has known the proposal for as long as the configuration asks, by its own clock", async () => {
    await temp.vault.epochProposals.see({ epoch: 2, candidates });
    chain.genesisTime += 1_000_000_000; // whatever time a node names
    now += 15_999;
    expect(await ask(16)).to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", until: 1_016_000 });
    now += 1;
    expect(await ask(16)).to.deep.equal({ kind: "given" });
  });

  it("attack 50: counts from now where it never saw the proposal: an open epoch that no log announced, or a vault from a backup", async () => {
    expect(await ask(16)).to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", until: 1_016_000 });
    now += 10_000;
    expect(await ask(16), "and not from later").to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", until: 1_016_000 });
    now += 6_000;
    expect(await ask(16)).to.deep.equal({ kind: "given" });
  });

  it("attack 50: counts again where the epoch that opened has other candidates than the one that was announced", async () => {
    await temp.vault.epochProposals.see({ epoch: 2, candidates });
    now += 20_000;
    candidates = 1n << 200n;
    expect(await ask(16)).to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", until: 1_036_000 });
  });

  it("attack 50: a clock that was set back makes the wait longer", async () => {
    await temp.vault.epochProposals.see({ epoch: 2, candidates });
    now -= 500_000;
    expect(await ask(16)).to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", until: 1_016_000 });
  });

  it("attack 50: is withheld where fewer colluders than so far could read the key, unless the operator accepts that", async () => {
    expect(await ask(0, 2, { threshold: 1 })).to.deep.equal({ kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 1, least: 2 });
    expect(await ask(0, 2, { threshold: 1, minThreshold: 1 })).to.deep.equal({ kind: "given" });
    expect(await ask(0, 2, { threshold: 3 })).to.deep.equal({ kind: "given" });
    const asked = { threshold: 3, minThreshold: 4 };
    expect(await ask(0, 2, asked)).to.deep.equal({ kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 3, least: 4 });
  });

  it("says what would change it", () => {
    expect(sentenceOf({ kind: "withheld", reason: "VETOED" }, 2)).to.include("--lift");
    expect(sentenceOf({ kind: "withheld", reason: "TOO_YOUNG", until: 1_800_000_000_000 }, 2)).to.include("2027-01-15T08:00:00.000Z");
    expect(sentenceOf({ kind: "withheld", reason: "EPOCH_NOT_FINAL" }, 2)).to.include("final block");
    const lowered = { kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 1, least: 2 } as const;
    expect(sentenceOf(lowered, 2)).to.include("[epochs] minThreshold = 1");
  });
});
