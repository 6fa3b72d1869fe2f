import { expect } from "chai";
import { createFakeChain } from "../testing/fakeChain.ts";
import { createHeadLook } from "./headLook.ts";

const FINALIZED = { kind: "finalized" } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("createHeadLook", () => {
  let time: number;
  const clock = { now: () => time };
  beforeEach(() => {
    time = 0;
  });
  /** A chain whose answers take a turn of the event loop; counts the looks that began. */
  const slowChain = () => {
    const chain = createFakeChain();
    chain.finalLag = 10;
    const looks = { count: 0 };
    const send: typeof chain.rpc.send = async (method, params, options) => {
      if (params[0] === "latest") looks.count += 1;
      await turn();
      return chain.rpc.send(method, params, options);
    };
    return { chain, looks, rpc: { send } };
  };

  describe("that is to be of now", () => {
    it("is shared among those who ask at once, and shows nobody a block older than its question", async () => {
      const { chain, looks, rpc } = slowChain();
      const { now } = createHeadLook({ rpc, clock, finality: FINALIZED, sharedMilliseconds: 250 });
      const first = now();
      await turn(); // the first look has begun
      const questions = Array.from({ length: 100 }, now);
      chain.head = 25; // after the first look began, before the second
      const heads = await Promise.all(questions);
      await first;
      expect(new Set(heads.map(({ head }) => head.number))).to.deep.equal(new Set([25]));
      expect(looks.count).to.equal(2);
      chain.head = 26;
      expect((await now()).head.number).to.equal(26);
    });
    it("fails for those who asked while the node was away, and for nobody after them", async () => {
      const chain = createFakeChain();
      chain.isReachable = false;
      const { now } = createHeadLook({ rpc: chain.rpc, clock, finality: FINALIZED });
      const outcomes = await Promise.allSettled([now(), now()]);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      chain.isReachable = true;
      expect((await now()).head.number).to.equal(20);
    });
  });

  describe("that may be recent (D76)", () => {
    const recentLook = (sharedMilliseconds = 250) => {
      const slow = slowChain();
      return { ...slow, ...createHeadLook({ rpc: slow.rpc, clock, finality: FINALIZED, sharedMilliseconds }) };
    };

    it("is the one under way or the one before, as long as that began at most so long ago", async () => {
      const { chain, looks, recent } = recentLook();
      const first = recent();
      time = 100;
      const heads = await Promise.all([first, ...Array.from({ length: 99 }, recent)]);
      expect([looks.count, new Set(heads).size]).to.deep.equal([1, 1]);
      chain.head = 25;
      time = 250;
      expect((await recent()).head.number).to.equal(20);
      time = 251;
      expect((await recent()).head.number, "a revocation acts from the next look").to.equal(25);
      expect(looks.count).to.equal(2);
    });
    it("begins after it was asked for where the one under way began too long ago", async () => {
      const { chain, looks, recent } = recentLook();
      const slow = recent();
      await turn();
      time = 251;
      chain.head = 25;
      const heads = await Promise.all([recent(), recent()]);
      await slow;
      expect(heads.map(({ head }) => head.number)).to.deep.equal([25, 25]);
      expect(looks.count).to.equal(2);
    });
    it("says its age from when it began, whatever the machine's clock does", async () => {
      const { recent } = recentLook();
      const asked = recent();
      time = 70;
      const { age } = await asked;
      time = 100;
      expect(age()).to.be.within(100, 200);
      time = -5_000;
      expect(age()).to.be.within(0, 200);
    });
    it("is not used again once the clock was put forward", async () => {
      const { looks, recent } = recentLook();
      await recent();
      time = 3_600_000;
      await recent();
      expect(looks.count).to.equal(2);
    });
    it("is not one that shows less than is known", async () => {
      const { chain, looks, recent } = recentLook();
      await recent();
      chain.head = 21;
      const heads = await Promise.all([recent(20), recent(21), recent(21)]);
      expect(heads.map(({ head }) => head.number)).to.deep.equal([20, 21, 21]);
      expect(looks.count).to.equal(2);
    });
    it("is of now where nothing is to be shared", async () => {
      const { looks, recent } = recentLook(0);
      await recent();
      await recent();
      expect(looks.count).to.equal(2);
    });
    it("is not one that failed", async () => {
      const { chain, recent } = recentLook();
      chain.isReachable = false;
      const outcomes = await Promise.allSettled([recent(), recent()]);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      chain.isReachable = true;
      expect((await recent()).head.number).to.equal(20);
    });
    it("is checked once for all, and not used where the check fails", async () => {
      const { rpc } = slowChain();
      let [checked, isBroken] = [0, true];
      const check = async (): Promise<void> => {
        checked += 1;
        if (isBroken) throw new Error("finality is broken");
      };
      const { recent } = createHeadLook({ rpc, clock, check, finality: FINALIZED, sharedMilliseconds: 250 });
      expect((await Promise.allSettled([recent(), recent()])).map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      isBroken = false;
      await Promise.all([recent(), recent()]);
      expect(checked).to.equal(2);
    });
  });
});
