import { missingOf, probeChain, unknownOf } from "@keyquorum/chain";
import { expect } from "chai";
import { network } from "hardhat";
import { probeFirst } from "../../../tasks/deploy/probeFirst.ts";
import { rpcOf } from "../../../tasks/deploy/rpcOf.ts";

const FINALIZED = { kind: "finalized" } as const;

/** Hardhat's own chain as it was at a fork, as tasks see it. */
const chainAt = async (hardfork: string) => {
  const connection = await network.create({ override: { hardfork } });
  // One by one: of blocks that are mined in bulk Hardhat makes the hashes up later, and BLOCKHASH may give zero.
  for (let block = 0; block < 30; block += 1) await connection.networkHelpers.time.increase(12);
  return rpcOf(connection.ethers.provider);
};

describe("What a chain must have, asked of Hardhat's own chain", () => {
  for (const [hardfork, missing] of [
    ["london", ["PUSH0", "TSTORE", "MCOPY", "finality"]],
    ["merge", ["PUSH0", "TSTORE", "MCOPY"]],
    ["shanghai", ["TSTORE", "MCOPY"]],
    ["cancun", []],
    ["prague", []],
  ] as const)
    it(`at ${hardfork}: ${missing.length === 0 ? "all is there" : `${missing.join(", ")} missing`}`, async () => {
      const rpc = await chainAt(hardfork);
      const probe = await probeChain(rpc, FINALIZED);
      expect(missingOf(probe).map(({ need }) => need)).to.deep.equal(missing);
      expect(unknownOf(probe)).to.deep.equal([]);
      expect([probe.numbering, probe.contractBlockSeconds]).to.deep.equal(["same", 12]);

      const lines: string[] = [];
      const terminal = { progress: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };
      const refused = await probeFirst(terminal, { rpc, finality: FINALIZED, signal: new AbortController().signal }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (missing.length === 0) expect(lines.join()).to.include("a block every 12.0 s");
      else expect(refused).to.deep.include({ code: "CHAIN_UNSUITABLE", retryable: false, details: { missing: [...missing] } });
    });
});
