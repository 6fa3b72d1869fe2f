import { nobleBackend } from "@keyquorum/threshold";
import { bytesToHex, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { createServerKeyTrial, idOf } from "../testing/serverKeyTrial.ts";
import type { AbortAsk, CommitAsk, Contribution, DealAsk, ServerKeyAnswers } from "./messages.ts";
import { serverKeySessionOf } from "./session.ts";
import { abortStatement } from "./statements.ts";

const ID = idOf(0x1d);
const SLOTS = [1, 3, 7];
type Trial = Awaited<ReturnType<typeof createServerKeyTrial>>;
const isKey = (outcome: string): boolean => /^0[23][0-9a-f]{64}$/.test(outcome);

describe("a server key's session", () => {
  it("when all are there, every member should hold the key, for any t below n", async () => {
    for (const threshold of [0, 1, 2]) {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      expect(isKey(await trial.generate(3, ID, threshold)), `t = ${threshold}`).to.equal(true);
      expect(trial.stages(ID)).to.deep.equal(["generated", "generated", "generated"]);
    }
  });

  it("when the id has a key, any further proposal of it should be refused: by another coordinator, with another t", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    await trial.generate(3, ID, 1);
    expect(await trial.generate(3, ID, 1)).to.equal("ALREADY_GENERATED 3");
    expect(await trial.generate(1, ID, 2)).to.equal("ALREADY_GENERATED 1");
  });

  for (const question of ["propose", "commit", "deal", "verdict"] as const)
    it(`when a member is silent at "${question}", it should be named, nothing left, and the id free at once, for another t too`, async () => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      trial.network.isSilent = (slot, asked) => slot === 7 && asked === question;
      expect(await trial.generate(3, ID, 1)).to.equal("ABSENT 7");
      expect(trial.stages(ID)).to.deep.equal(["none", "none", "none"]);
      trial.network.isSilent = () => false;
      expect(isKey(await trial.generate(7, ID, 2))).to.equal(true);
    });

  it("when a member is silent at the confirmations, all should wait, nobody be told, and the session end with a key when it is back", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    trial.network.isSilent = (slot, asked) => slot === 7 && asked === "confirm";
    expect(await trial.generate(3, ID, 1)).to.equal("ABSENT 7");
    expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
    trial.world.now += 3_600_000;
    expect(await trial.generate(1, ID, 1), "it binds its members whatever the time").to.equal("BUSY 1");
    trial.network.isSilent = () => false;
    const outcome = await trial.end(7, ID);
    expect(isKey(outcome)).to.equal(true);
    expect(trial.stages(ID)).to.deep.equal(["generated", "generated", "generated"]);
    expect(await trial.end(1, ID)).to.equal(outcome);
  });

  it("when the result is lost, who lacks it should get it from a member that has it", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    trial.network.isSilent = (slot, asked) => slot !== 3 && asked === "result";
    const outcome = await trial.generate(3, ID, 1);
    expect(trial.stages(ID)).to.deep.equal(["confirmed", "generated", "confirmed"]);
    trial.network.isSilent = (slot, asked) => slot === 7 && asked === "confirm"; // one that has it suffices
    expect(await trial.end(1, ID)).to.equal(outcome);
  });

  it("when a removal is seen before the verdict, or before the confirmation by all but one, the session should be given up everywhere (D56)", async () => {
    const early = await createServerKeyTrial({ slots: SLOTS });
    early.world.hit = [7];
    expect(await early.generate(3, ID, 1)).to.equal("ABORTED 7");
    expect(early.stages(ID)).to.deep.equal(["none", "none", "none"]);
    const late = await createServerKeyTrial({ slots: SLOTS });
    late.network.isSilent = (slot, asked) => slot !== 3 && asked === "confirm";
    expect(await late.generate(3, ID, 1)).to.match(/^ABSENT/);
    expect(late.stages(ID)).to.deep.equal(["accepted", "confirmed", "accepted"]);
    late.world.hit = [1, 3, 7];
    late.network.isSilent = () => false;
    expect(await late.end(3, ID)).to.match(/^ABORTED/);
    expect(late.stages(ID)).to.deep.equal(["none", "none", "none"]);
  });

  it("when a member fell silent after its verdict and is removed, what others only accepted should be forgotten, and what they confirmed wait", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    trial.network.isSilent = (slot, asked) => slot !== 3 && asked === "confirm";
    expect(await trial.generate(3, ID, 1)).to.match(/^ABSENT/);
    trial.network.isSilent = (slot) => slot === 7;
    trial.world.now += 86_400_000;
    for (const { own } of trial.nodes) await own.sweep();
    expect(trial.stages(ID), "nobody is removed").to.deep.equal(["accepted", "confirmed", "accepted"]);
    trial.world.hit = [1, 3];
    for (const slot of [1, 3]) await trial.at(slot).own.sweep();
    expect(trial.stages(ID)).to.deep.equal(["none", "confirmed", "accepted"]);
    expect(await trial.end(3, ID), "and it says so").to.equal("ABORTED 1");
  });

  it("when all others gave their word against a session with t = n - 1, who confirmed should give it up", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    trial.network.isSilent = (slot, asked) => slot !== 3 && asked === "confirm";
    expect(await trial.generate(3, ID, 2)).to.match(/^ABSENT/);
    trial.world.hit = [1];
    trial.network.isSilent = (slot) => slot === 7;
    expect(await trial.end(3, ID)).to.equal("ABORTED 1");
    expect(trial.stages(ID), "one word is not enough").to.deep.equal(["none", "confirmed", "accepted"]);
    trial.world.hit = [1, 7];
    trial.network.isSilent = () => false;
    expect(await trial.end(3, ID)).to.match(/^ABORTED/);
    expect(trial.stages(ID)).to.deep.equal(["none", "none", "none"]);
  });

  for (const [kind, answer] of [
    ["word", { kind: "aborted", slot: 1, signature: new Uint8Array(65) }],
    [
      "complaint",
      { kind: "complaint", slot: 1, dealer: 3, shared: nobleBackend.mulG(1n), proof: { c: 1n, z: 1n }, signature: new Uint8Array(65) },
    ],
  ] as const)
    it(`when a ${kind} that nobody signed is given instead of a verdict, it should free nobody`, async () => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      trial.network.isSilent = (slot, asked) => slot === 7 && asked === "confirm";
      await trial.generate(3, ID, 1);
      const one = trial.at(1);
      one.answers = { ...one.own, verdict: async () => answer };
      expect(await trial.end(7, ID)).to.equal("BAD_ANSWER 1");
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
      one.answers = one.own;
      trial.network.isSilent = () => false;
      expect(isKey(await trial.end(7, ID))).to.equal(true);
    });

  it("when two coordinators propose an id at once, the lower one should win, and no second key be made", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    const [seven, one] = await Promise.all([trial.generate(7, ID, 1), trial.generate(1, ID, 2)]);
    expect([isKey(one), seven.split(" ")[0]]).to.deep.equal([true, "BUSY"]);
    expect(trial.stages(ID)).to.deep.equal(["generated", "generated", "generated"]);
  });

  it("when a session that rests was left by its coordinator, it should be forgotten after half a minute", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    trial.network.isSilent = (slot, asked) => (slot === 7 && asked === "deal") || asked === "abort";
    await trial.generate(3, ID, 1);
    expect(trial.stages(ID)).to.deep.equal(["dealt", "none", "dealt"]);
    expect(await trial.generate(3, ID, 1)).to.equal("BUSY 1");
    for (const { own } of trial.nodes) await own.sweep();
    expect(trial.stages(ID), "not yet").to.deep.equal(["dealt", "none", "dealt"]);
    trial.world.now += 30_000;
    for (const { own } of trial.nodes) await own.sweep();
    expect(trial.stages(ID)).to.deep.equal(["none", "none", "none"]);
  });

  describe("given a member that has committed to a dealing", () => {
    const committed = async () => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      const asks: CommitAsk[] = [];
      const seven = trial.at(7);
      seven.answers = {
        ...seven.own,
        commit: async (ask, from) => {
          asks.push(ask);
          return seven.own.commit(ask, from);
        },
      };
      trial.network.isSilent = (slot, asked) => slot === 1 && asked === "commit";
      expect(await trial.generate(3, ID, 1)).to.equal("ABSENT 1");
      const [ask] = asks;
      if (ask === undefined) throw new Error("it was asked");
      return { trial, seven, ask };
    };

    it("when the session was given up and its contributions are shown again, it should not deal again", async () => {
      const { trial, seven, ask } = await committed();
      expect(trial.stages(ID)).to.deep.equal(["none", "none", "none"]);
      expect((await seven.own.commit(ask, 3)).kind).to.equal("busy");
      trial.network.isSilent = () => false;
      await trial.generate(3, ID, 1);
      expect((await seven.own.commit(ask, 3)).kind).to.equal("generated");
    });
    it("when the same question comes twice, it should give the same commitment", async () => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      const seven = trial.at(7);
      const given: string[] = [];
      seven.answers = {
        ...seven.own,
        commit: async (ask, from) => {
          const answers = [await seven.own.commit(ask, from), await seven.own.commit(ask, from)];
          for (const answer of answers) if (answer.kind === "commitment") given.push(bytesToHex(answer.commitment));
          return seven.own.commit(ask, from);
        },
      };
      expect(isKey(await trial.generate(3, ID, 1))).to.equal(true);
      expect([given.length, new Set(given).size]).to.deep.equal([2, 1]);
    });
    it("when somebody else than the coordinator shows the contributions, or leaves one out, it should refuse", async () => {
      const { seven, ask } = await committed();
      const reasonOf = (work: Promise<unknown>) => work.catch((error: { readonly reason: string }) => error.reason);
      expect(await reasonOf(seven.own.commit(ask, 1))).to.equal("BAD_QUESTION");
      expect(await reasonOf(seven.own.commit({ ...ask, contributions: ask.contributions.slice(1) }, 3))).to.equal("BAD_QUESTION");
      const [first, ...others] = ask.contributions as readonly [Contribution, ...Contribution[]];
      const forged = [{ ...first, contribution: new Uint8Array(32).fill(5) }, ...others];
      expect(await reasonOf(seven.own.commit({ ...ask, contributions: forged }, 3))).to.equal("BAD_QUESTION");
    });
  });

  describe("given members that have confirmed, while one is silent", () => {
    const waiting = async () => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      trial.network.isSilent = (slot, asked) => slot === 7 && asked === "confirm";
      await trial.generate(3, ID, 1);
      const row = trial.at(1).disk.get(ID);
      if (row === undefined) throw new Error("it waits");
      const session = { proposal: row.proposal, sid: row.sid };
      const wordOf = (slot: number) => ({
        ...session,
        slot,
        signature: trial.at(slot).contextOf(row.proposal).sign(abortStatement(session, slot)),
      });
      return { trial, session, wordOf };
    };

    it("when one other member gives its word against it, they should wait, and give up on two (t = 1)", async () => {
      const { trial, wordOf } = await waiting();
      await trial.at(1).own.abort(wordOf(7), 7);
      await trial.at(1).own.abort(wordOf(7), 7);
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
      await trial.at(1).own.abort({ ...wordOf(3), signature: new Uint8Array(65) }, 3);
      await trial.at(1).own.abort(wordOf(1), 1);
      expect(trial.stages(ID), "nor on a forged one, or its own").to.deep.equal(["confirmed", "confirmed", "accepted"]);
      await trial.at(1).own.abort(wordOf(3), 3);
      expect(trial.stages(ID)).to.deep.equal(["none", "confirmed", "accepted"]);
    });
    it("when it accepted only, it should give up on one word that it asked for, or of the coordinator", async () => {
      const { trial, wordOf } = await waiting();
      await trial.at(7).own.abort(wordOf(1), 1);
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
      const other = await waiting();
      await other.trial.at(7).own.abort(other.wordOf(3), 1);
      expect(other.trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "none"]);
      await trial.at(7).own.abort(wordOf(1), 7);
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "none"]);
    });
    it("when it drove the session, it should not give up what it is bound to", async () => {
      const { trial, session } = await waiting();
      expect(await trial.at(3).own.giveUp(session, new Uint8Array(32))).to.equal(undefined);
      expect(await trial.at(7).own.giveUp(session, new Uint8Array(32)), "accepted binds, too").to.equal(undefined);
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
    });
    it("when it is shown the verdicts of some, or the confirmations of some, it should refuse", async () => {
      const { trial, session } = await waiting();
      const confirmed = trial.at(1).disk.get(ID);
      if (confirmed?.stage !== "confirmed") throw new Error("it confirmed");
      const reasonOf = (work: Promise<unknown>) => work.catch((error: { readonly reason: string }) => error.reason);
      expect(await reasonOf(trial.at(7).own.confirm({ ...session, verdicts: confirmed.verdicts.slice(1) }, 1))).to.equal("BAD_QUESTION");
      expect(await reasonOf(trial.at(1).own.result({ ...session, confirmations: [] }, 3))).to.equal("BAD_QUESTION");
      expect(trial.stages(ID)).to.deep.equal(["confirmed", "confirmed", "accepted"]);
    });
  });

  it("when it gave its word against a session, a member should not enter it afterwards", async () => {
    const trial = await createServerKeyTrial({ slots: SLOTS });
    const seven = trial.at(7);
    const given: string[] = [];
    seven.answers = {
      ...seven.own,
      commit: async (ask, from) => {
        const sid = serverKeySessionOf(seven.contextOf(ask.proposal), ask.proposal, ask.contributions);
        given.push((await seven.own.verdict({ proposal: ask.proposal, sid, dealings: [] }, from)).kind);
        const answer = await seven.own.commit(ask, from);
        given.push(answer.kind);
        return answer;
      },
    };
    expect(await trial.generate(3, ID, 1)).to.equal("BUSY 7");
    expect(given).to.deep.equal(["aborted", "busy"]);
  });

  describe("when a member wants to stop a session that another one drives, by what it does to a third", () => {
    /** 7 does this to 1 before it answers a question of the coordinator, 3. */
    const meddling = async <Name extends "propose" | "deal" | "verdict">(
      question: Name,
      meddle: (trial: Trial, ask: Parameters<ServerKeyAnswers[Name]>[0]) => Promise<unknown>,
    ) => {
      const trial = await createServerKeyTrial({ slots: SLOTS });
      const { own } = trial.at(7);
      const answer = async (ask: never, from: never): Promise<unknown> => {
        await meddle(trial, ask);
        return (own[question] as (ask: never, from: never) => Promise<unknown>)(ask, from); // safe: its own question
      };
      trial.at(7).answers = { ...own, [question]: answer };
      return trial;
    };
    const madeUp = parseSessionId(`0x${"5e".repeat(32)}`);

    it("no word about a made-up session should cost the third its offer", async () => {
      const given: string[] = [];
      const trial = await meddling("propose", async ({ at }, { proposal }) =>
        given.push((await at(1).own.verdict({ proposal, sid: madeUp, dealings: [] }, 7)).kind),
      );
      expect(isKey(await trial.generate(3, ID, 1))).to.equal(true);
      expect(given).to.deep.equal(["busy"]);
    });
    it("a word about a session that the third dealt in, and gave up, should be given, and cost it nothing", async () => {
      const asks: DealAsk[] = [];
      const trial = await meddling("deal", async (_trial, ask) => asks.push(ask));
      trial.network.isSilent = (slot, asked) => slot === 1 && asked === "deal";
      expect(await trial.generate(3, ID, 1)).to.equal("ABSENT 1");
      trial.network.isSilent = () => false;
      const given: string[] = [];
      const seven = trial.at(7);
      seven.answers = {
        ...seven.own,
        propose: async (ask) => {
          for (const old of asks) given.push((await trial.at(1).own.deal(old, 7)).kind);
          return seven.own.propose(ask);
        },
      };
      expect(isKey(await trial.generate(3, ID, 2))).to.equal(true);
      expect(given).to.deep.equal(["aborted"]);
    });
    for (const question of ["deal", "verdict"] as const)
      it(`its own word, sent at "${question}", should take nobody else out of the session`, async () => {
        const trial = await meddling(question, ({ at }, { proposal, sid }) => {
          const signature = at(7).contextOf(proposal).sign(abortStatement({ proposal, sid }, 7));
          return at(1).own.abort({ proposal, sid, slot: 7, signature }, 7);
        });
        expect(isKey(await trial.generate(3, ID, 1))).to.equal(true);
      });
    it("the coordinator's word that withdrew another proposal should withdraw nothing when another member sends it", async () => {
      const words: AbortAsk[] = [];
      const trial = await meddling("propose", async ({ at }, { proposal }) => {
        for (const word of words) await at(1).own.abort({ ...word, proposal }, 7);
      });
      const seven = trial.at(7);
      const abort = (word: AbortAsk, from: number) => {
        words.push(word);
        return seven.own.abort(word, from);
      };
      seven.answers = { ...seven.answers, abort };
      trial.network.isSilent = (slot, asked) => slot === 1 && asked === "propose";
      expect(await trial.generate(3, ID, 1)).to.equal("ABSENT 1");
      trial.network.isSilent = () => false;
      expect(words.length).to.equal(1);
      expect(isKey(await trial.generate(3, ID, 2))).to.equal(true);
    });
  });

  it("when a coordinator leaves 64 sessions behind, it should get no further one, and others should; nor be blamed for a member that was removed", async () => {
    const trial = await createServerKeyTrial({ slots: [...SLOTS, 9] });
    trial.network.isSilent = (slot, asked) => slot === 7 && asked === "confirm";
    for (let byte = 1; byte <= 64; byte += 1) await trial.generate(3, idOf(byte), 0);
    trial.network.isSilent = () => false;
    expect(await trial.generate(3, idOf(0xdd), 0)).to.match(/^REFUSED/);
    expect(isKey(await trial.generate(1, idOf(0xee), 0))).to.equal(true);
    expect(isKey(await trial.generate(3, idOf(0xdd), 0, [1, 3, 9])), "the sessions waited for 7").to.equal(true);
  });
});
