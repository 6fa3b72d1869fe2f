import { expect } from "chai";
import type { Provider } from "ethers";
import { fakeDeployment } from "../fakes/fakeDeployment.ts";
import { RetrievalError } from "../read/outcome.ts";
import { systemClock } from "../time/clock.ts";
import type { Chain } from "./chain.ts";
import { createChainCalls } from "./chainCalls.ts";
import { finalityLagOf, patienceOf, withTimeLeft } from "./finalityLag.ts";

/** A chain of `secondsPerBlock`, 10,000 blocks long. */
const chainOf = (options: {
  readonly finality: Chain["finality"];
  readonly secondsPerBlock?: number;
  readonly finalized?: number | null;
}): Chain => {
  const { finality, secondsPerBlock = 12, finalized = null } = options;
  const blockOf = (number: number) => ({ number, timestamp: number * secondsPerBlock });
  const provider = {
    getBlockNumber: async () => 10_000,
    getBlock: async (tag: number | string) =>
      tag === "latest" ? blockOf(10_000) : typeof tag === "number" ? blockOf(tag) : finalized === null ? null : blockOf(finalized),
  } as unknown as Provider; // of a provider, only these are used
  const calls = createChainCalls({ provider, clock: systemClock, readMs: 1_000, transactMs: 1_000, pollMs: 5 });
  return { deployment: fakeDeployment(), provider, calls, finality } as unknown as Chain; // of the chain, only these are used
};
const FINALIZED = { kind: "finalized" } as const;
const notFinal = (): RetrievalError => {
  const perKeeper = [1, 2].map((slot) => ({ slot, name: `Keeper ${slot}`, code: "PERMISSION_NOT_FINAL", reason: "not yet" }));
  return new RetrievalError("PERMISSION_NOT_FINAL", "2 of 3 keepers: not yet", { have: 0, need: 2, perKeeper });
};

describe("How long a grant takes to count", () => {
  it("is what the newest final block is behind the head, by the tag and by confirmations", async () => {
    expect(await finalityLagOf(chainOf({ finality: FINALIZED, finalized: 9_930 }))).to.equal(840);
    expect(await finalityLagOf(chainOf({ finality: { kind: "confirmations", blocks: 20 }, secondsPerBlock: 2 }))).to.equal(40);
    expect(await finalityLagOf(chainOf({ finality: { kind: "confirmations", blocks: 0 } }))).to.equal(0);
  });

  it("is waited for by default: 30 s and a quarter more than it takes, and never longer than a request may live", async () => {
    expect(await patienceOf(chainOf({ finality: { kind: "confirmations", blocks: 0 } }))).to.equal(30_000);
    expect(await patienceOf(chainOf({ finality: { kind: "confirmations", blocks: 20 }, secondsPerBlock: 2 }))).to.equal(80_000);
    expect(await patienceOf(chainOf({ finality: FINALIZED, finalized: 9_930 }))).to.equal(480_000);
    expect(await patienceOf(chainOf({ finality: FINALIZED, finalized: 0 })), "a node that lies about it").to.equal(480_000);
    expect(await patienceOf(chainOf({ finality: FINALIZED })), "a node that knows none").to.equal(30_000);
  });

  it("is told in the error, as a field and in the sentence, less what was waited already", async () => {
    const chain = chainOf({ finality: FINALIZED, finalized: 9_930 });
    const told = (await withTimeLeft(chain, notFinal(), { milliseconds: 480_000 })) as RetrievalError;
    expect(told).to.include({ code: "PERMISSION_NOT_FINAL", retryable: true, have: 0, need: 2 });
    expect(told.details.secondsLeft).to.equal(360);
    expect(told.message).to.include("about 360 s more");
    expect(told.perKeeper).to.have.length(2);
    const late = (await withTimeLeft(chain, notFinal(), { milliseconds: 900_000 })) as RetrievalError;
    expect(late.details.secondsLeft).to.equal(1);
  });

  it("changes no other error, and none where the chain does not say", async () => {
    const other = new Error("another");
    expect(await withTimeLeft(chainOf({ finality: FINALIZED, finalized: 1 }), other, { milliseconds: 0 })).to.equal(other);
    const error = notFinal();
    expect(await withTimeLeft(chainOf({ finality: FINALIZED }), error, { milliseconds: 0 })).to.equal(error);
  });
});
