import { expect } from "chai";
import { decryptDocument } from "../content/decrypt.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { type FakeCommittee, startFakeCommittee, startHolders } from "../fakes/fakeCommittee.ts";
import type { Behaviour } from "../fakes/fakeKeeper.ts";
import { dealFakeKey } from "../fakes/fakeKey.ts";
import type { RetrievalEvent } from "./events.ts";

const TEXT = "the well is behind the third oak";
const gone: Behaviour = { kind: "resets" };
const retired: Behaviour = { kind: "refuses", code: "EPOCH_NOT_SERVED" };

describe("requestOffChain across a hand-over, (5,2) to slots 3 to 7", () => {
  let old: FakeCommittee;
  let next: FakeCommittee;
  before(async () => {
    old = await startFakeCommittee({ members: 5, threshold: 2 });
    const { keyId } = old.key;
    next = await startHolders(dealFakeKey({ keyId, secret: old.secret, slots: [3, 4, 5, 6, 7], threshold: 2, epoch: 2 }));
  });
  after(async () => {
    await old.stop();
    await next.stop();
  });
  beforeEach(() => {
    old.behave({});
    next.behave({});
  });

  const everybody = (behaviour: Behaviour): Readonly<Record<number, Behaviour>> => ({
    1: behaviour,
    2: behaviour,
    3: behaviour,
    4: behaviour,
    5: behaviour,
    6: behaviour,
    7: behaviour,
  });
  const moved = async () => ({ key: next.key, keepers: next.keepers });
  const read = async (options: Parameters<FakeCommittee["ask"]>[1] = {}) => {
    const encrypted = old.encrypt(TEXT);
    const { contentSecret, report } = await old.ask(encrypted.header, { lookAgain: moved, ...options });
    const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret, cipher: old.cipher });
    return { text: await opened.text(), report };
  };

  it("reads in the epoch that it decided for as long as that one answers, without another look", async () => {
    let looks = 0;
    const lookAgain = async () => {
      looks += 1;
      return moved();
    };
    const { text, report } = await read({ lookAgain });
    expect([text, report.epoch, looks]).to.deep.equal([TEXT, 1, 0]);
  });

  it("reads in the later epoch when the keepers answer in the former no more, with the same signature", async () => {
    old.behave(everybody(retired));
    const events: RetrievalEvent[] = [];
    const { text, report } = await read({ onEvent: (event) => events.push(event) });
    expect([text, report.epoch]).to.deep.equal([TEXT, 2]);
    expect(report.used.every((slot) => next.key.slots.includes(slot))).to.equal(true);
    expect(events.filter(({ kind }) => kind === "signing")).to.have.length(1);
    expect(events).to.deep.include({ kind: "reshared", epoch: 2, previousEpoch: 1 });
  });

  it("reads in the later epoch when too many of the former are gone", async () => {
    old.behave({ 1: gone, 2: gone, 3: gone });
    expect((await read({ policy: { attempts: 1 } })).report.epoch).to.equal(2);
  });

  it("combines no answer of one epoch with those of another", async () => {
    old.behave({ 1: gone, 2: gone, 5: gone }); // 3 and 4 answer in epoch 1
    next.behave({ 3: gone, 4: gone, 5: gone }); // 6 and 7 answer in epoch 2
    const error = await errorOf(read({ policy: { attempts: 1 } }));
    expect(error.code).to.equal("UNAVAILABLE");
    expect(error.details.have).to.equal(2);
  });

  it("waits for keepers for which the epoch is not final yet", async () => {
    const behind = (slot: number): Behaviour => ({ kind: "refuses", code: "KEY_NOT_READY", untilRequest: old.requestsTo(slot) + 6 });
    old.behave({ 1: behind(1), 2: behind(2), 3: behind(3), 4: behind(4), 5: behind(5) });
    expect((await read()).report.epoch).to.equal(1);
  });

  it("says UNAVAILABLE, to be tried again, when the chain shows no later epoch", async () => {
    old.behave(everybody(retired));
    const error = await errorOf(read({ lookAgain: async () => ({ key: old.key, keepers: old.keepers }) }));
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
  });

  it("tells what the keepers said when the chain cannot be looked at again", async () => {
    old.behave(everybody({ kind: "refuses", code: "ACCESS_DENIED" }));
    const error = await errorOf(read({ lookAgain: () => Promise.reject(new Error("the node is gone")) }));
    expect(error.code).to.equal("ACCESS_DENIED");
  });

  it("asks nobody who was removed, and still takes no two of four for the word of all", async () => {
    const keepers = old.keepers.filter(({ slot }) => slot !== 5);
    const deny: Behaviour = { kind: "refuses", code: "ACCESS_DENIED" };
    const before = old.requestsTo(5);
    old.behave({ 1: deny, 2: deny });
    const error = await errorOf(read({ keepers, lookAgain: async () => ({ key: old.key, keepers }) }));
    expect([error.code, old.requestsTo(5) - before]).to.deep.equal(["UNAVAILABLE", 0]);
  });
});
