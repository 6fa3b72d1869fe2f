import { dealHashOf } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, parseHash32, type SessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { blockHash, createFakeChain, emitLog, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { readMirroredDealings } from "./mirroredDealings.ts";

const sid = blockHash(0x51d) as Hash32 as SessionId;
const dealing = new Uint8Array(32 * 8).fill(7);

describe("readMirroredDealings", () => {
  let temp: TempVault;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
  });
  afterEach(() => temp.remove());

  it("attack 10: a false hash of one moment's providers is asked for again; one that fits its dealing is not", async () => {
    const [chain, contracts] = [createFakeChain(), fakeContracts()];
    const right = parseHash32(bytesToHex(dealHashOf(dealing)));
    let [stored, asked]: [Hash32, number] = [blockHash(0xbad), 0];
    chain.answers["keyGeneration.dealHashOf"] = () => {
      asked += 1;
      return [stored];
    };
    await temp.vault.follower().commit({ logs: [emitLog("Dealt", [sid, 2, bytesToHex(dealing)], 5)], state: {} });
    const options = { vault: temp.vault, reader: createChainReader({ rpc: chain.rpc, contracts }), contracts };
    const settled = new Map<number, Hash32>();
    const read = async () =>
      (await readMirroredDealings(options, { contract: "keyGeneration", sid, heads: headsOf(chain), settled })).dealHashes.get(2);
    expect(await read()).to.equal(stored);
    stored = right;
    expect(await read()).to.equal(right);
    expect([await read(), asked]).to.deep.equal([right, 2]);
  });

  it("attack 10: bytes that are no dealing stop nothing", async () => {
    const [chain, contracts] = [createFakeChain(), fakeContracts()];
    chain.answers["keyGeneration.dealHashOf"] = () => [blockHash(0xbad)];
    await temp.vault.follower().commit({ logs: [emitLog("Dealt", [sid, 3, "0x0102"], 5)], state: {} });
    const options = { vault: temp.vault, reader: createChainReader({ rpc: chain.rpc, contracts }), contracts };
    const settled = new Map<number, Hash32>();
    for (let times = 0; times < 2; times += 1) {
      const { dealHashes } = await readMirroredDealings(options, { contract: "keyGeneration", sid, heads: headsOf(chain), settled });
      expect(dealHashes.get(3)).to.equal(blockHash(0xbad));
    }
  });
});
