import { createLogger, type OwnMetrics } from "@keyquorum/keeper";
import { expect } from "chai";
import { createGenerationWatch } from "./generationWatch.ts";
import type { GenerationState } from "./serverKeyBoard.ts";

describe("whether server keys can be generated", () => {
  it("is in the metrics, one reason at a time, in the log where it changes, and unknown where it cannot be asked", async () => {
    const gauge = new Map<string, number>();
    const lines: string[] = [];
    const set = ({ reason }: { readonly reason: string }, value: number): void => void gauge.set(reason, value);
    const metrics = { gauge: () => ({ set }) } as unknown as OwnMetrics; // safe: nothing else of them is used
    let next: GenerationState | undefined = "open";
    const state = async (): Promise<GenerationState> => {
      if (next === undefined) throw new Error("no chain");
      return next;
    };
    const watch = createGenerationWatch({ log: createLogger("info", { write: (line) => lines.push(line) }), metrics }, { state });
    expect(watch.seen()).to.equal("unknown");
    const blockedBy = async (now: GenerationState | undefined): Promise<readonly string[]> => {
      next = now;
      await watch.refresh();
      expect(watch.seen()).to.equal(now ?? "unknown");
      return [...gauge].filter(([, value]) => value === 1).map(([reason]) => reason);
    };
    expect(await blockedBy("open")).to.deep.equal([]);
    expect(lines).to.deep.equal([]);
    for (const reason of ["no_epoch", "too_few_members", "store_full", "board_full", "board_full"] as const)
      expect(await blockedBy(reason)).to.deep.equal([reason]);
    expect(lines).to.have.length(4);
    expect(await blockedBy(undefined)).to.deep.equal([]);
    expect(await blockedBy("no_epoch")).to.deep.equal(["no_epoch"]);
    expect(await blockedBy("open")).to.deep.equal([]);
    expect(lines.at(-1)).to.include("again");
  });
});
