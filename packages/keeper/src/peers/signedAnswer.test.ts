import { nobleBackend, type Point } from "@keyquorum/threshold";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createPeerLimits } from "./peerLimits.ts";
import { signedAnswer } from "./signedAnswer.ts";

/** What somebody sends: in whose name, in which epoch, who really signed it, and which of its messages it is. */
type Sent = { readonly name: number; readonly epoch: number; readonly signer: number; readonly number: number };

const MEMBERS: Readonly<Record<number, readonly number[]>> = { 1: [1, 2, 3], 2: [2, 3, 4] };
const KEYS = [0, 1, 2, 3, 4].map((slot) => nobleBackend.mulG(BigInt(slot) + 100n));
const keyOf = (slot: number) => KEYS[slot] as Point; // safe: the slots of this test

describe("signedAnswer", () => {
  let answered: Sent[];
  let answer: (sent: Sent) => Promise<string>;
  let now: number;
  const removed = new Set<number>();
  beforeEach(() => {
    [answered, now] = [[], 0];
    removed.clear();
    answer = signedAnswer<Sent, { readonly identityKey: Point; readonly digest: Hash32 }, string>(createPeerLimits({ now: () => now }), {
      ...{ kind: "ask", allowance: { perHour: 10, atOnce: 2 } },
      senderOf: async ({ name, epoch, signer, number }) => {
        if (MEMBERS[epoch]?.includes(name) !== true || signer !== name) throw new KeyquorumError("INVALID_SIGNATURE");
        return { identityKey: keyOf(name), digest: `0x${`${epoch}${name}${number}`.padStart(64, "0")}` as Hash32 };
      },
      answer: async (sent) => {
        answered.push(sent);
        if (removed.has(sent.name)) throw new KeyquorumError("REPAIR_REFUSED");
        return `answer to ${sent.name}`;
      },
    });
  });
  const outcomesOf = async (count: number, of: (number: number) => Sent): Promise<Readonly<Record<string, number>>> => {
    const outcomes: Record<string, number> = {};
    for (let number = 0; number < count; number += 1) {
      const outcome = await answer(of(number)).catch((error: KeyquorumError) => error.code);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return outcomes;
  };
  const from =
    (slot: number, epoch = 1) =>
    (number: number) => ({ name: slot, epoch, signer: slot, number });

  it("a stranger, or another member, in a member's name costs it nothing, and no work", async () => {
    for (const signer of [99, 2])
      expect(await outcomesOf(1_000, (number) => ({ ...from(1)(number), signer }))).to.deep.equal({ INVALID_SIGNATURE: 1_000 });
    expect(answered).to.deep.equal([]);
    expect(await outcomesOf(10, from(1))).to.deep.equal({ "answer to 1": 10 });
  });

  it("a member that floods is limited, and the others are not", async () => {
    expect(await outcomesOf(1_000, from(1))).to.deep.equal({ "answer to 1": 10, RATE_LIMITED: 990 });
    expect(answered).to.have.length(10);
    expect(await outcomesOf(10, from(2))).to.deep.equal({ "answer to 2": 10 });
  });

  it("a replay of what a member signed costs that member nothing, and work once a second at most", async () => {
    await answer(from(1)(0));
    expect(await outcomesOf(1_000, () => from(1)(0))).to.deep.equal({ "answer to 1": 1_000 });
    expect(answered).to.have.length(1);
    now += 1_000;
    expect(await outcomesOf(1_000, () => from(1)(0))).to.deep.equal({ "answer to 1": 1_000 });
    expect(answered).to.have.length(2);
    expect(await outcomesOf(9, (number) => from(1)(number + 1))).to.deep.equal({ "answer to 1": 9 });
  });

  it("a removed member spends no more than its limit, though every answer is a refusal", async () => {
    removed.add(3);
    expect(await outcomesOf(1_000, from(3))).to.deep.equal({ REPAIR_REFUSED: 10, RATE_LIMITED: 990 });
    expect(answered).to.have.length(10);
    expect(await outcomesOf(10, from(1))).to.deep.equal({ "answer to 1": 10 });
  });

  it("a member of another epoch is a stranger", async () => {
    expect(await outcomesOf(100, from(4, 1))).to.deep.equal({ INVALID_SIGNATURE: 100 });
    expect(await outcomesOf(100, from(1, 2))).to.deep.equal({ INVALID_SIGNATURE: 100 });
    expect(answered).to.deep.equal([]);
  });
});
