import { expect } from "chai";
import { createFakeNode, nodeError } from "../fakes/fakeNode.ts";
import { searchEvents } from "./searchEvents.ts";

const id = (digit: string): string => `0x${digit.repeat(64)}`;

describe("searchEvents", () => {
  it("finds events up to the newest block, newest first, past limits of the node", async () => {
    const node = createFakeNode();
    for (const digit of "123456789") node.mine(node.log("shareRequests", "RequestServed", [id(digit)]));
    node.state.maxRange = 3;
    node.state.refusals = [nodeError(429, "Too Many Requests")];
    const found: number[] = [];
    const query = { address: node.deployment.contracts.shareRequests, topics: [], fromBlock: 2 };
    for await (const { blockNumber } of searchEvents(node.chainWith().provider, query)) found.push(blockNumber);
    expect(found).to.deep.equal([9, 8, 7, 6, 5, 4, 3, 2]);
  });

  it("refuses a node that lacks the newest block", async () => {
    const node = createFakeNode();
    node.mine();
    node.state.refusals = Array.from({ length: 20 }, () => nodeError(-32000, "unknown block"));
    const search = searchEvents(node.chainWith().provider, { address: "0x", topics: [], fromBlock: 1 });
    expect(await search.next().catch((error: unknown) => error)).to.have.nested.property("details.reason", "BLOCK_MISSING");
  });
});
