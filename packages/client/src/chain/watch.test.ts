import { type Address, type DocumentId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { createFakeNode, type FakeNode } from "../fakes/fakeNode.ts";
import { systemClock } from "../time/clock.ts";
import { type WatchOptions, watchEvents } from "./watch.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const id = (digit: string): DocumentId => `0x${digit.repeat(64)}` as DocumentId;
const [alice, bob] = [address("a"), address("b")];

describe("Watching the contracts", () => {
  let node: FakeNode;
  beforeEach(() => {
    node = createFakeNode();
  });
  const granted = (document: DocumentId) => node.log("accessGrants", "AccessGranted", [document, bob, alice, 9n]);
  const requested = (request: DocumentId, document: DocumentId) =>
    node.log("shareRequests", "SharesRequested", [request, document, bob, 1n, ZERO_HASH, 1, ZERO_HASH, { x: 1n, y: 1n }, ZERO_HASH, 9n]);
  const served = (request: DocumentId) => node.log("shareRequests", "RequestServed", [request]);
  const watching = (options: WatchOptions = {}) => watchEvents({ chain: node.chainWith(), clock: systemClock, pollMs: 5 }, options);
  /** The next events, as "name@block" or "-name@block" when one was taken away. */
  const take = async (events: ReturnType<typeof watching>, count: number): Promise<readonly string[]> => {
    const seen: string[] = [];
    while (seen.length < count) {
      const { value } = await events.next();
      seen.push(`${value.removed ? "-" : ""}${value.name}@${value.blockNumber}`);
    }
    return seen;
  };

  it("tells events in the chain's order, from a block on, and continues", async () => {
    node.mine(granted(id("1")), served(id("8")));
    node.mine(granted(id("2")));
    const events = watching({ fromBlock: 1 });
    expect(await take(events, 3)).to.deep.equal(["AccessGranted@1", "RequestServed@1", "AccessGranted@2"]);
    node.mine(granted(id("3")));
    expect(await take(events, 1)).to.deep.equal(["AccessGranted@3"]);
  });

  it("begins with what comes next where no block is named", async () => {
    node.mine(granted(id("1")));
    const events = watching();
    const first = events.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    node.mine(granted(id("2")));
    expect((await first).value).to.include({ name: "AccessGranted", contract: "accessGrants", blockNumber: 2, removed: false });
  });

  it("tells only of one document, and of the requests for it", async () => {
    node.mine(granted(id("2")), granted(id("1")), requested(id("8"), id("1")), requested(id("9"), id("2")));
    node.mine(served(id("9")), served(id("8")));
    expect(await take(watching({ fromBlock: 1, document: id("1") }), 3)).to.deep.equal([
      "AccessGranted@1",
      "SharesRequested@1",
      "RequestServed@2",
    ]);
  });

  it("tells only events of the names that were asked for", async () => {
    node.mine(granted(id("2")), served(id("8")));
    node.mine(served(id("9")));
    expect(await take(watching({ fromBlock: 1, events: ["RequestServed"] }), 2)).to.deep.equal(["RequestServed@1", "RequestServed@2"]);
  });

  it("tells of reshares and repairs, too", async () => {
    const [key, sid] = [id("7"), id("6")];
    node.mine(node.log("keyResharing", "ReshareRequested", [key, sid, 2, 1, 2, 1n]));
    node.mine(node.log("shareRepairs", "RepairRequested", [id("5"), key, 3, 2, 1n, bob, { x: 1n, y: 2n }]));
    const events = watching({ fromBlock: 1, events: ["ReshareRequested", "RepairRequested"] });
    expect((await events.next()).value).to.deep.include({
      contract: "keyResharing",
      args: { keyId: key, sid, epoch: 2n, fromEpoch: 1n, threshold: 2n, number: 1n },
    });
    expect((await events.next()).value).to.include({ contract: "shareRepairs", name: "RepairRequested", blockNumber: 2 });
  });

  it("waits for finality", async () => {
    node = createFakeNode({ kind: "confirmations", blocks: 2 });
    node.mine(granted(id("1")));
    node.mine(served(id("8")));
    const events = watching({ fromBlock: 1 });
    const first = events.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    node.drop(2); // nothing of it was told
    node.mine(served(id("9")));
    node.mine();
    node.mine();
    expect((await first).value).to.include({ name: "RequestServed", blockNumber: 1 });
  });

  it("at the head, takes back what a reorganisation takes away", async () => {
    node = createFakeNode({ kind: "confirmations", blocks: 5 });
    node.mine(granted(id("1")));
    node.mine(served(id("8")));
    const events = watching({ fromBlock: 1, at: "head" });
    expect(await take(events, 2)).to.deep.equal(["AccessGranted@1", "RequestServed@2"]);
    node.drop(1);
    node.mine(granted(id("2")));
    expect(await take(events, 2)).to.deep.equal(["-RequestServed@2", "AccessGranted@2"]);
    for (let block = 0; block < 6; block++) node.mine();
    node.mine(served(id("9")));
    expect(await take(events, 1), "nothing is told twice").to.deep.equal(["RequestServed@9"]);
  });

  it("tells late, and once, what a lagging node left out", async () => {
    for (let block = 0; block < 80; block++) node.mine();
    node.mine(granted(id("1")));
    node.mine();
    node.state.logsBehind = 20;
    node.state.luckyHashes = 1; // a better node answers for the newest block
    const events = watching({ fromBlock: 1 });
    const first = events.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    node.state.logsBehind = 0;
    node.mine(served(id("8")));
    expect((await first).value).to.include({ name: "AccessGranted", blockNumber: 81 });
    expect(await take(events, 1)).to.deep.equal(["RequestServed@83"]);
    node.mine(served(id("9")));
    expect(await take(events, 1)).to.deep.equal(["RequestServed@84"]);
  });

  it("at the head, takes nothing back because a node lags", async () => {
    node = createFakeNode({ kind: "confirmations", blocks: 50 });
    for (let block = 0; block < 80; block++) node.mine();
    node.mine(granted(id("1")));
    const events = watching({ fromBlock: 60, at: "head" });
    expect(await take(events, 1)).to.deep.equal(["AccessGranted@81"]);
    node.state.logsBehind = 20;
    node.state.luckyHashes = 2;
    node.mine();
    const next = events.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    node.state.logsBehind = 0;
    node.mine(served(id("8")));
    expect((await next).value).to.include({ name: "RequestServed", blockNumber: 83, removed: false });
  });

  it("survives a node that stumbles", async () => {
    node.mine(granted(id("1")));
    node.state.failures = 4;
    expect(await take(watching({ fromBlock: 1 }), 1)).to.deep.equal(["AccessGranted@1"]);
  });

  it("gives up a node that is gone", async () => {
    node.state.failures = 1_000;
    const events = watchEvents({
      chain: node.chainWith(),
      clock: { ...systemClock, after: (_, run) => systemClock.after(0, run) },
      pollMs: 1,
    });
    expect(await codeOf(events.next())).to.equal("CHAIN_UNAVAILABLE");
  });

  it("refuses names that no contract has", async () => {
    expect(await codeOf(watching({ events: ["Nothing" as "AccessGranted"] }).next())).to.equal("INVALID_VALUE");
    expect(await codeOf(watching({ document: "0x12" }).next())).to.equal("INVALID_VALUE");
  });

  it("ends with the caller's reason", async () => {
    const aborting = new AbortController();
    const reason = new Error("enough");
    const next = watching({ signal: aborting.signal }).next();
    setTimeout(() => aborting.abort(reason), 20);
    expect(await next.catch((caught: unknown) => caught)).to.equal(reason);
  });
});
