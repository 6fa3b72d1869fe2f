import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createFakeChain, type FakeChain, fakeContracts } from "../testing/fakeChain.ts";
import { checkOnline } from "./checkOnline.ts";

const operator = parseAddress(`0x${"0a".repeat(20)}`);
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const [CONTROL, NUMBER] = ["0x602a60005260206000f3", "0x4360005260206000f3"];

describe("checkOnline", () => {
  let chain: FakeChain;
  /** Opcodes, as bytes in the code, that the chain does not have. */
  let lacks: readonly string[];
  beforeEach(() => {
    [chain, lacks] = [createFakeChain(), []];
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.simulate = (code, block) => {
      if (code === NUMBER) return word(BigInt(block));
      if (code.length > 200) return "0x00"; // a signature's check: it is right
      if (code !== CONTROL && lacks.some((opcode) => code.includes(opcode))) return "0x";
      return word(42n);
    };
  });
  const check = (changes: Partial<Parameters<typeof checkOnline>[0]> = {}) =>
    checkOnline({
      ...{ rpcs: [{ name: "https://rpc.example", rpc: chain.rpc }], contracts: fakeContracts(), operator },
      ...{ finality: { kind: "finalized" }, maxHeadAgeSeconds: 120, balanceReserveWei: 10n ** 16n },
      ...changes,
    });
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => "no failure",
      (error: unknown) => error,
    );

  it("finds nothing where all is there", async () => {
    expect((await check()).obstacles).to.deep.equal([]);
  });

  it("says what the keeper lacks: ether, enough of it, and a place in the registry", async () => {
    chain.balance = 0n;
    chain.answers["keeperRegistry.slotOf"] = () => [0];
    const { obstacles } = await check();
    expect(obstacles).to.have.length(2);
    expect(obstacles[0]).to.include("has no ether");
    expect(obstacles[1]).to.include("is registered at no keeper");
    chain.balance = 1n;
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    expect((await check()).obstacles.join()).to.include("1 wei, less than");
  });

  it("names what the chain lacks, and at which RPC: one of several suffices", async () => {
    lacks = ["5e"];
    const other = createFakeChain();
    other.simulate = (code, block) => (code === NUMBER ? word(BigInt(block)) : code.length > 200 ? "0x00" : word(42n));
    const rpcs = [
      { name: "https://good.example", rpc: other.rpc },
      { name: "https://old.example", rpc: chain.rpc },
    ];
    const failure = await failureOf(check({ rpcs }));
    expect(failure).to.deep.include({ code: "CHAIN_UNSUITABLE", details: { missing: ["MCOPY"] } });
    expect((failure as Error).message)
      .to.include("https://old.example")
      .and.include("MCOPY");
  });

  it("says what to set where the node knows no finalized block, and takes confirmations in its place", async () => {
    const { rpc } = chain;
    const without = {
      send: async (method: string, params: readonly unknown[]) => (params[0] === "finalized" ? null : rpc.send(method, params)),
    };
    const rpcs = [{ name: "https://rpc.example", rpc: without }];
    const failure = await failureOf(check({ rpcs }));
    expect(failure).to.include({ code: "NO_FINALIZED_BLOCK" });
    expect((failure as Error).message).to.include("finality = { confirmations = N }");
    expect((await check({ rpcs, finality: { kind: "confirmations", blocks: 3 } })).obstacles).to.deep.equal([]);
  });

  it("warns of what it could not find out, and of a head age that is too short for the chain", async () => {
    chain.simulate = () => "0x02";
    const { warnings } = await check({ maxHeadAgeSeconds: 2 });
    expect(warnings.filter((line) => line.includes("could not be found out")).length).to.be.greaterThan(2);
    expect(warnings.filter((line) => line.includes("maxHeadAgeSeconds is 2"))).to.have.length(1);
  });
});
