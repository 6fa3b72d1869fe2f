import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { createFakeChain, headsOf } from "../testing/fakeChain.ts";
import { createPeerClocks } from "./peerClocks.ts";

describe("createPeerClocks", () => {
  const NOW = Date.parse("2026-01-01T12:00:00.500Z");
  const setUp = (answers: readonly (() => Promise<Response>)[]) => {
    const asked: string[] = [];
    let noted: (ahead: readonly number[]) => void = () => undefined;
    const told = new Promise<readonly number[]>((resolve) => {
      noted = resolve;
    });
    const compare = createPeerClocks({
      endpoints: async () => answers.map((_, index) => `https://keeper${index}.example/base`),
      fetch: async (url) => {
        asked.push(url);
        return (answers[asked.length - 1] ?? (() => Promise.reject(new Error("too many"))))();
      },
      clock: { now: () => NOW, sleep: async () => undefined },
      signal: new AbortController().signal,
      watch: { notePeers: noted },
      log: silentLogger,
    });
    return { asked, told, compare: () => compare(headsOf(createFakeChain())) };
  };
  const saying = (date: string | undefined) => async () => new Response("{}", { status: 503, headers: date === undefined ? {} : { date } });

  it("tells how far this clock is ahead of each peer that says a time, whatever its status", async () => {
    const { told, compare, asked } = setUp([
      saying("Thu, 01 Jan 2026 11:58:00 GMT"),
      saying("Thu, 01 Jan 2026 12:00:00 GMT"),
      saying("not a date"),
      saying(undefined),
      () => Promise.reject(new Error("away")),
    ]);
    await compare();
    expect(await told).to.deep.equal([120, 0]);
    expect(asked[0]).to.equal("https://keeper0.example/base/v1/keeper");
  });

  it("asks eight peers at most, and not again within ten minutes", async () => {
    const { told, compare, asked } = setUp(Array.from({ length: 20 }, () => saying("Thu, 01 Jan 2026 12:00:00 GMT")));
    await compare();
    await told;
    await compare();
    expect(asked).to.have.length(8);
  });
});
