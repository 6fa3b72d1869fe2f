import { nobleBackend, type Point } from "@keyquorum/threshold";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createPeerLimits, type PeerAllowance, type PeerLimits } from "./peerLimits.ts";

const HOUR = 3_600_000;
const ALLOWANCE = { perHour: 240, atOnce: 4 };
const [ALICE, BOB] = [nobleBackend.mulG(2n), nobleBackend.mulG(3n)] as const;
const digestOf = (number: number): Hash32 => `0x${number.toString(16).padStart(64, "0")}` as Hash32;

describe("createPeerLimits", () => {
  let now: number;
  let next: number;
  let limits: PeerLimits;
  beforeEach(() => {
    [now, next] = [0, 0];
    limits = createPeerLimits({ now: () => now });
  });

  const answer = async (): Promise<string> => "answered";
  /** Sends a message, another one each time unless `digest` says which. */
  const send = (
    identityKey: Point,
    {
      kind = "deal",
      digest,
      work = answer,
      allowance = ALLOWANCE,
    }: { readonly kind?: string; readonly digest?: Hash32; readonly work?: () => Promise<string>; readonly allowance?: PeerAllowance } = {},
  ): Promise<string> => {
    next += 1;
    return limits.run({ kind, sender: { identityKey, digest: digest ?? digestOf(next) }, allowance }, work);
  };
  const outcomeOf = (sent: Promise<unknown>): Promise<unknown> =>
    sent.catch((error: unknown) => (error instanceof KeyquorumError ? error.code : error));

  it("limits how much one identity key sends within an hour, and no other one, and no other kind with it", async () => {
    for (let count = 0; count < 240; count += 1) expect(await send(ALICE)).to.equal("answered");
    expect(await outcomeOf(send(ALICE))).to.equal("RATE_LIMITED");
    expect(await outcomeOf(send(BOB))).to.equal("answered");
    expect(await outcomeOf(send(ALICE, { kind: "contribute" }))).to.equal("answered");
    now += HOUR + 1;
    expect(await outcomeOf(send(ALICE))).to.equal("answered");
  });

  it("says when to come back, and that is true", async () => {
    now = 17;
    for (let count = 0; count < 240; count += 1) await send(ALICE);
    now += HOUR / 2;
    const error = (await send(ALICE).catch((reason: unknown) => reason)) as KeyquorumError;
    expect([error.code, error.retryable]).to.deep.equal(["RATE_LIMITED", true]);
    now += Number(error.details.retryAfterSeconds) * 1_000;
    expect(await outcomeOf(send(ALICE))).to.equal("answered");
  });

  it("counts again where the clock was ahead, and is put right", async () => {
    now = 365 * 86_400_000;
    for (let count = 0; count < 240; count += 1) await send(ALICE);
    expect(await outcomeOf(send(ALICE)), "control").to.equal("RATE_LIMITED");
    now = 0;
    expect(await outcomeOf(send(ALICE))).to.equal("answered");
  });

  it("limits how many of one identity key are answered at once, no other's with them, and forgets those that failed", async () => {
    let end: (text: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const waiting = [1, 2, 3, 4].map(() => send(ALICE, { work: () => ended }));
    expect(await outcomeOf(send(ALICE))).to.equal("RATE_LIMITED");
    expect(await outcomeOf(send(BOB))).to.equal("answered");
    end("at last");
    await Promise.all(waiting);
    for (let count = 0; count < 5; count += 1) await outcomeOf(send(ALICE, { work: () => Promise.reject(new Error("mine")) }));
    expect(await outcomeOf(send(ALICE))).to.equal("answered");
  });

  describe("a message that was seen before", () => {
    const digest = digestOf(0xabc);

    it("counts no second time, however often it comes", async () => {
      for (let count = 0; count < 1_000; count += 1) {
        now += 2_000;
        expect(await send(ALICE, { digest })).to.equal("answered");
      }
      now = 0;
      for (let count = 0; count < 239; count += 1) expect(await send(ALICE)).to.equal("answered");
    });

    it("gets the same answer while that is made, and a second longer, and is looked at again then", async () => {
      let made = 0;
      const work = async (): Promise<string> => {
        made += 1;
        return `answer ${made}`;
      };
      expect(await Promise.all([send(ALICE, { digest, work }), send(ALICE, { digest, work })])).to.deep.equal(["answer 1", "answer 1"]);
      now += 999;
      expect(await send(ALICE, { digest, work })).to.equal("answer 1");
      now += 1;
      expect(await send(ALICE, { digest, work })).to.equal("answer 2");
      now -= 1_000_000;
      expect(await send(ALICE, { digest, work }), "a clock that was put back").to.equal("answer 3");
    });

    it("where it is answered once, gets the same answer for a second, and none ever after", async () => {
      const allowance: PeerAllowance = { perHour: 2_000, atOnce: 4, once: true };
      const once = (about: { readonly digest?: Hash32; readonly work?: () => Promise<string> } = {}) =>
        send(ALICE, { allowance, ...about });
      expect(await Promise.all([once({ digest }), once({ digest })])).to.deep.equal(["answered", "answered"]);
      now += 999;
      expect(await once({ digest, work: async () => "another" })).to.equal("answered");
      now += 1;
      expect(await outcomeOf(once({ digest }))).to.equal("INVALID_REQUEST");
      for (let count = 0; count < 1_999; count += 1) await once();
      expect(await outcomeOf(once({ digest })), "remembered as long as an hour's").to.equal("INVALID_REQUEST");
    });

    it("gets no answer of another kind, and no refusal of an earlier time", async () => {
      expect(await send(ALICE, { digest, kind: "deal", work: async () => "a dealing" })).to.equal("a dealing");
      expect(await send(ALICE, { digest, kind: "contribute", work: async () => "a contribution" })).to.equal("a contribution");
      const other = digestOf(0xdef);
      const refused = send(ALICE, { digest: other, work: () => Promise.reject(new KeyquorumError("REPAIR_NOT_FINAL")) });
      expect(await outcomeOf(refused)).to.equal("REPAIR_NOT_FINAL");
      expect(await send(ALICE, { digest: other })).to.equal("answered");
    });

    it("is answered while its sender is at its limit, and takes no place of its sender's new ones", async () => {
      await send(ALICE, { digest });
      now += 2_000;
      for (let count = 0; count < 239; count += 1) await send(ALICE);
      expect(await outcomeOf(send(ALICE)), "control").to.equal("RATE_LIMITED");
      expect(await send(ALICE, { digest })).to.equal("answered");

      now += HOUR + 1;
      const digests = Array.from({ length: 8 }, (_, index) => digestOf(0x1_0000 + index));
      for (const each of digests) await send(BOB, { digest: each });
      now += 2_000;
      let end: (text: string) => void = () => undefined;
      const ended = new Promise<string>((resolve) => {
        end = resolve;
      });
      const replayed = digests.map((each) => send(BOB, { digest: each, work: () => ended }));
      expect(await outcomeOf(send(ALICE, { digest, work: () => ended })), "a ninth").to.equal("RATE_LIMITED");
      expect(await outcomeOf(send(BOB))).to.equal("answered");
      end("at last");
      await Promise.all(replayed);
      expect(await outcomeOf(send(ALICE, { digest }))).to.equal("answered");
    });
  });

  it("remembers who is at its limit while 1,000 others send", async () => {
    for (let count = 0; count < 240; count += 1) await send(ALICE);
    for (let other = 10n; other < 1_010n; other += 1n) await send(nobleBackend.mulG(other));
    expect(await outcomeOf(send(ALICE))).to.equal("RATE_LIMITED");
  });
});
