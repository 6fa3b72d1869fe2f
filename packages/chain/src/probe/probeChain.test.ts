import { expect } from "chai";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import type { Rpc } from "../rpc.ts";
import { CONTRACT_NUMBER, CONTROL, OPCODES, PREVIOUS_HASH } from "./code.ts";
import { missingOf, type Need, unknownOf } from "./finding.ts";
import { probeChain } from "./probeChain.ts";

const FINALIZED = { kind: "finalized" } as const;
const HEAD = 20_000;
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const word = (value: number | bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const refuse = (code: number): never => {
  throw new RpcError("a method", code, "no", undefined);
};

type Node = {
  /** Opcodes that it does not have. */
  lacks: readonly string[];
  /** Whether it runs creation code at all. */
  runs: boolean;
  byHash: boolean;
  previousHash: bigint;
  logs: () => unknown;
  finalized: () => number | null;
  secondsPerBlock: number;
  contractNumberOf: (block: number) => number;
  /** Full nodes forget the state of older blocks. */
  keepsState: number;
  head: number;
  /** Runs before anything else is looked at; it may throw. */
  before: (method: string, params: readonly unknown[]) => void;
};

/** A node that has everything, with blocks of 12 seconds and finality 64 blocks behind. */
const nodeOf = (changes: Partial<Node> = {}): Rpc => {
  const node: Node = {
    lacks: [],
    runs: true,
    byHash: true,
    previousHash: 7n,
    logs: () => [],
    finalized: () => HEAD - 64,
    secondsPerBlock: 12,
    contractNumberOf: (block) => block,
    keepsState: 128,
    head: HEAD,
    before: () => undefined,
    ...changes,
  };
  const blockOf = (number: number) => ({
    ...{ number: hex(number), hash: word(number + 1_000_000), parentHash: word(number + 999_999) },
    timestamp: hex(Math.floor(1_700_000_000 + number * node.secondsPerBlock)),
  });
  const call = ({ data }: { readonly data: string }, at: "latest" | { readonly blockHash: string }): unknown => {
    if (!node.runs) return refuse(-32_000);
    const number = at === "latest" ? node.head : Number(BigInt(at.blockHash)) - 1_000_000;
    if (at !== "latest" && !node.byHash) return refuse(-32_602);
    if (number < node.head - node.keepsState) return refuse(-32_000);
    if (data === CONTRACT_NUMBER) return word(node.contractNumberOf(number));
    if (data === PREVIOUS_HASH) return word(node.previousHash);
    const asked = OPCODES.find(({ code }) => code === data)?.opcode;
    if (asked === undefined && data !== CONTROL) throw new Error("no such code");
    return asked !== undefined && node.lacks.includes(asked) ? refuse(-32_000) : word(42);
  };
  return {
    send: async (method, params) => {
      node.before(method, params);
      if (method === "eth_call") return call(params[0] as { data: string }, params[1] as "latest"); // true: the probe writes calls so
      if (method === "eth_getLogs") return node.logs();
      if (params[0] === "latest") return blockOf(node.head);
      if (params[0] !== "finalized") return blockOf(Number(params[0]));
      const final = node.finalized();
      return final === null ? null : blockOf(final);
    },
  };
};

const needs = (found: ReturnType<typeof missingOf>): readonly Need[] => found.map(({ need }) => need);
const missing = async (changes: Partial<Node>, finality: Parameters<typeof probeChain>[1] = FINALIZED): Promise<readonly Need[]> =>
  needs(missingOf(await probeChain(nodeOf(changes), finality)));

describe("probeChain", () => {
  it("finds all that is needed on a chain that has it, and measures it", async () => {
    const probe = await probeChain(nodeOf(), FINALIZED);
    expect([missingOf(probe), unknownOf(probe)]).to.deep.equal([[], []]);
    expect(needs(probe.findings)).to.deep.equal(["PUSH0", "TSTORE", "MCOPY", "callByHash", "blockhash", "logsByHash", "finality"]);
    expect([probe.numbering, probe.blockSeconds, probe.contractBlockSeconds]).to.deep.equal(["same", 12, 12]);
    expect(probe.finalityLag).to.deep.equal({ blocks: 64, seconds: 768 });
  });

  describe("names what is missing", () => {
    it("of opcodes: on Shanghai, on Paris, and where one only is left out", async () => {
      expect(await missing({ lacks: ["TSTORE", "MCOPY"] })).to.deep.equal(["TSTORE", "MCOPY"]);
      expect(await missing({ lacks: ["PUSH0", "TSTORE", "MCOPY"] })).to.deep.equal(["PUSH0", "TSTORE", "MCOPY"]);
      expect(await missing({ lacks: ["MCOPY"] })).to.deep.equal(["MCOPY"]);
    });
    it("of calls by block hash, of BLOCKHASH in them, and of logs by block hash", async () => {
      expect(await missing({ byHash: false })).to.deep.equal(["callByHash"]);
      expect(await missing({ previousHash: 0n })).to.deep.equal(["blockhash"]);
      expect(await missing({ logs: () => refuse(-32_602) })).to.deep.equal(["logsByHash"]);
      expect(await missing({ logs: () => null })).to.deep.equal(["logsByHash"]);
    });
    it("of a finalized block: null, errors of three kinds, and one that stays at the first block; confirmations take its place", async () => {
      for (const finalized of [() => null, () => refuse(-32_602), () => refuse(-39_001), () => refuse(-32_000), () => 0]) {
        expect(await missing({ finalized })).to.deep.equal(["finality"]);
        expect(await missing({ finalized }, { kind: "confirmations", blocks: 5 })).to.deep.equal([]);
      }
      const [finding] = missingOf(await probeChain(nodeOf({ finalized: () => null }), FINALIZED));
      expect(finding?.sentence).to.include("--confirmations N");
    });
  });

  describe("says that it does not know, and calls nothing missing,", () => {
    it("where the node does not run creation code", async () => {
      const probe = await probeChain(nodeOf({ runs: false }), FINALIZED);
      expect(missingOf(probe)).to.deep.equal([]);
      expect(needs(unknownOf(probe))).to.deep.equal(["PUSH0", "TSTORE", "MCOPY", "callByHash", "blockhash"]);
      expect(probe.numbering).to.equal("unknown");
    });
    it("where the node has too much to do, or breaks off", async () => {
      for (const failure of [new RpcError("a method", -32_005, "slow down", undefined), new ChainUnavailableError("TRANSPORT", "reset")]) {
        let asked = 0;
        const before = (): void => {
          asked += 1;
          if (asked > 1) throw failure; // it says its newest block, and then nothing more
        };
        const probe = await probeChain(nodeOf({ before }), FINALIZED);
        expect(missingOf(probe)).to.deep.equal([]);
        expect(unknownOf(probe)).to.have.length(7);
        expect([probe.blockSeconds, probe.finalityLag]).to.deep.equal([undefined, undefined]);
      }
    });
    it("where it fails once at each question", async () => {
      const seen = new Set<string>();
      const before = (method: string, params: readonly unknown[]): void => {
        const key = JSON.stringify([method, params]);
        if (params[0] === "latest" || key.includes(CONTROL) || seen.has(key)) return;
        seen.add(key);
        refuse(-32_000);
      };
      for (const finality of [FINALIZED, { kind: "confirmations", blocks: 2 } as const]) {
        seen.clear();
        expect(missingOf(await probeChain(nodeOf({ before }), finality))).to.deep.equal([]);
      }
    });
    it("where the chain has one block only, or too few to measure by", async () => {
      const probe = await probeChain(nodeOf({ head: 0, finalized: () => 0 }), FINALIZED);
      expect([needs(unknownOf(probe)), needs(probe.findings).includes("blockhash")]).to.deep.equal([[], false]);
      expect(probe.blockSeconds).to.equal(undefined);
    });
  });

  describe("measures the contracts' blocks", () => {
    it("where they are those of another chain: many of the node's to one", async () => {
      const contractNumberOf = (block: number) => 500 + Math.floor(block / 48);
      const probe = await probeChain(nodeOf({ secondsPerBlock: 0.25, contractNumberOf, keepsState: 1e9 }), FINALIZED);
      expect([probe.numbering, probe.blockSeconds]).to.deep.equal(["other", 0.25]);
      expect(probe.contractBlockSeconds).to.be.closeTo(12, 1);
    });
    it("where the node forgot the state of older blocks", async () => {
      const probe = await probeChain(nodeOf({ contractNumberOf: (block) => block + 5_000 }), FINALIZED);
      expect([probe.numbering, probe.contractBlockSeconds]).to.deep.equal(["other", 12]);
    });
    it("not where their number stood still", async () => {
      const probe = await probeChain(nodeOf({ contractNumberOf: () => 5 }), FINALIZED);
      expect([probe.numbering, probe.contractBlockSeconds]).to.deep.equal(["other", undefined]);
    });
  });

  it("throws only where the node does not even say its newest block, or the caller gave up", async () => {
    const dead: Rpc = { send: () => Promise.reject(new ChainUnavailableError("TRANSPORT", "reset")) };
    expect(await probeChain(dead, FINALIZED).catch((error: unknown) => error)).to.include({ code: "CHAIN_UNAVAILABLE" });
    const gone = new AbortController();
    const enough = new Error("enough");
    gone.abort(enough);
    const leaving: Rpc = { send: () => Promise.reject(enough) };
    const failure: unknown = await probeChain(leaving, FINALIZED, { signal: gone.signal }).catch((error: unknown) => error);
    expect(failure).to.equal(enough);
  });

  it("costs a bounded number of questions", async () => {
    let asked = 0;
    const before = (): void => {
      asked += 1;
    };
    const worst = nodeOf({ before, lacks: ["PUSH0", "TSTORE", "MCOPY"], byHash: false, finalized: () => null });
    expect(missingOf(await probeChain(worst, FINALIZED))).to.have.length(5);
    expect(asked).to.be.below(40);
  });
});
