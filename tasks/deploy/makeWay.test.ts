import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_NAMES, encodeDeployment, parseDeployment } from "@keyquorum/bindings";
import { DEPLOY_STEPS, type DeployRecord, parseDeployRecord } from "@keyquorum/bindings/deploy";
import { deployJournal } from "@keyquorum/client/node";
import { expect } from "chai";
import type { Provider } from "ethers";
import { makeWay, partialPathOf } from "./makeWay.ts";

const GENESIS = `0x${"11".repeat(32)}`;
const BLOCK = `0x${"22".repeat(32)}`;
const addressOf = (index: number): string => `0x${(index + 1).toString(16).padStart(40, "0")}`;
const deployment = parseDeployment({
  ...{ version: 1, chainId: "31337", genesisHash: GENESIS, block: 2, blockHash: BLOCK },
  contracts: Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, addressOf(index)])),
});
const recordOf = (steps: number): DeployRecord =>
  parseDeployRecord({
    ...{ version: 1, chainId: "31337", genesisHash: GENESIS, deployer: addressOf(98), abandoned: [] },
    settings: {
      ...{ admin: null, minEpochDelay: "0", requestLifetime: "600", challengeWindow: "60", openKeyRequests: false },
      windows: { deal: 1, dispute: 1, finalize: 1, ready: 1 },
    },
    steps: DEPLOY_STEPS.slice(0, steps).map((contract, nonce) => ({ contract, nonce, address: addressOf(nonce), since: 0, hashes: [] })),
  });

/** A chain whose blocks have these hashes, and whose contracts are there or not. */
const chainWith = ({ genesis = GENESIS, block = BLOCK, code = "0x60" }): Provider =>
  ({
    getBlock: async (number: number) => ({ hash: number === 0 ? genesis : block }),
    getCode: async () => code,
  }) as unknown as Provider; // of it, only these are asked

describe("the place of a new deployment's record", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-way-"));
    path = join(folder, "31337.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const way = async ({ isLocal = true, replace = false, provider = chainWith({}) } = {}) => {
    const said: string[] = [];
    const journal = deployJournal(partialPathOf(path));
    const options = { path, journal, provider, isLocal, replace };
    try {
      const begun = await makeWay({ progress: (line) => said.push(line) }, options);
      return { begun, code: undefined, said: said.join("\n") };
    } catch (error) {
      return { begun: undefined, code: (error as { readonly code: string }).code, said: said.join("\n") };
    }
  };
  const writeRecorded = () => writeFile(path, JSON.stringify(encodeDeployment(deployment)));

  it("is free where nothing is recorded", async () => {
    expect(await way()).to.deep.equal({ begun: undefined, code: undefined, said: "" });
  });
  for (const isLocal of [true, false])
    it(`is taken where a deployment is recorded, on a ${isLocal ? "local" : "public"} chain, unless it is to be replaced`, async () => {
      await writeRecorded();
      expect((await way({ isLocal })).code).to.equal("USAGE");
      expect((await way({ isLocal, replace: true })).code).to.equal(undefined);
    });
  it("is taken by a file that cannot be read", async () => {
    await writeFile(path, '{"version": 1, "cha');
    expect((await way()).code).to.equal("USAGE");
  });
  it("is free on a local chain that has the recorded contracts no more, with a word about it; never on a public one", async () => {
    await writeRecorded();
    for (const provider of [chainWith({ block: GENESIS }), chainWith({ code: "0x" })]) {
      expect(await way({ provider })).to.deep.include({ code: undefined });
      expect((await way({ provider })).said).to.include("started again");
      expect((await way({ provider, isLocal: false })).code).to.equal("USAGE");
    }
  });
  it("continues with what was begun", async () => {
    await deployJournal(partialPathOf(path)).save(recordOf(3));
    expect((await way({ isLocal: false })).begun).to.deep.equal(recordOf(3));
  });
  it("begins again on a local chain that was started again, and keeps the record of a public one", async () => {
    const provider = chainWith({ genesis: BLOCK });
    await deployJournal(partialPathOf(path)).save(recordOf(3));
    expect((await way({ isLocal: false, provider })).begun).to.deep.equal(recordOf(3)); // and is refused as that of another chain
    expect((await way({ provider })).begun).to.equal(undefined);
    expect(existsSync(partialPathOf(path))).to.equal(false);
  });
  it("forgets what was begun where it ended after it was recorded whole", async () => {
    await writeRecorded();
    await deployJournal(partialPathOf(path)).save(recordOf(13));
    expect(await way({ replace: true })).to.deep.include({ begun: undefined, code: undefined });
    expect(existsSync(partialPathOf(path))).to.equal(false);
  });
  it("is not decided over a record cut in half, which stays", async () => {
    await deployJournal(partialPathOf(path)).save(recordOf(5));
    const whole = await readFile(partialPathOf(path), "utf8");
    await writeFile(partialPathOf(path), whole.slice(0, whole.length / 2));
    expect((await way({ replace: true })).code).to.equal("INVALID_VALUE");
    await writeFile(partialPathOf(path), "[]");
    expect((await way()).code).to.equal("RECORD_DAMAGED");
    expect(await readFile(partialPathOf(path), "utf8")).to.equal("[]");
  });
});
