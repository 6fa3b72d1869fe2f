import { KeyquorumError, REPAIR_MESSAGES, type RepairAsk } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { lossyTransport, type NetworkFaults } from "./lossyTransport.ts";
import { memoryTransport } from "./memoryTransport.ts";
import { type PeerAnswerer, peerAnswerer } from "./peerTransport.ts";

const signature = new Uint8Array(65).fill(7);
const askOf = (number: number): RepairAsk => ({
  repairId: `0x${number.toString(16).padStart(64, "0")}` as RepairAsk["repairId"],
  helpers: [1, 3],
  signature,
});
const NO_FAULTS: NetworkFaults = { loss: 0, duplication: 0, maxDelay: 0 };

describe("Transports of tests", () => {
  let arrived: string[];
  let answer: () => Promise<Uint8Array>;
  beforeEach(() => {
    arrived = [];
    answer = async () => new Uint8Array([5]);
  });
  const helper: PeerAnswerer = peerAnswerer(REPAIR_MESSAGES.dealing, async ({ repairId }) => {
    arrived.push(repairId);
    return { slot: 1, dealing: await answer(), signature };
  });
  const memory = memoryTransport((endpoint) => (endpoint === "here" ? [helper] : undefined));
  const outcomeOf = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => "answered",
      (error: unknown) => (error instanceof KeyquorumError ? error.code : error),
    );

  describe("memoryTransport", () => {
    it("carries a question and its answer as over HTTP, and finds nobody elsewhere", async () => {
      const given = await memory.ask(REPAIR_MESSAGES.dealing, "here", askOf(1));
      expect(given).to.deep.equal({ slot: 1, dealing: new Uint8Array([5]), signature });
      expect(await outcomeOf(memory.ask(REPAIR_MESSAGES.dealing, "elsewhere", askOf(1)))).to.equal("UNAVAILABLE");
      expect(await outcomeOf(memory.ask(REPAIR_MESSAGES.contribution, "here", { ...askOf(1), dealings: [] }))).to.equal("UNAVAILABLE");
    });
    it("lets through no more of a failure than HTTP does", async () => {
      answer = () => Promise.reject(new KeyquorumError("REPAIR_BAD_DEALING", undefined, { details: { slot: 3 } }));
      const error = (await memory.ask(REPAIR_MESSAGES.dealing, "here", askOf(1)).catch((reason: unknown) => reason)) as KeyquorumError;
      expect([error.code, error.details.slot]).to.deep.equal(["REPAIR_BAD_DEALING", 3]);
      answer = () => Promise.reject(new TypeError("canary"));
      const other = (await memory.ask(REPAIR_MESSAGES.dealing, "here", askOf(1)).catch((reason: unknown) => reason)) as KeyquorumError;
      expect([other.code, other.message.includes("canary")]).to.deep.equal(["INTERNAL", false]);
    });
    it("takes no answer above the limit", async () => {
      answer = async () => new Uint8Array(20_000);
      expect(await outcomeOf(memory.ask(REPAIR_MESSAGES.dealing, "here", askOf(1)))).to.equal("BAD_ANSWER");
    });
  });

  describe("lossyTransport", () => {
    const dice = rollDice("lossyTransport");
    const over = (faults: Partial<NetworkFaults>, roll = dice.next) =>
      lossyTransport(
        memory,
        { ...NO_FAULTS, ...faults },
        { roll, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
      );
    const askAll = (count: number, faults: Partial<NetworkFaults>): Promise<readonly unknown[]> => {
      const transport = over(faults);
      return Promise.all(
        Array.from({ length: count }, (_, number) => outcomeOf(transport.ask(REPAIR_MESSAGES.dealing, "here", askOf(number)))),
      );
    };

    it("changes nothing without faults", async () => {
      expect(new Set(await askAll(20, {}))).to.deep.equal(new Set(["answered"]));
      expect(arrived).to.deep.equal(Array.from({ length: 20 }, (_, number) => askOf(number).repairId));
    });
    it("loses questions and answers, about as many as it should", async () => {
      const lost = (await askAll(400, { loss: 0.3 })).filter((outcome) => outcome === "UNAVAILABLE").length;
      expect(lost).to.be.within(45, 195); // 120 are to be expected; beyond these it is one run in 2^45
      expect(arrived.length).to.be.within(400 - lost + 1, 399); // some were answered, and the answer was lost; all of a kind: one in 2^44
    });
    it("delivers twice", async () => {
      expect(new Set(await askAll(100, { duplication: 0.5 }))).to.deep.equal(new Set(["answered"]));
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(arrived.length).to.be.within(113, 187); // 150 are to be expected; beyond these it is one run in 2^48
      expect(new Set(arrived).size).to.equal(100);
    });
    it("reorders questions that are asked together", async () => {
      await askAll(50, { maxDelay: 30 });
      expect(arrived).to.have.length(50);
      expect(arrived).not.to.deep.equal(arrived.toSorted());
    });
    it("does the same by the same dice", async () => {
      const outcomes: (readonly unknown[])[] = [];
      for (let round = 0; round < 2; round += 1) {
        const again = rollDice("lossyTransport again");
        const transport = over({ loss: 0.5 }, again.next);
        const asked = Array.from({ length: 50 }, (_, number) => outcomeOf(transport.ask(REPAIR_MESSAGES.dealing, "here", askOf(number))));
        outcomes.push(await Promise.all(asked));
      }
      expect(outcomes[0]).to.deep.equal(outcomes[1]);
    });
  });
});
