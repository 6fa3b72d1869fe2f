import type { RefusalSample } from "@keyquorum/vault";
import type { Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { blockHash } from "../testing/fakeChain.ts";
import { createDenials } from "./denials.ts";
import { createRefusals } from "./refusals.ts";
import { createMinutes } from "./requestLimits.ts";

type Asked = Parameters<ReturnType<typeof createDenials>["find"]>[1];
const asked = (number: number): Asked => ({
  document: blockHash(number) as Hash32 as Asked["document"],
  requester: `0x${"b0".repeat(20)}` as Asked["requester"],
  headerHash: blockHash(1),
  contextHash: blockHash(2),
});

describe("what is remembered of strangers in memory is bounded", () => {
  let time = 0;
  beforeEach(() => {
    time = 0;
  });
  const clock = { now: () => time, sleep: async () => undefined };

  it("denials: so many of the newest block, the oldest goes first", () => {
    const denials = createDenials(3);
    for (const number of [1, 2, 3, 4]) denials.remember(blockHash(20), asked(number), "ACCESS_DENIED");
    expect([1, 2, 3, 4].map((number) => denials.find(blockHash(20), asked(number)))).to.deep.equal([
      ...[undefined, "ACCESS_DENIED", "ACCESS_DENIED", "ACCESS_DENIED"],
    ]);
    expect(denials.find(blockHash(19), asked(4)), "another block's").to.equal(undefined);
  });
  it("counters: with too many names the one that began first begins again, and nobody is refused for it", () => {
    const minutes = createMinutes(1, clock, 3);
    for (const name of ["bob", "m1", "m2", "m3"]) expect(minutes.count(name)).to.equal(0);
    expect(minutes.size()).to.equal(3);
    expect(minutes.count("m3"), "control: it is counted").to.equal(60);
    expect(minutes.count("bob")).to.equal(0);
  });
  it("counters: a minute is over after a minute, and when the clock was set back", () => {
    time = 100_000;
    const minutes = createMinutes(1, clock);
    expect([minutes.count("bob"), minutes.count("bob")]).to.deep.equal([0, 60]);
    time = 159_001;
    expect(minutes.count("bob")).to.equal(1);
    time = 160_000;
    expect([minutes.count("bob"), minutes.count("bob")]).to.deep.equal([0, 60]);
    time = 0;
    expect(minutes.count("bob")).to.equal(0);
  });
  it("refusals: counted all, sampled few, written once in ten seconds; what could not be written comes with the next", async () => {
    const written: { counts: Readonly<Record<string, number>>; samples: readonly RefusalSample[] }[] = [];
    let isBroken = true;
    const add = async (given: (typeof written)[number]): Promise<void> => {
      if (isBroken) throw new Error("disk full");
      written.push(given);
    };
    const refusals = createRefusals({ vault: { refusals: { add } }, clock, log: silentLogger });
    const one = new Error("the same error on its way out");
    refusals.note(one, "ACCESS_DENIED", { isVerified: true, channel: "http" });
    refusals.note(one, "ACCESS_DENIED");
    for (let number = 0; number < 1_000; number += 1)
      refusals.note(new Error(), "INVALID_SIGNATURE", { isVerified: false, channel: "http" });
    await refusals.write();
    isBroken = false;
    time = 10_000;
    refusals.note(new Error(), "INVALID_REQUEST");
    await refusals.write();
    expect(written.map(({ counts }) => counts)).to.deep.equal([{ ACCESS_DENIED: 1, INVALID_SIGNATURE: 1_000, INVALID_REQUEST: 1 }]);
    for (let number = 0; number < 1_000; number += 1)
      refusals.note(new Error(), "INVALID_SIGNATURE", { isVerified: false, channel: "http" });
    await refusals.write();
    expect(written[1]?.samples.length).to.be.lessThan(20);
  });
});
