import { expect } from "chai";
import { type Mining, withBlocks } from "./mining.ts";

/** A clock that moves only while it is paused for, and a chain that counts. */
const fake = (isDue: () => boolean) => {
  let time = 0;
  const mined: number[] = [];
  const mining: Mining = {
    isDue: async () => isDue(),
    restMilliseconds: 1_000,
    now: () => time,
    pause: async (milliseconds) => {
      time += milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const chain = {
    send: async (method: string) => {
      expect(method).to.equal("evm_mine");
      mined.push(time);
    },
  };
  const until = async (milliseconds: number): Promise<void> => {
    while (time < milliseconds) await new Promise((resolve) => setImmediate(resolve));
  };
  return { chain, mining, mined, until };
};

describe("mining while keepers make a key", () => {
  it("gives a keeper that is starved its time: no window of 60 blocks runs out in 50 s while something is to be done", async () => {
    const { chain, mining, mined, until } = fake(() => false);
    await withBlocks(chain, mining, () => until(50_000));
    expect(mined.length).to.be.within(48, 50);
  });

  it("does not wait forever for a keeper that never acts: its window runs out", async () => {
    const { chain, mining, mined, until } = fake(() => false);
    await withBlocks(chain, mining, () => until(61_500));
    expect(mined.length).to.be.at.least(60);
  });

  it("mines at once what passes by blocks alone, and rests again behind it", async () => {
    const held = { isDue: true };
    const { chain, mining, mined, until } = fake(() => held.isDue);
    await withBlocks(chain, mining, async () => {
      await until(800);
      held.isDue = false;
      await until(1_700);
    });
    expect(mined.length).to.be.within(8, 9);
    expect(mined.every((time) => time < 900)).to.equal(true);
  });

  it("ends with the work, and with its result or its error", async () => {
    const { chain, mining, mined, until } = fake(() => true);
    expect(await withBlocks(chain, mining, async () => 7)).to.equal(7);
    const before = mined.length;
    await until(1).catch(() => undefined);
    expect(mined.length).to.be.at.most(before + 1);
    const error = await withBlocks(chain, mining, () => Promise.reject(new Error("no"))).catch((reason: unknown) => reason);
    expect(String(error)).to.equal("Error: no");
  });

  it("fails where the chain cannot be mined or asked, instead of waiting beside it", async () => {
    const { mining } = fake(() => true);
    const send = () => Promise.reject(new Error("evm_mine does not exist"));
    const forever = () => new Promise<never>(() => {});
    const refused = await withBlocks({ send }, mining, forever).catch((reason: unknown) => reason);
    expect(String(refused)).to.equal("Error: evm_mine does not exist");
    const asked = withBlocks({ send: async () => 0 }, { ...mining, isDue: () => Promise.reject(new Error("gone")) }, forever);
    expect(String(await asked.catch((reason: unknown) => reason))).to.equal("Error: gone");
  });
});
