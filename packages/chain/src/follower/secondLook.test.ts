import { expect } from "chai";
import { type AbsenceNote, createAbsenceCheck } from "../absence/absenceCheck.ts";
import type { ChainLog } from "../logs.ts";
import type { Rpc } from "../rpc.ts";
import { fakeClock } from "../testing/clocks.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { createSecondLook } from "./secondLook.ts";

const OURS = `0x${"aa".repeat(20)}`;
const FOREIGN = `0x${"bb".repeat(20)}`;
const log = { address: OURS };

describe("second look at final blocks", () => {
  let chain: ModelChain;
  let notes: AbsenceNote[];
  beforeEach(() => {
    chain = new ModelChain();
    notes = [];
    chain.append([log, log]);
    chain.append([{ address: FOREIGN }]);
    chain.append([log]);
    chain.mine(100);
  });
  const look = (rpc: Rpc = chain.rpc()) => {
    const absences = createAbsenceCheck({ rpc, watched: new Map([[OURS, []]]), clock: fakeClock(), onNote: (note) => notes.push(note) });
    return createSecondLook({ rpc, addresses: [OURS], absences });
  };
  const ours = (): readonly ChainLog[] => chain.chain.flatMap(({ logs }) => logs).filter(({ address }) => address === OURS);
  /** A node whose eth_getLogs leaves out what this says. */
  const withholding = (isHidden: (log: { readonly logIndex: string; readonly blockNumber: string }) => boolean): Rpc => {
    const rpc = chain.rpc();
    return {
      send: async (method, params) => {
        const honest = await rpc.send(method, params);
        return method === "eth_getLogs" ? (honest as never[]).filter((one) => !isHidden(one)) : honest;
      },
    };
  };

  for (const [what, to] of [
    ["a short range", 10],
    ["a long range", 100],
  ] as const) {
    it(`finds a block of ${what} that was believed to be empty, and nothing where nothing is missing`, async () => {
      expect(await look()({ from: 1, to }, [])).to.deep.equal(ours());
      expect(await look()({ from: 1, to }, ours().slice(0, 2))).to.deep.equal(ours().slice(2));
      expect(await look()({ from: 1, to }, ours())).to.deep.equal([]);
    });

    it(`finds one of two logs of a block of ${what}, which no bloom tells, in the receipts`, async () => {
      const rpc = withholding(({ logIndex }) => logIndex === "0x1");
      const known = ours().filter(({ logIndex }) => logIndex === 0);
      expect(await look(rpc)({ from: 1, to }, known)).to.deep.equal(ours().filter(({ logIndex }) => logIndex === 1));
      expect(notes).to.deep.equal([{ kind: "withheld", block: 1, logs: 1 }]);
    });
  }

  it("finds a block that eth_getLogs still has no logs of, by its bloom and its receipts", async () => {
    const rpc = withholding(() => true);
    expect(await look(rpc)({ from: 1, to: 10 }, [])).to.deep.equal(ours());
  });

  it("asks for the receipts of a bounded number of blocks", async () => {
    for (let made = 0; made < 60; made += 1) chain.append([log]);
    expect(await look()({ from: 1, to: chain.head.number }, ours())).to.deep.equal([]);
    const asked = chain.sent.filter(({ method }) => method === "eth_getBlockReceipts");
    expect(asked).to.have.length(16);
  });

  it("says nothing about blocks that are not on the chain", async () => {
    const before = ours();
    chain.cut(chain.chain.length - 1);
    chain.mine(20);
    expect(await look()({ from: 1, to: 10 }, before)).to.equal(undefined);
  });
});
