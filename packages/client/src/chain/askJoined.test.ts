import { expect } from "chai";
import type { Provider } from "ethers";
import { errorOf } from "../fakes/errorOf.ts";
import { systemClock } from "../time/clock.ts";
import { askOnce } from "./askJoined.ts";
import type { Chain } from "./chain.ts";
import { createChainCalls } from "./chainCalls.ts";
import { createChainMemory } from "./chainMemory.ts";
import { tellSwitches } from "./chainSwitches.ts";

describe("A question that several ask at the same time", () => {
  let answers: ((answer: string) => void)[];
  let provider: Provider;
  let chain: Chain;
  beforeEach(() => {
    answers = [];
    provider = { call: () => new Promise<string>((resolve) => answers.push(resolve)) } as unknown as Provider;
    const calls = createChainCalls({ provider, clock: systemClock, readMs: 60, transactMs: 120, pollMs: 5 });
    chain = { provider, calls, memory: createChainMemory() } as unknown as Chain; // what asking takes of it
  });
  const ask = (): Promise<string> => askOnce(chain, "Reading", { to: "0x01", data: "0x02", blockTag: "latest" });

  it("is put once, and again to who asks later", async () => {
    const [first, second] = [ask(), ask()];
    answers[0]?.("0xaa");
    expect(await Promise.all([first, second])).to.deep.equal(["0xaa", "0xaa"]);
    const later = ask();
    answers[1]?.("0xbb");
    expect(await later).to.equal("0xbb");
  });
  it("is put again where the first one is never answered", async () => {
    expect((await errorOf(ask())).code).to.equal("CHAIN_UNAVAILABLE");
    const again = ask();
    answers[1]?.("0xbb");
    expect(await again).to.equal("0xbb");
    const third = ask();
    answers[0]?.("0xaa"); // of the one that was given up
    const fourth = ask();
    answers[2]?.("0xcc");
    expect(await Promise.all([third, fourth])).to.deep.equal(["0xcc", "0xcc"]);
  });
  it("is put again once the wallet serves another chain", async () => {
    const tell = tellSwitches(provider);
    tell("0x1");
    const before = ask();
    tell("0x2");
    const after = ask();
    answers[0]?.("0xaa");
    answers[1]?.("0xbb");
    expect(await Promise.all([before, after])).to.deep.equal(["0xaa", "0xbb"]);
  });
});
