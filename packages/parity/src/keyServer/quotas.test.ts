import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { KeyServerError } from "../formats/keyServerError.ts";
import { createQuotas, type QuotaRow, type Quotas } from "./quotas.ts";

const DAY = 86_400_000;
const AUTHOR = parseAddress(`0x${"a1".repeat(20)}`);

describe("quotas of server keys", () => {
  let now: number;
  let rows: QuotaRow[];
  let halves: number;
  let used: number[];
  let isBroken: boolean;
  beforeEach(() => {
    [now, rows, halves, used, isBroken] = [5 * DAY, [], 0, [], false];
  });
  const create = (total: number): Quotas =>
    createQuotas({
      limits: { perAuthor: total, perAddress: total, total },
      now: () => now,
      store: {
        read: async () => rows.at(-1),
        write: async (row) => {
          if (isBroken) throw new Error("the vault is closed");
          rows.push(row);
        },
      },
      onHalf: () => (halves += 1),
      onUsed: (share) => used.push(share),
    });
  const generation = (generate: () => Promise<string>, isStored: () => Promise<boolean> = async () => false) => ({
    ...{ author: AUTHOR, address: "192.0.2.1", generate, isStored },
  });
  const fails = async (): Promise<string> => {
    throw new KeyServerError("NodeDisconnected");
  };
  const outcome = (work: Promise<string>): Promise<string> =>
    work.catch((error: unknown) => (error instanceof KeyServerError ? error.kind : String(error)));

  it("what failed and stored nothing should be given back, without an alarm and without a write for each", async () => {
    const quotas = create(2);
    for (let turn = 0; turn < 50; turn += 1) expect(await outcome(quotas.within(generation(fails)))).to.equal("NodeDisconnected");
    expect([rows.length, halves, used.every((share) => share === 0)]).to.deep.equal([1, 0, true]);
    expect(await outcome(quotas.within(generation(async () => "key")))).to.equal("key");
    expect([halves, used.at(-1)]).to.deep.equal([1, 0.5]);
  });

  it("what is under way should take its part, so that many at once are no more than the limit", async () => {
    const quotas = create(2);
    const ends: (() => void)[] = [];
    const held = [1, 2, 3].map(() =>
      outcome(quotas.within(generation(() => new Promise<string>((resolve) => ends.push(() => resolve("key")))))),
    );
    expect(await Promise.race(held)).to.equal("TooManyRequests");
    while (ends.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const end of ends) end();
    expect((await Promise.all(held)).sort()).to.deep.equal(["TooManyRequests", "key", "key"]);
  });

  it("what failed and is stored, or of which nobody can say, should stay taken, over a restart too", async () => {
    const quotas = create(2);
    await outcome(quotas.within(generation(fails, async () => true)));
    await outcome(quotas.within(generation(fails, fails as () => Promise<never>)));
    expect(used.at(-1)).to.equal(1);
    for (const each of [quotas, create(2)]) expect(await outcome(each.within(generation(async () => "key")))).to.equal("TooManyRequests");
    now += DAY;
    expect(await outcome(create(2).within(generation(async () => "key")))).to.equal("key");
  });

  it("a generation should not begin before its part is written, and a write that fails should take nothing", async () => {
    const quotas = create(1);
    isBroken = true;
    let begun = 0;
    const counts = async (): Promise<string> => {
      begun += 1;
      return `${rows.length} written`;
    };
    expect(await outcome(quotas.within(generation(counts)))).to.equal("Error: the vault is closed");
    expect(begun).to.equal(0);
    isBroken = false;
    expect(await outcome(quotas.within(generation(counts)))).to.equal("1 written");
  });

  it("what began yesterday should not be given back to today", async () => {
    const quotas = create(1);
    const ends: (() => void)[] = [];
    const old = outcome(
      quotas.within(generation(() => new Promise((_, reject) => ends.push(() => reject(new KeyServerError("Internal")))))),
    );
    while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    now += DAY;
    expect(await outcome(quotas.within(generation(async () => "key")))).to.equal("key");
    ends[0]?.();
    expect(await old).to.equal("Internal");
    expect(await outcome(quotas.within(generation(async () => "key")))).to.equal("TooManyRequests");
  });
});
