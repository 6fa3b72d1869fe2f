import { expect } from "chai";
import { sharesOf } from "./shares.ts";

describe("what a keeper's main thread does", () => {
  it("is counted by the file that works, or by who calls what has none; waiting and the look itself are no work", () => {
    const frame = (functionName: string, url = "") => ({ functionName, url, scriptId: "0", lineNumber: 0, columnNumber: 0 });
    const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
      ...{ id, callFrame: frame(functionName, url), hitCount: 0, children },
    });
    const nodes = [
      node(1, "(root)", "", [2, 3, 4, 7, 9]),
      node(2, "(idle)", ""),
      node(3, "(garbage collector)", ""),
      node(4, "commit", "file:///k/packages/vault/src/x.ts", [5]),
      node(5, "promisify", "node:internal/util", [6]),
      node(6, "exec", ""),
      node(7, "post", "node:inspector", [8]),
      node(8, "call", ""),
      node(9, "round", "file:///k/packages/keeper/src/run/x.ts"),
    ];
    const shares = sharesOf([{ nodes, startTime: 0, endTime: 0, samples: [2, 3, 6, 8, 9], timeDeltas: [500, 10, 60, 900, 30] }]);
    expect(shares).to.deep.equal({ crypto: 0, disk: 0.6, chain: 0, "peers and HTTP": 0, "garbage collector": 0.1, "the rest": 0.3 });
  });
});
