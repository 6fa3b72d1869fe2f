import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createRepairLimits } from "./repairLimits.ts";

describe("createRepairLimits", () => {
  let now: number;
  beforeEach(() => {
    now = 0;
  });
  const create = () => createRepairLimits({ now: () => now, sleep: async () => undefined });
  const outcomeOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => (error instanceof KeyquorumError ? error.code : error));
  const answer = async (): Promise<string> => "answered";

  it("limits how often one share is repaired within an hour, and no other one with it", async () => {
    const limits = create();
    for (let count = 0; count < 240; count += 1) expect(await limits.run(2, answer)).to.equal("answered");
    expect(await outcomeOf(limits.run(2, answer))).to.equal("RATE_LIMITED");
    expect(await outcomeOf(limits.run(3, answer))).to.equal("answered");
    now += 3_600_001;
    expect(await outcomeOf(limits.run(2, answer))).to.equal("answered");
  });

  it("counts anew where the clock was ahead, and is put right", async () => {
    const limits = create();
    now = 365 * 86_400_000;
    for (let count = 0; count < 240; count += 1) await limits.run(2, answer);
    expect(await outcomeOf(limits.run(2, answer)), "control").to.equal("RATE_LIMITED");
    now = 0;
    expect(await outcomeOf(limits.run(2, answer))).to.equal("answered");
  });

  it("limits how many are answered at once, and forgets those that failed", async () => {
    const limits = create();
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const waiting = [1, 2, 3, 4].map((slot) => limits.run(slot, () => ended));
    expect(await outcomeOf(limits.run(5, answer))).to.equal("RATE_LIMITED");
    end();
    await Promise.all(waiting);
    await limits.run(5, () => Promise.reject(new Error("mine"))).catch(() => undefined);
    expect(await outcomeOf(limits.run(5, answer))).to.equal("answered");
  });
});
