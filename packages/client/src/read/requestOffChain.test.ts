import { G } from "@keyquorum/threshold";
import { bytesToHex, parseFaultFile, shareRequestDigest } from "@keyquorum/wire";
import { expect } from "chai";
import { recoverAddress } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { decryptDocument } from "../content/decrypt.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { type FakeCommittee, startFakeCommittee } from "../fakes/fakeCommittee.ts";
import { type Behaviour, signReceipt, stranger } from "../fakes/fakeKeeper.ts";
import { systemClock } from "../time/clock.ts";
import type { RetrievalEvent } from "./events.ts";
import { RetrievalError } from "./outcome.ts";
import { sessionRequestSigner, walletRequestSigner } from "./requestSigner.ts";
import { openSession } from "./sessions.ts";

const HEAD = `0x${"4e".repeat(32)}`;

/** The error that the retrieval ends with. */
const failureOf = async (work: Promise<unknown>): Promise<RetrievalError> => {
  const error = await errorOf(work);
  if (error instanceof RetrievalError) return error;
  throw error;
};

describe("requestOffChain, n = 5, t = 2", () => {
  let committee: FakeCommittee;
  before(async () => {
    committee = await startFakeCommittee({ members: 5, threshold: 2 });
  });
  after(() => committee.stop());
  beforeEach(() => committee.behave({}));

  const deny: Behaviour = { kind: "refuses", code: "ACCESS_DENIED", details: { headBlock: HEAD, finalBlock: HEAD } };

  const read = async (options: Parameters<FakeCommittee["ask"]>[1] = {}) => {
    const encrypted = committee.encrypt("the well is behind the third oak");
    const { contentSecret, report } = await committee.ask(encrypted.header, options);
    const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret, cipher: committee.cipher });
    return { text: await opened.text(), report };
  };

  it("reads with q valid answers and a receipt for each", async () => {
    const { text, report } = await read();
    expect(text).to.equal("the well is behind the third oak");
    expect(report.used).to.have.length(3);
    expect(report.failed).to.deep.equal([]);
    expect(report.receipts.length).to.be.at.least(3);
    expect(report.receipts[0]?.receipt.requestId).to.equal(report.requestId);
  });

  it("asks no more keepers than q and the spare one when all answer", async () => {
    const before = [1, 2, 3, 4, 5].map((slot) => committee.requestsTo(slot));
    await read({ policy: { hedgeMs: 5_000 } });
    const asked = [1, 2, 3, 4, 5].filter((slot, index) => committee.requestsTo(slot) > (before[index] ?? 0));
    expect(asked).to.have.length(4);
  });

  const faults: Readonly<Record<string, { readonly behaviour: Behaviour; readonly code: string }>> = {
    silent: { behaviour: { kind: "silent" }, code: "STALLED" },
    slow: { behaviour: { kind: "slow", milliseconds: 60_000 }, code: "STALLED" },
    dribbling: { behaviour: { kind: "dribbles", milliseconds: 20 }, code: "TIMEOUT" },
    stalling: { behaviour: { kind: "stalls" }, code: "STALLED" },
    resetting: { behaviour: { kind: "resets" }, code: "UNREACHABLE" },
    flooding: { behaviour: { kind: "floods" }, code: "RESPONSE_TOO_LARGE" },
    redirecting: { behaviour: { kind: "redirects" }, code: "UNREACHABLE" },
    talkative: { behaviour: { kind: "garbage" }, code: "BAD_ANSWER" },
    "falsely proving": {
      behaviour: { kind: "lies", change: (a, m) => reSign({ ...a, answer: { ...a.answer, zs: a.answer.zs ^ 1n } }, m) },
      code: "INVALID_PROOF",
    },
    "wrongly encrypting": {
      behaviour: { kind: "lies", change: (a, m) => reSign({ ...a, answer: { ...a.answer, v: a.answer.v.add(G) } }, m) },
      code: "INVALID_PROOF",
    },
    "foreign-sharing": {
      behaviour: { kind: "lies", change: (answer) => ({ ...answer, verifyingShare: answer.verifyingShare.add(G) }) },
      code: "INVALID_MERKLE_PATH",
    },
    pathless: { behaviour: { kind: "lies", change: (answer) => ({ ...answer, path: answer.path.slice(1) }) }, code: "INVALID_MERKLE_PATH" },
    "strangely signing": {
      behaviour: { kind: "lies", change: (a) => ({ ...a, receipt: signReceipt(committee.domain, a.receipt.receipt, stranger()) }) },
      code: "INVALID_RECEIPT",
    },
    misstating: {
      behaviour: {
        kind: "lies",
        change: (a, m) => ({
          ...a,
          receipt: signReceipt(committee.domain, { ...a.receipt.receipt, requester: `0x${"99".repeat(20)}` as never }, m.identity),
        }),
      },
      code: "INVALID_RECEIPT",
    },
    "slot-stealing": {
      behaviour: { kind: "lies", change: (a, m) => reSign({ ...a, slot: (m.slot % 5) + 1 }, m) },
      code: "BAD_ANSWER",
    },
    "epoch-old": { behaviour: { kind: "lies", change: (a, m) => reSign({ ...a, epoch: 7 }, m) }, code: "WRONG_EPOCH" },
  };
  for (const [name, { behaviour, code }] of Object.entries(faults)) {
    it(`reads past two ${name} keepers and names them`, async () => {
      committee.behave({ 2: behaviour, 4: behaviour });
      const { text, report } = await read({ policy: { spare: 2, attempts: 1, settleMs: 4_500 } });
      expect(text).to.equal("the well is behind the third oak");
      expect(report.used).to.deep.equal([1, 3, 5]);
      expect(report.failed.map((failure) => [failure.slot, failure.code])).to.deep.equal([
        [2, code],
        [4, code],
      ]);
    });
  }

  it("keeps the evidence of a wrong answer that its keeper signed for, and none of others", async () => {
    const lie: Behaviour = { kind: "lies", change: (a, m) => reSign({ ...a, answer: { ...a.answer, v: a.answer.v.add(G) } }, m) };
    const unsigned: Behaviour = {
      kind: "lies",
      change: async (a, m) => {
        const lied = await reSign({ ...a, answer: { ...a.answer, v: a.answer.v.add(G) } }, m);
        return { ...lied, receipt: signReceipt(committee.domain, lied.receipt.receipt, stranger()) };
      },
    };
    committee.behave({ 2: lie, 4: unsigned });
    const { report } = await read({ policy: { spare: 2, attempts: 1, settleMs: 1_000 } });
    expect(report.failed.map(({ slot, code }) => [slot, code])).to.deep.equal([
      [2, "INVALID_PROOF"],
      [4, "INVALID_PROOF"],
    ]);
    expect(report.failed[1]?.evidence).to.equal(undefined);
    const { asked, answer } = parseFaultFile(JSON.parse(JSON.stringify(report.failed[0]?.evidence)));
    expect(shareRequestDigest(committee.domain, asked.request)).to.equal(report.requestId);
    expect(answer.receipt.receipt).to.include({ slot: 2, requestId: report.requestId });
  });

  it("tells what happens, keeper by keeper, with reason and blocks", async () => {
    const events: RetrievalEvent[] = [];
    committee.behave({
      1: deny,
      2: { kind: "refuses", code: "UNAVAILABLE", untilRequest: committee.requestsTo(2) + 2 },
      4: { kind: "resets" },
    });
    await read({ policy: { spare: 2, attempts: 2, settleMs: 1_000 }, onEvent: (event) => events.push(event) });
    const of = (slot: number) => events.flatMap((event) => ("slot" in event && event.slot === slot ? [event.kind] : []));
    expect(of(1)).to.deep.equal(["asking", "rejected"]);
    expect(of(2)).to.deep.equal(["asking", "retrying", "asking", "answered"]);
    expect(of(3)).to.deep.equal(["asking", "answered"]);
    expect(of(4)).to.deep.equal(["asking", "retrying", "asking", "rejected"]);
    expect(events[0]).to.deep.equal({ kind: "signing", requester: committee.bob.address.toLowerCase(), by: "wallet" });
    expect(events.at(-1)?.kind).to.equal("combined");
    const rejected = events.find((event) => event.kind === "rejected" && event.slot === 1);
    expect(rejected).to.deep.include({ name: "Keeper 1", code: "ACCESS_DENIED", headBlock: HEAD, finalBlock: HEAD });
  });

  it("ends with what a listener throws", async () => {
    const reason = new Error("the listener is broken");
    const onEvent = (event: RetrievalEvent): void => {
      if (event.kind === "answered") throw reason;
    };
    expect(await read({ onEvent }).catch((caught: unknown) => caught)).to.equal(reason);
  });

  it("gives up a wallet that never answers when the caller's time is over, and asks no keeper with what comes late", async () => {
    const { bob } = committee;
    let answerLate = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answerLate = resolve;
    });
    const slow = Object.create(bob, {
      signTypedData: { value: (...typed: Parameters<typeof bob.signTypedData>) => answered.then(() => bob.signTypedData(...typed)) },
    }) as typeof bob;
    const { header } = committee.encrypt("x");
    const before = [1, 2, 3, 4, 5].map((slot) => committee.requestsTo(slot));
    const error = await errorOf(committee.ask(header, { totalMs: 100, signer: await walletRequestSigner(slow) }));
    expect(error).to.include({ code: "WALLET_TIMEOUT", retryable: true });
    answerLate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([1, 2, 3, 4, 5].map((slot) => committee.requestsTo(slot))).to.deep.equal(before);
  });

  it("counts the wallet's time to the caller's: a wallet that takes most of it leaves the keepers the rest", async () => {
    const { bob } = committee;
    committee.behave(Object.fromEntries([1, 2, 3, 4, 5].map((slot) => [slot, { kind: "silent" }])));
    const slow = Object.create(bob, {
      signTypedData: {
        value: async (...typed: Parameters<typeof bob.signTypedData>) => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return bob.signTypedData(...typed);
        },
      },
    }) as typeof bob;
    const failure = await failureOf(
      committee.ask(committee.encrypt("x").header, { totalMs: 600, signer: await walletRequestSigner(slow) }),
    );
    expect(failure.code).to.equal("UNAVAILABLE");
    expect(failure.perKeeper.map(({ code }) => code)).not.to.include("STALLED"); // none had the 1 200 ms that this takes
  });

  it("asks with a session's key, and sends the wallet's leave along", async () => {
    const { bob: signer, domain, context } = committee;
    const session = await openSession(
      { signer, domain, clock: systemClock, random: rollDice("session").bytes, generationOf: async () => 0n },
      { owner: context.owner },
    );
    const { report } = await read({ signer: sessionRequestSigner(session) });
    if (report.record.kind !== "http") throw new Error("this was asked by HTTP");
    const { request, signature, delegation } = report.record.asked;
    expect(request.requester).to.equal(signer.address.toLowerCase());
    expect(recoverAddress(report.requestId, bytesToHex(signature)).toLowerCase()).to.equal(session.session.sessionKey);
    expect(delegation).to.deep.equal(session.delegation);
  });

  it("does not wait for silent keepers once q have answered", async () => {
    committee.behave({ 1: { kind: "silent" }, 2: { kind: "dribbles", milliseconds: 100 } });
    const started = performance.now();
    await read({ limits: { idleMs: 100_000, overallMs: 100_000 }, timeoutMs: 100_000 });
    expect(performance.now() - started, "not for the others").to.be.below(50_000);
  });

  it("asks a keeper again whose failure passes", async () => {
    committee.behave({
      1: { kind: "refuses", code: "UNAVAILABLE", untilRequest: committee.requestsTo(1) + 2 },
      2: { kind: "silent" },
      3: { kind: "silent" },
    });
    expect((await read()).report.used).to.deep.equal([1, 4, 5]);
  });

  it("waits for a grant to become final", async () => {
    const refusal = (slot: number): Behaviour => ({
      kind: "refuses",
      code: "PERMISSION_NOT_FINAL",
      untilRequest: committee.requestsTo(slot) + 6,
    });
    committee.behave({ 1: refusal(1), 2: refusal(2), 3: refusal(3), 4: refusal(4), 5: refusal(5) });
    expect((await read()).text).to.equal("the well is behind the third oak");
  });

  const silent: Behaviour = { kind: "resets" };
  const matrix: readonly {
    readonly denied: readonly number[];
    readonly down: readonly number[];
    readonly code: string;
    readonly retryable: boolean;
  }[] = [
    { denied: [1, 2, 3, 4, 5], down: [], code: "ACCESS_DENIED", retryable: false },
    { denied: [1, 2, 3], down: [], code: "ACCESS_DENIED", retryable: false },
    { denied: [1, 2, 3], down: [4, 5], code: "ACCESS_DENIED", retryable: false },
    { denied: [1, 2], down: [3], code: "UNAVAILABLE", retryable: true },
    { denied: [1, 2], down: [3, 4, 5], code: "UNAVAILABLE", retryable: true },
    { denied: [1], down: [2, 3], code: "UNAVAILABLE", retryable: true },
    { denied: [], down: [1, 2, 3], code: "UNAVAILABLE", retryable: true },
    { denied: [], down: [1, 2, 3, 4, 5], code: "UNAVAILABLE", retryable: true },
  ];
  for (const { denied, down, code, retryable } of matrix) {
    it(`says ${code} when ${denied.length} deny and ${down.length} are down`, async () => {
      committee.behave(Object.fromEntries([...denied.map((slot) => [slot, deny]), ...down.map((slot) => [slot, silent])]));
      const error = await failureOf(read({ policy: { attempts: 2 } }));
      expect([error.code, error.retryable]).to.deep.equal([code, retryable]);
      expect(error.need).to.equal(3);
      expect(error.perKeeper.filter((failure) => failure.code === "ACCESS_DENIED").length).to.be.at.most(denied.length);
      if (code === "UNAVAILABLE") {
        expect(error.have).to.equal(5 - denied.length - down.length);
        expect(error.perKeeper.map(({ slot }) => slot)).to.deep.equal([...denied, ...down].sort());
      }
    });
  }

  it("says ACCESS_DENIED at once, without waiting for the keepers that are slow", async () => {
    committee.behave({ 1: deny, 2: deny, 3: deny, 4: { kind: "silent" }, 5: { kind: "silent" } });
    const started = performance.now();
    const error = await failureOf(read({ limits: { idleMs: 100_000, overallMs: 100_000 }, timeoutMs: 100_000 }));
    expect(error.code).to.equal("ACCESS_DENIED");
    expect(performance.now() - started, "not for the others").to.be.below(50_000);
  });

  it("says WALLET_NOT_DEPLOYED, and what to do, when keepers refuse an account that does not exist yet", async () => {
    const refusal: Behaviour = { kind: "refuses", code: "WALLET_NOT_DEPLOYED" };
    committee.behave({ 1: refusal, 2: refusal, 3: refusal });
    const error = await failureOf(read());
    expect([error.code, error.retryable]).to.deep.equal(["WALLET_NOT_DEPLOYED", false]);
    expect(error.message).to.include("Deploy the account");
  });

  describe("where the chain is idle", () => {
    const stale: Behaviour = { kind: "refuses", code: "UNAVAILABLE", details: { reason: "STALE_HEAD" } };
    const timeoutMs = 800;

    it("says so, when so many keepers do that no quorum is left", async () => {
      committee.behave({ 1: stale, 2: stale, 3: stale, 4: stale, 5: stale });
      const error = await failureOf(read({ timeoutMs }));
      expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
      expect(error.message).to.contain("newest block is too old");
      expect(error.perKeeper[0]?.chain).to.equal("STALE_HEAD");
    });

    it("does not believe as few as could be lying, and takes no word that is none", async () => {
      committee.behave({ 1: stale, 2: stale, 3: { kind: "refuses", code: "UNAVAILABLE", details: { reason: "<b>stale</b>" } } });
      const error = await failureOf(read({ timeoutMs }));
      expect(error.message).not.to.contain("too old");
      expect(error.perKeeper.map(({ chain }) => chain)).to.not.include("<b>stale</b>");
    });
  });

  it("reads although two keepers deny", async () => {
    committee.behave({ 1: deny, 5: deny });
    expect((await read()).report.used).to.deep.equal([2, 3, 4]);
  });

  it("says PERMISSION_NOT_FINAL when the time is over and it still is not", async () => {
    const refusal: Behaviour = { kind: "refuses", code: "PERMISSION_NOT_FINAL" };
    committee.behave({ 1: refusal, 2: refusal, 3: refusal, 4: refusal, 5: deny });
    const error = await failureOf(read({ timeoutMs: 800 }));
    expect([error.code, error.retryable]).to.deep.equal(["PERMISSION_NOT_FINAL", true]);
  });

  it("says UNAVAILABLE when the time is over, and names the keepers that were still silent", async () => {
    committee.behave({ 1: { kind: "silent" }, 2: { kind: "silent" }, 3: { kind: "silent" } });
    const error = await failureOf(read({ timeoutMs: 1_000 }));
    expect(error.code).to.equal("UNAVAILABLE");
    expect(error.perKeeper.map(({ slot, code }) => [slot, code])).to.deep.equal([1, 2, 3].map((slot) => [slot, "NO_ANSWER"]));
  });

  it("names keepers without a usable endpoint", async () => {
    const keepers = committee.keepers.map((keeper) => ({
      ...keeper,
      endpoint: keeper.slot === 1 ? "" : keeper.slot === 2 ? "ftp://x" : keeper.endpoint,
    }));
    const encrypted = committee.encrypt("x");
    const { report } = await committee.ask(encrypted.header, { keepers, policy: { spare: 2 } });
    expect(report.failed.map(({ slot, code }) => [slot, code])).to.deep.equal([
      [1, "NO_ENDPOINT"],
      [2, "NO_ENDPOINT"],
    ]);
  });

  it("stops when the caller aborts, with the caller's reason", async () => {
    committee.behave({ 1: { kind: "silent" }, 2: { kind: "silent" }, 3: { kind: "silent" } });
    const aborting = new AbortController();
    const reason = new Error("Bob has gone home.");
    setTimeout(() => aborting.abort(reason), 100);
    const error = await read({ signal: aborting.signal }).catch((caught: unknown) => caught);
    expect(error).to.equal(reason);
  });
});

const reSign = async (
  answer: Parameters<Extract<Behaviour, { kind: "lies" }>["change"]>[0],
  member: Parameters<Extract<Behaviour, { kind: "lies" }>["change"]>[1],
) => {
  const { answerHashOf } = await import("@keyquorum/wire");
  const receipt = { ...answer.receipt.receipt, slot: answer.slot, epoch: answer.epoch, answerHash: answerHashOf(answer.answer) };
  return { ...answer, receipt: signReceipt({ chainId: 31337n, shareRequests: `0x${"bb".repeat(20)}` as never }, receipt, member.identity) };
};
