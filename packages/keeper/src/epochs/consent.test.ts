import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createConsent, sentenceOf } from "./consent.ts";
import { setVeto, vetoFileOf } from "./vetoes.ts";

describe("consent to deal into an epoch (attack 50)", () => {
  let directory: string;
  let chain: FakeChain;
  /** Block number, and so the second, of the proposal of epoch 2. */
  const PROPOSED = 5;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-consent-"));
    chain = createFakeChain();
    chain.answers["keeperRegistry.minEpochDelay"] = () => [7n];
    chain.answers["keeperRegistry.opensAt"] = ([epoch]) => [epoch === 2n ? BigInt(chain.genesisTime + PROPOSED) + 7n : 0n];
  });
  afterEach(() => rm(directory, { recursive: true }));

  const ask = (minDelaySeconds = 0, epoch = 2, { threshold = 2, minThreshold }: { threshold?: number; minThreshold?: number } = {}) =>
    createConsent({
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      dataDirectory: directory,
      minDelaySeconds,
      minThreshold,
    })({ epoch, threshold, formerThreshold: 2 }, headsOf(chain).head);

  it("is given where nothing stands against it, without asking the chain", async () => {
    expect(await ask()).to.deep.equal({ kind: "given" });
    expect(chain.calls).to.deep.equal([]);
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

  it("attack 50: is withheld until the proposal is as old as the configuration asks, by block time", async () => {
    const from = BigInt(chain.genesisTime + PROPOSED + 16);
    chain.head = PROPOSED + 15;
    expect(await ask(16)).to.deep.equal({ kind: "withheld", reason: "TOO_YOUNG", from });
    chain.head = PROPOSED + 16;
    expect(await ask(16)).to.deep.equal({ kind: "given" });
  });

  it("attack 50: is withheld where fewer colluders than so far could read the key, unless the operator accepts that", async () => {
    expect(await ask(0, 2, { threshold: 1 })).to.deep.equal({ kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 1, least: 2 });
    expect(await ask(0, 2, { threshold: 1, minThreshold: 1 })).to.deep.equal({ kind: "given" });
    expect(await ask(0, 2, { threshold: 3 })).to.deep.equal({ kind: "given" });
    const asked = { threshold: 3, minThreshold: 4 };
    expect(await ask(0, 2, asked)).to.deep.equal({ kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 3, least: 4 });
  });

  it("is withheld from an epoch that the chain does not know", async () => {
    expect(await ask(1, 9)).to.deep.equal({ kind: "withheld", reason: "UNKNOWN_EPOCH" });
  });

  it("says what would change it", () => {
    expect(sentenceOf({ kind: "withheld", reason: "VETOED" }, 2)).to.include("--lift");
    expect(sentenceOf({ kind: "withheld", reason: "TOO_YOUNG", from: 77n }, 2)).to.include("77");
    const lowered = { kind: "withheld", reason: "THRESHOLD_LOWERED", threshold: 1, least: 2 } as const;
    expect(sentenceOf(lowered, 2)).to.include("[epochs] minThreshold = 1");
  });
});
