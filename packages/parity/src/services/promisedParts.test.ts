import { bytesToHex, parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { createPromisedParts, type PromisedParts } from "./promisedParts.ts";
import type { PublishAsk } from "./publishMessage.ts";
import type { PostedPart, RequestOf } from "./serviceRequest.ts";

const MINUTES = 60_000;
const request: RequestOf<"personal"> = {
  ...{ kind: "personal", contract: parseAddress(`0x${"5e".repeat(20)}`), serverKeyId: parseHash32(`0x${"11".repeat(32)}`) },
  ...{ requester: parseAddress(`0x${"22".repeat(20)}`), requesterPublic: `0x${"33".repeat(64)}`, blockNumber: 7, logIndex: 0 },
};
const SECRET = new Uint8Array(64).fill(4);
const shadowOf = (slot: number): Uint8Array => new Uint8Array(145).fill(slot);
const operatorOf = (slot: number) => parseAddress(`0x${slot.toString(16).padStart(2, "0").repeat(20)}`);
const reading = {
  contributions: [1, 2, 3].map((slot) => ({ slot, shadow: shadowOf(slot) })),
  decryptedSecret: SECRET,
} as unknown as PublishAsk & {
  readonly decryptedSecret: Uint8Array;
}; // true: what it reads of one

describe("what holders of a reading on chain signed that they would post", () => {
  let now: number;
  let posted: (PostedPart & { readonly by: number })[];
  let lines: { readonly slot: number; readonly why: string }[];
  let promises: PromisedParts;

  beforeEach(() => {
    [now, posted, lines] = [1_000_000, [], []];
    const clock = { now: () => now } as Parameters<typeof createPromisedParts>[0]["clock"]; // true: it asks for nothing else
    const log = { warn: (_: string, line: (typeof lines)[number]) => lines.push(line) } as unknown as Parameters<
      typeof createPromisedParts
    >[0]["log"]; // true: as above
    promises = createPromisedParts(
      { clock, log },
      {
        partsOf: async () => posted,
        posterOf: async (part) => operatorOf(posted.find((one) => one.transactionHash === part.transactionHash)?.by ?? 0),
      },
    );
    promises.promised(
      request,
      reading,
      [2, 3].map((slot) => ({ slot, operator: operatorOf(slot) })),
    );
  });
  const post = (by: number, shadow = shadowOf(by), secret = SECRET): void => {
    posted.push({ decryptedSecret: bytesToHex(secret), shadow: bytesToHex(shadow), transactionHash: `0x${posted.length}`, by });
  };

  it("is owed after ten minutes, by those that signed, while the contract waits: they are avoided for an hour", async () => {
    post(3);
    now += 10 * MINUTES - 1;
    await promises.review(request, false);
    expect(lines).to.deep.equal([]);
    now += 1;
    await promises.review(request, false);
    expect([lines.map(({ slot }) => slot), promises.avoided()], "1 has signed nothing").to.deep.equal([[2], [2]]);
    await promises.review(request, false);
    expect(lines, "once").to.have.length(1);
    now += 60 * MINUTES - 1;
    expect(promises.avoided()).to.deep.equal([2]);
    now += 1;
    expect(promises.avoided()).to.deep.equal([]);
  });

  it("is owed by nobody once the request is over, and not by who posted it to another request's", async () => {
    await promises.review({ ...request, logIndex: 1 }, true);
    now += 20 * MINUTES;
    await promises.review(request, true);
    expect(lines).to.deep.equal([]);
  });

  it("with another shadow is a lie of the holder whose transaction it was, and of nobody where a stranger's was", async () => {
    post(3);
    post(9, shadowOf(8));
    post(2, shadowOf(8), new Uint8Array(64).fill(5));
    await promises.review(request, true);
    expect(lines, "a stranger's, and one of another set").to.deep.equal([]);
    promises.promised(request, reading, [{ slot: 2, operator: operatorOf(2) }]);
    post(2, shadowOf(8));
    await promises.review(request, true);
    expect(lines.map(({ slot, why }) => [slot, why])).to.deep.equal([[2, "it posted another shadow than the one that it signed"]]);
  });

  it("is remembered of a reading however often it is shown, from the first time on", async () => {
    now += 6 * MINUTES;
    promises.promised(request, reading, [{ slot: 1, operator: operatorOf(1) }]);
    now += 4 * MINUTES;
    await promises.review(request, false);
    expect(lines.map(({ slot }) => slot)).to.deep.equal([2, 3, 1]);
  });
});
