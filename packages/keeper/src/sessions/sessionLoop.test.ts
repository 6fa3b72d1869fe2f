import type { Complain, Done, KeyGenerationEffect, OwnSessionMaterial, SessionStatus, SessionView } from "@keyquorum/protocol";
import { bytesToHex } from "@keyquorum/wire";
import { expect } from "chai";
import { BulkError } from "../bulk/bulkWork.ts";
import type { ContractsAt } from "../contracts/chainReader.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { DONE, WAIT } from "../run/workRunner.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createSessionLoop, type LoopFacts, type SessionKind, type SessionWork } from "./sessionLoop.ts";

const key = createFinishedKey();
const { keyId, sid, epoch } = key;
const work: SessionWork = { sid, keyId, epoch, blockNumber: 5, blockHash: "event" };
/** As many as make three looks. */
const DEALERS = Array.from({ length: 40 }, (_, index) => index + 1);

const complaintAbout = (dealer: number) => ({ kind: "complain", id: `complain:${dealer}`, sid, dealer }) as Complain; // of it, only this is used
const saveDealing: KeyGenerationEffect = { kind: "saveDealing", id: "save", sid, dealing: new Uint8Array([7]) };
const deal = (dealing: Uint8Array): KeyGenerationEffect => ({ kind: "deal", id: "deal", sid, dealing });
const done: Done = { kind: "done", id: "done", sid, keyId, epoch, outcome: "failed" };

describe("the session loop", () => {
  let temp: TempVault;
  let metrics: Metrics;
  let [head, final] = [0, 0];
  let status: { head: SessionStatus; final: SessionStatus };
  let isMember: boolean;
  let isPast: boolean;
  /** What there is to do, given what is stored and which dealings are shown. */
  let effectsOf: (own: OwnSessionMaterial, dealings: number) => readonly KeyGenerationEffect[];
  let seen: { readonly dealings: number; readonly since: number; readonly own: OwnSessionMaterial }[];
  let happened: string[];
  /** How long the disk takes. */
  let untilStored: Promise<void>;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    metrics = createMetrics({ version: "0", processMetrics: false });
    [head, final] = [20, 18];
    status = { head: "Dealing", final: "Dealing" };
    [isMember, isPast, effectsOf, seen, happened] = [true, false, () => [], [], []];
    untilStored = Promise.resolve();
    await temp.vault.epochSecrets.save(epoch, key.encryptionSecret);
  });
  afterEach(() => temp.remove());

  const kind: SessionKind<SessionWork, LoopFacts, SessionView, KeyGenerationEffect> = {
    read: async (at) => ({ status: status[at as unknown as "head" | "final"], keyId }), // true: `reader` below gives the hash
    partIn: async () => (isMember ? { slot: 2, members: [] } : undefined),
    isPast: async () => isPast,
    look: async ({ facts, statusSince }) => {
      happened.push("look");
      // Of the view, the loop uses only this.
      const view = { status: facts.status, statusSince, dealings: new Map(DEALERS.map((dealer) => [dealer, new Uint8Array()])) };
      return {
        view: view as unknown as SessionView,
        next: ({ dealings, statusSince: since }, own) => {
          happened.push("next");
          seen.push({ dealings: dealings.size, since, own });
          return effectsOf(own, dealings.size);
        },
      };
    },
    perform: async (effect, keep) => {
      happened.push(effect.kind);
      if (effect.kind === "done") await keep.done(effect);
      if (effect.kind !== "saveDealing") return;
      await untilStored;
      await keep.saveDealing(effect);
    },
    noteComplaint: ({ dealer }) => void happened.push(`complaint about ${dealer}`),
    noteEnd: async ({ outcome }) => void happened.push(`end: ${outcome}`),
    forget: () => void happened.push("forget"),
  };
  const createAttempt = () => {
    const take = createSessionLoop(
      {
        ...{ vault: temp.vault, metrics, log: silentLogger, extensions: [] },
        reader: { at: (hash) => hash as unknown as ContractsAt }, // passed on to `kind.read`, which knows it
        materials: { forget: () => undefined },
        giveWay: { first: (answer) => answer(), turn: async () => void happened.push("turn") },
      },
      kind,
    );
    const blockOf = (number: number, hash: string) => ({ number, hash, parentHash: "", timestamp: 0 });
    return () => take(work, { head: blockOf(head, "head"), final: blockOf(final, "final") });
  };

  describe("a session that is not at the head", () => {
    beforeEach(() => {
      status = { head: "Unknown", final: "Unknown" };
    });
    it("is waited for while the final block has it, or is not past its event", async () => {
      status.final = "Dealing";
      expect(await createAttempt()()).to.equal(WAIT);
      [status.final, final] = ["Unknown", 5];
      expect(await createAttempt()()).to.equal(WAIT);
      expect(happened).to.deep.equal([]);
    });
    it("is over when a later final block does not have it either", async () => {
      final = 6;
      expect(await createAttempt()()).to.equal(DONE);
      expect(happened).to.deep.equal(["forget"]);
    });
  });

  it("is over, without a look, when this keeper serves with its share", async () => {
    await temp.vault.keyShares.save(shareRecordOf(key));
    expect(await createAttempt()()).to.equal(WAIT);
    await temp.vault.keyShares.activate(shareRecordOf(key));
    happened = [];
    expect(await createAttempt()()).to.equal(DONE);
    expect(happened).to.deep.equal(["forget"]);
  });

  for (const code of ["BULK_BUSY", "BULK_STOPPED"] as const)
    it(`a computation that is put off (${code}) is left to a later head: nothing is stored or sent`, async () => {
      effectsOf = () => {
        throw new BulkError(code);
      };
      expect(await createAttempt()()).to.equal(WAIT);
      expect(happened).to.deep.equal(["look", "turn", "next"]);
      effectsOf = (own) => (own.storedDealing === undefined ? [saveDealing] : [deal(own.storedDealing)]);
      expect(await createAttempt()()).to.equal(WAIT);
      expect(happened).to.include("deal");
    });
  it("a computation that crashed fails the attempt, with this keeper's secret erased, and is tried again by the runner", async () => {
    effectsOf = () => {
      throw new BulkError("BULK_CRASHED");
    };
    const error: unknown = await createAttempt()().catch((caught: unknown) => caught);
    expect(error).to.have.property("code", "BULK_CRASHED");
    expect(seen[0]?.own.encryptionSecret?.erased).to.equal(true);
  });

  it("is over, without a look, where this keeper has no part in it and its event is final", async () => {
    [isMember, final] = [false, 4];
    expect(await createAttempt()()).to.equal(WAIT);
    final = 5;
    expect(await createAttempt()()).to.equal(DONE);
    expect(happened).to.deep.equal(["forget"]);
  });

  it("is over, without a look, when nobody can need its share any more", async () => {
    isPast = true;
    expect(await createAttempt()()).to.equal(DONE);
    expect(happened).to.deep.equal(["forget"]);
  });

  it("stores first, and sends what it reads back from the disk", async () => {
    effectsOf = ({ storedDealing }) => (storedDealing === undefined ? [saveDealing, done] : [deal(storedDealing)]);
    status.head = "AwaitingReady";
    expect(await createAttempt()()).to.equal(WAIT);
    expect(happened).to.deep.equal(["look", "turn", "next", "saveDealing", "turn", "next", "deal"]);
    expect(seen.map(({ own }) => own.storedDealing)).to.deep.equal([undefined, new Uint8Array([7])]);
  });

  it("attack 35: asks for nothing more before what it stores is durable", async () => {
    let store: () => void = () => undefined;
    untilStored = new Promise((resolve) => {
      store = resolve;
    });
    effectsOf = ({ storedDealing }) => (storedDealing === undefined ? [saveDealing] : [deal(storedDealing)]);
    status.head = "AwaitingReady";
    const attempt = createAttempt()();
    for (let turns = 0; turns < 100 || !happened.includes("saveDealing"); turns += 1) await new Promise((resolve) => setImmediate(resolve));
    const before = [...happened];
    store();
    await attempt;
    expect([before.at(-1), ...happened.slice(before.length)]).to.deep.equal(["saveDealing", "turn", "next", "deal"]);
  });

  it("does not ask forever when storing changes nothing", async () => {
    effectsOf = () => [saveDealing];
    await temp.vault.dealings.save(sid, new Uint8Array([7]));
    status.head = "AwaitingReady";
    expect(await createAttempt()()).to.equal(WAIT);
    expect(seen).to.have.length(6 + DEALERS.length);
  });

  it("checks sixteen dealings more at a time while complaints are heard, giving way to answers before each", async () => {
    for (const heard of ["Dealing", "Disputing"] as const) {
      [status.head, seen, happened] = [heard, [], []];
      await createAttempt()();
      expect(seen.map(({ dealings }) => dealings)).to.deep.equal([16, 32, DEALERS.length]);
      expect(happened.filter((what) => what === "turn")).to.have.length(3);
    }
  });

  it("shows all dealings at once when a share is to be made of them", async () => {
    for (const later of ["Finalizing", "AwaitingReady", "Active", "Overdue", "Failed"] as const) {
      [status.head, seen] = [later, []];
      await createAttempt()();
      expect(seen.map(({ dealings }) => dealings)).to.deep.equal([DEALERS.length]);
    }
  });

  it("says a complaint once, and sends it at each head", async () => {
    effectsOf = (_own, dealings) => (dealings === 16 ? [complaintAbout(5)] : []);
    const attempt = createAttempt();
    for (let round = 0; round < 3; round += 1) await attempt();
    expect(happened.filter((what) => what === "complain")).to.have.length(3);
    expect(happened.filter((what) => what === "complaint about 5")).to.have.length(1);
    expect((await metrics.complaints.get()).values[0]?.value).to.equal(1);
  });

  it("gives the epoch's secret for one look, and erases it", async () => {
    const held: string[] = [];
    effectsOf = ({ encryptionSecret }) => {
      held.push(bytesToHex(encryptionSecret?.toBytes() ?? new Uint8Array()));
      return [];
    };
    await createAttempt()();
    expect(new Set(held)).to.deep.equal(new Set([bytesToHex(key.encryptionSecret)]));
    expect(seen.every(({ own }) => own.encryptionSecret?.erased === true)).to.equal(true);
  });

  it("erases it where the look fails, too", async () => {
    effectsOf = () => {
      throw new Error("nothing can be made of this");
    };
    const failure = await createAttempt()().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(seen.map(({ own }) => own.encryptionSecret?.erased)).to.deep.equal([true]);
  });

  it("counts since when it saw the status, from its own head after a restart", async () => {
    const attempt = createAttempt();
    await attempt();
    head = 30;
    await attempt();
    status.head = "Disputing";
    await attempt();
    await createAttempt()();
    expect([...new Set(seen.map(({ since }) => since))]).to.deep.equal([20, 30]);
    head = 40;
    seen = [];
    await createAttempt()();
    expect(seen[0]?.since).to.equal(40);
  });

  it("notes the end, and remembers nothing of it", async () => {
    [status.head, effectsOf] = ["Failed", () => [complaintAbout(5), done]];
    const attempt = createAttempt();
    expect(await attempt()).to.equal(DONE);
    expect(happened.slice(-4)).to.deep.equal(["complain", "done", "end: failed", "forget"]);
    head = 30;
    await attempt();
    expect(seen.at(-1)?.since).to.equal(30);
    expect(happened.filter((what) => what === "complaint about 5")).to.have.length(2);
  });
});
