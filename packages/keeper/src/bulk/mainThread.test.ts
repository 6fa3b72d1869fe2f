import { setImmediate as nextTurn } from "node:timers/promises";
import type { KeyGenerationView } from "@keyquorum/protocol";
import {
  assembleKeyShare,
  backend,
  createDealing,
  dealHashOf,
  openShare,
  parseDealing,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { type Address, bitmapOf, bytesToHex, type Hash32, type KeyId, type SessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { BULK_KINDS } from "../testing/bulkKinds.ts";
import type { BulkWork } from "./bulkWork.ts";

const MEMBERS = 64;
const THRESHOLD = 31;
const SHIFT = 5n;
const dice = rollDice("mainThread");
const hex = <Of extends string>(byte: string): Of => `0x${byte.repeat(32)}` as Of;

/** The last step of a session of the largest committee: 64 dealings to check, open and add up. */
const largestStep = () => {
  const secrets = Array.from({ length: MEMBERS }, () => SecretScalar.from(randomScalar(dice.bytes)));
  const members = secrets.map((secret, index) => ({
    slot: index + 1,
    encryptionKey: backend.mulG(secret.reveal()),
    operator: `0x${"0a".repeat(20)}` as Address,
  }));
  const [sid, keyId] = [hex<SessionId>("51"), hex<KeyId>("1d")];
  const sidBytes = new Uint8Array(32).fill(0x51);
  const slots = members.map(({ slot }) => slot);
  const dealings = new Map(
    slots.map((dealer) => [dealer, createDealing({ sid: sidBytes, dealer, threshold: THRESHOLD, members }, dice.bytes)]),
  );
  const encryptionSecret = secrets[0] as SecretScalar;
  const qual = [...dealings].map(([dealer, bytes]) => {
    const dealing = parseDealing(bytes, { threshold: THRESHOLD, members: MEMBERS });
    const opened = openShare({ sid: sidBytes, dealer, recipient: 1, encryptionSecret, members, dealing });
    if (opened.kind === "invalid") throw new Error("an honest dealing opens");
    return { dealer, dealing, share: opened.share };
  });
  const { jointKey, share } = assembleKeyShare({ keyId: new Uint8Array(32).fill(0x1d), epoch: 1, slot: 1, qual, shift: SHIFT, members });
  const view: KeyGenerationView = {
    ...{ sid, keyId, epoch: 1, purpose: "Decrypt", threshold: THRESHOLD, status: "AwaitingReady", members, dealings, jointKey },
    dealHashes: new Map([...dealings].map(([dealer, bytes]) => [dealer, bytesToHex(dealHashOf(bytes)) as Hash32])),
    ...{ removedSlots: [], absentSlots: [], disqualifiedSlots: [], readySlots: [], dealtSlots: slots, headNumber: 9, statusSince: 9 },
    ...{ qual: bitmapOf(slots), shift: SHIFT, shiftBlock: 8n, finalizedIsFinal: true, sessionIsFinal: false },
  };
  const task = () => ({ view, own: { slot: 1, encryptionSecret, storedShares: [], verdicts: new Map() }, rankStep: 2 });
  return { task, share };
};

/** CPU milliseconds of the main thread in its longest turn while `work` is under way. Undefined: this Node cannot tell. */
const longestTurn = async (work: Promise<unknown>): Promise<number | undefined> => {
  if (process.threadCpuUsage === undefined) return void (await work);
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  let longest = 0;
  while (!isDone) {
    const before = process.threadCpuUsage();
    await nextTurn();
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1_000);
  }
  await done;
  return longest;
};

describe("what a session of 64 keepers costs the thread that answers", () => {
  const kept: BulkWork[] = [];
  let step: ReturnType<typeof largestStep>;
  before(() => {
    step = largestStep();
  });
  after(async () => {
    for (const bulk of kept) await bulk.close();
  });
  const measure = async (bulk: BulkWork, runs: number): Promise<number | undefined> => {
    let made: SecretScalar | undefined;
    const steps: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const work = bulk.run("generation", step.task()).then(({ effects: [effect] }) => {
        made = effect?.kind === "saveShare" ? effect.content.share : undefined;
      });
      const longest = await longestTurn(work);
      if (longest !== undefined) steps.push(longest);
    }
    expect(made?.reveal()).to.equal(step.share.reveal());
    return steps.length === 0 ? undefined : Math.min(...steps); // the first ones are compiled on the way
  };

  it("in a thread: no turn of the main one takes a quarter of the CPU that the longest takes without one", async function () {
    const [here, beside] = BULK_KINDS.map(({ open }) => open()) as [BulkWork, BulkWork];
    kept.push(here, beside);
    const longest = await measure(beside, 3);
    const without = await measure(here, 1);
    if (longest === undefined || without === undefined) return this.skip(); // this Node does not count the CPU of a thread
    expect(longest).to.be.below(without / 4);
  });
});
