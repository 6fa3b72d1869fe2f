import { interfaceOf } from "@keyquorum/bindings";
import { expect } from "chai";
import { seedNumbers } from "../../../test/random/seed.ts";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { type Heads, readHeads } from "./heads.ts";
import { decidePermission, type PermissionSettings } from "./permissions.ts";
import { quorumRpc } from "./quorum/quorumRpc.ts";
import type { Rpc } from "./rpc.ts";
import { fakeClock } from "./testing/clocks.ts";
import { type ModelBlock, ModelChain } from "./testing/modelChain.ts";
import { seededRandom } from "./testing/random.ts";

const SHARE_REQUESTS = `0x${"5a".repeat(20)}`;
const [DENIED, PERMITTED, UNKNOWN, WITHDRAWN] = [0, 1, 2, 3];
const question = {
  document: `0x${"d0".repeat(32)}`,
  headerHash: `0x${"4e".repeat(32)}`,
  initialPermissions: `0x${"1b".repeat(20)}`,
  requester: `0x${"b0".repeat(20)}`,
  contextHash: `0x${"00".repeat(32)}`,
};
const word = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

/** Twenty blocks; F is ten below H. `decision` says what the contract decides at a block. */
const world = (decision: (block: ModelBlock) => number) => {
  const chain = new ModelChain();
  chain.mine(20);
  chain.onCall = (_, block) => word(decision(block));
  const finality = { kind: "confirmations", blocks: 10 } as const;
  const settings = (rpc: Rpc = chain.rpc()): PermissionSettings => ({
    rpc,
    shareRequests: SHARE_REQUESTS,
    maxHeadAge: 60,
    clock: fakeClock((chain.head.timestamp + 5) * 1000),
  });
  const heads = (rpc: Rpc = chain.rpc()): Promise<Heads> => readHeads(rpc, finality);
  const decide = async (overrides: Partial<PermissionSettings> = {}, at?: Heads) =>
    decidePermission({ ...settings(), ...overrides }, question, at ?? (await heads()));
  return { chain, settings, heads, decide };
};
const reasonOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(String, (error: unknown) => (error instanceof ChainUnavailableError ? error.reason : `foreign error ${String(error)}`));
/** `before` up to and with block 10, which is final; `after` above. */
const changesAt = (before: number, after: number) => world(({ number }) => (number <= 10 ? before : after));

describe("decidePermission: the table of PROTOCOL section 4.4", () => {
  const table: readonly (readonly [string, number, number, string])[] = [
    ["yes at F and H", PERMITTED, PERMITTED, "PERMITTED"],
    ["no at both", DENIED, DENIED, "ACCESS_DENIED"],
    ["revoked or expired since F", PERMITTED, DENIED, "ACCESS_DENIED"],
    ["granted since F", DENIED, PERMITTED, "PERMISSION_NOT_FINAL"],
    ["published since F", UNKNOWN, PERMITTED, "PERMISSION_NOT_FINAL"],
    ["withdrawn since F", PERMITTED, WITHDRAWN, "WITHDRAWN_VERSION"],
    ["a version that is nowhere", UNKNOWN, UNKNOWN, "UNKNOWN_VERSION"],
    ["another version was published since F", PERMITTED, UNKNOWN, "UNKNOWN_VERSION"],
  ];
  for (const [what, atF, atH, expected] of table) {
    it(`${what}: ${expected}`, async () => expect(await changesAt(atF, atH).decide()).to.equal(expected));
  }

  it("asks ShareRequests itself, as itself, by block hash, with 3 000 000 gas", async () => {
    const { chain, heads, decide } = world(() => PERMITTED);
    const { head, final } = await heads();
    await decide();
    const calls = chain.sent.filter(({ method }) => method === "eth_call").map(({ params }) => params);
    const data = interfaceOf("shareRequests").encodeFunctionData("decide", [
      question.document,
      question.headerHash,
      question.initialPermissions,
      question.requester,
      question.contextHash,
    ]);
    const call = { to: SHARE_REQUESTS, from: SHARE_REQUESTS, data, gas: "0x2dc6c0" };
    expect(calls).to.deep.equal([
      [call, { blockHash: head.hash, requireCanonical: true }],
      [call, { blockHash: final.hash, requireCanonical: true }],
    ]);
  });

  it("asks once where the head is final", async () => {
    const { chain, decide } = world(() => PERMITTED);
    const { head } = await readHeads(chain.rpc(), { kind: "confirmations", blocks: 0 });
    expect(await decide({}, { head, final: head })).to.equal("PERMITTED");
    expect(chain.sent.filter(({ method }) => method === "eth_call")).to.have.length(1);
  });
});

describe("decidePermission: attacks", () => {
  it("attack 9: a grant that a reorg removed does not permit, neither on the old blocks nor on the new ones", async () => {
    const { chain, heads, decide } = world(() => PERMITTED);
    const before = await heads();
    chain.cut(5);
    chain.onCall = () => word(DENIED); // the branch without the grant
    expect(await reasonOf(decide({}, before))).to.equal("RPC_ERROR"); // the old head is not canonical any more
    chain.mine(6);
    expect(await reasonOf(decide({}, before))).to.equal("RPC_ERROR");
    expect(await decide()).to.equal("ACCESS_DENIED");
  });

  it("attack 9: a grant within reach of a reorg is not final", async () => {
    expect(await world(({ number }) => (number >= 16 ? PERMITTED : DENIED)).decide()).to.equal("PERMISSION_NOT_FINAL");
  });

  it("attack 10: one provider of three that says yes to everything, or no, changes nothing", async () => {
    for (const [truth, lie, expected] of [
      [DENIED, PERMITTED, "ACCESS_DENIED"],
      [PERMITTED, DENIED, "PERMITTED"],
    ] as const) {
      const { chain, settings, heads } = world(() => truth);
      const honest = chain.rpc();
      const liar: Rpc = { send: async (method, params) => (method === "eth_call" ? word(lie) : honest.send(method, params)) };
      for (const providers of [
        [liar, honest, honest],
        [honest, liar, honest],
      ]) {
        const rpc = quorumRpc(providers, { graceMs: 0 });
        expect(await decidePermission(settings(rpc), question, await heads(rpc))).to.equal(expected);
      }
    }
  });

  it("attack 10: without a majority it is unavailable, not denied and not permitted", async () => {
    const { chain, settings, heads } = world(() => DENIED);
    const honest = chain.rpc();
    const liar: Rpc = { send: async (method, params) => (method === "eth_call" ? word(PERMITTED) : honest.send(method, params)) };
    const rpc = quorumRpc([liar, honest], { graceMs: 0 });
    expect(await reasonOf(decidePermission(settings(rpc), question, await heads(rpc)))).to.equal("DISAGREEMENT");
  });

  it("attack 11: a node that stands still before a revocation is found out by its head's age", async () => {
    const { chain, decide, heads } = world(() => PERMITTED);
    const stale = await heads();
    const at = (seconds: number) => decide({ clock: fakeClock((chain.head.timestamp + seconds) * 1000) }, stale);
    expect(await at(60)).to.equal("PERMITTED");
    expect(await reasonOf(at(61))).to.equal("STALE_HEAD");
    expect(await reasonOf(at(Number.NaN))).to.equal("STALE_HEAD");
  });

  it("attack 11: a head below one that the keeper has seen is refused, however fresh", async () => {
    const { decide } = world(() => PERMITTED);
    expect(await decide({ minHeadNumber: 20 })).to.equal("PERMITTED");
    expect(await reasonOf(decide({ minHeadNumber: 21 }))).to.equal("STALE_HEAD");
  });

  it("attack 11: a final block above the head is refused", async () => {
    const { heads, decide } = world(() => PERMITTED);
    const { head, final } = await heads();
    expect(await reasonOf(decide({}, { head: final, final: head }))).to.equal("BAD_RESPONSE");
  });

  const outcomes: readonly (readonly [string, () => string])[] = [
    ["nothing", () => "0x"],
    ["a short word", () => "0x01"],
    ["two words", () => `${word(PERMITTED)}${word(PERMITTED).slice(2)}`],
    ["a word and a byte", () => `${word(PERMITTED)}00`],
    ["4, which is no decision", () => word(4)],
    ["all ones", () => `0x${"f".repeat(64)}`],
    ["1 with dirt above", () => `0x1${"0".repeat(62)}1`],
    ["a revert", () => fail(3, "0x1234")],
    ["a revert that carries the word for yes", () => fail(3, word(PERMITTED))],
    ["out of gas", () => fail(-32000)],
  ];
  const fail = (code: number, data?: string): never => {
    throw new RpcError("eth_call", code, word(PERMITTED), data);
  };
  for (const [what, outcome] of outcomes) {
    it(`attack 12: when decide gives ${what}, it is unavailable`, async () => {
      const { chain, decide } = world(() => PERMITTED);
      chain.onCall = (call) => (call.to === SHARE_REQUESTS ? outcome() : "0x");
      expect(await reasonOf(decide())).to.equal("DECIDE_FAILED");
    });
  }

  it("attack 12: a contract that answers at random never permits unless it said yes at both blocks", async () => {
    for (const seed of seedNumbers("permissions", 500)) {
      const random = seededRandom(seed);
      const { chain, decide } = world(() => PERMITTED);
      const said: string[] = [];
      chain.onCall = (call) => {
        if (call.to !== SHARE_REQUESTS) return "0x";
        const shapes = [
          () => word(random.between(0, 5)),
          () => word(PERMITTED),
          () => "0x",
          () => fail(3, "0x"),
          () => fail(-32000),
          () => word(PERMITTED).slice(0, random.between(1, 33) * 2),
        ];
        said.push("failure");
        const answer = (shapes[random.between(0, shapes.length - 1)] ?? (() => "0x"))();
        said[said.length - 1] = answer;
        return answer;
      };
      const decision = await reasonOf(decide());
      const isPermitted = said.length === 2 && said.every((answer) => answer === word(PERMITTED));
      expect(decision === "PERMITTED", `seed ${seed}: ${decision} after ${said.join(", ")}`).to.equal(isPermitted);
    }
  });
});
