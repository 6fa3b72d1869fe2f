import { backend, encodePoint, parsePoint } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { ecdsaSteps } from "../../testing/ecdsaSteps.ts";
import { codeOf, failedCheck, slotsNamed } from "../../testing/ecdsaTests.ts";
import { createEcdsaTrial, type EcdsaTrial, type EcdsaTrialOptions, EPOCH, resigned } from "../../testing/ecdsaTrial.ts";
import type { BootId, SigningMessage } from "../messages.ts";
import { ECDSA_KINDS, type EcdsaAgreement, type EcdsaDeal, type EcdsaNonce } from "./messages.ts";
import { ecdsaAskStatement, ecdsaStatements } from "./statements.ts";

describe("an ECDSA signer and a hostile coordinator", () => {
  const THREE = [1, 2, 3];
  const trialOf = (options: Partial<EcdsaTrialOptions> = {}): EcdsaTrial =>
    createEcdsaTrial({ seed: 31, members: 4, threshold: 1, ...options });
  const released = (trial: EcdsaTrial): number => trial.nodes.reduce((sum, { history }) => sum + history.released.size, 0);

  it("attack 32 (S1): two digests for two halves: no share should leave", async () => {
    const other = new Uint8Array(32).fill(9);
    const trial = trialOf({ seenBy: (slot, request) => (slot === 3 ? { ...request, digest: other } : request) });
    const steps = ecdsaSteps(trial, THREE);
    const { agreements } = await steps.toAgreements();
    for (const slot of THREE) expect(await codeOf(() => steps.ask.share(slot, agreements))).to.equal("SIGNING_ABORTED");
    expect(released(trial)).to.equal(0);
    const { faults, code } = await trial.sign(1);
    expect([code, slotsNamed(faults)], "an honest coordinator names who agreed to another digest, and signs with the fourth").to.deep.equal(
      ["signed", [3]],
    );
  });

  it("attack 32 (S2): every signer should refuse any set but exactly 2t+1 members with itself, ascending, under its own id", async () => {
    const trial = trialOf();
    const sets = [[1, 2], [1, 2, 3, 4], [1, 3, 2], [1, 2, 9], [1]];
    for (const slots of sets)
      for (const slot of [1, 2])
        expect(await codeOf(() => ecdsaSteps(trial, slots).ask.deal(slot)), `${slots}`).to.equal("INVALID_REQUEST");
    expect(await codeOf(() => ecdsaSteps(trial, THREE).ask.deal(4)), "a set without itself").to.equal("INVALID_REQUEST");
    const twice = { session: bytesToHex(trial.dice.bytes(32)) as Hash32 };
    expect(await codeOf(() => ecdsaSteps(trial, [1, 2, 2], twice).ask.deal(2)), "one of them twice").to.equal("INVALID_REQUEST");
    const anotherId = bytesToHex(trial.dice.bytes(32)) as Hash32;
    expect(await codeOf(() => ecdsaSteps(trial, THREE, { session: anotherId }).ask.deal(1))).to.equal("INVALID_REQUEST");
    expect(trial.nodes.every(({ own }) => own.live() === 0)).to.equal(true);
  });

  it("attack 32 (S2): another set in a later round should be refused in each, and nothing leaves", async () => {
    for (const round of ["nonce", "product", "check", "agree", "share"] as const) {
      const trial = trialOf();
      const steps = ecdsaSteps(trial, THREE);
      const other = ecdsaSteps(trial, [1, 2, 4]);
      const [all, others] = [await steps.toAgreements(), await other.toAgreements()];
      const third = trialOf();
      const fresh = ecdsaSteps(third, THREE);
      // A message of the other set, and one message less, and one twice.
      const shownOf = { nonce: "deals", product: "nonces", check: "products", agree: "checks", share: "agreements" } as const;
      const list = all[shownOf[round]] as readonly EcdsaAgreement[];
      const instead = others[shownOf[round]] as readonly EcdsaAgreement[];
      for (const shown of [[...list.slice(0, 2), instead[2] as EcdsaAgreement], list.slice(0, 2), [...list, list[2] as EcdsaAgreement]]) {
        const ask = steps.ask[round] as (slot: number, shown: readonly EcdsaAgreement[]) => Promise<unknown>;
        expect(await codeOf(() => ask(2, shown)), round).to.be.oneOf(["SIGNING_ABORTED", "SIGNING_CONFLICT"]);
      }
      await fresh.each(fresh.ask.deal);
      expect(released(trial)).to.equal(0);
    }
  });

  it("attack 33 (S3): one session should release one share: asked again the same bytes, for other agreements nothing, after a restart nothing", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const { agreements } = await steps.toAgreements();
    const first = await steps.ask.share(2, agreements);
    expect(await steps.ask.share(2, agreements)).to.deep.equal(first);
    const others = agreements.map((one) => resigned(trial, one, { delta: new Uint8Array(32).fill(1) }, ecdsaStatements.agreement));
    expect(await codeOf(() => steps.ask.share(2, others))).to.equal("SIGNING_CONFLICT");
    trial.nodeAt(2).restart();
    expect(await codeOf(() => steps.ask.share(2, agreements))).to.equal("SIGNING_NONCE_GONE");
    expect(await codeOf(() => steps.ask.open(2))).to.equal("SIGNING_NONCE_GONE");
    expect(trial.nodeAt(2).history.released.size).to.equal(1);
  });

  it("attack 33 (S3): where the marker is there already, as after a copy of the machine, no share should leave", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const { agreements } = await steps.toAgreements();
    trial.nodeAt(2).history.released.set(steps.session, {
      session: steps.session,
      requestId: ZERO_HASH,
      digest: new Uint8Array(32),
      share: new Uint8Array(32),
    });
    expect(await codeOf(() => steps.ask.share(2, agreements))).to.equal("SIGNING_CONFLICT");
    expect(trial.nodeAt(2).own.live()).to.equal(0);
  });

  it("a share should leave only after it is durable, and after it was authorised anew at the check and before the share", async () => {
    const seen: string[] = [];
    const trial = trialOf({
      authorise: (slot) => () => Promise.resolve(void (slot === 2 && seen.push("authorised"))),
      onStore: (slot) => Promise.resolve(void (slot === 2 && seen.push("stored"))),
    });
    const steps = ecdsaSteps(trial, THREE);
    await steps.toProducts();
    expect(seen, "at the deal").to.deep.equal(["authorised"]);
    const again = ecdsaSteps(trial, THREE);
    seen.length = 0;
    const { agreements } = await again.toAgreements();
    expect(seen, "at deal and check").to.deep.equal(["authorised", "authorised"]);
    await again.ask.share(2, agreements);
    expect(seen.slice(2)).to.deep.equal(["authorised", "stored"]);
    const failing = trialOf({ onStore: () => Promise.reject(new KeyquorumError("UNAVAILABLE", "The disk is full.")) });
    const last = ecdsaSteps(failing, THREE);
    const all = await last.toAgreements();
    expect(await codeOf(() => last.ask.share(2, all.agreements))).to.equal("UNAVAILABLE");
    expect(await codeOf(() => last.ask.share(2, all.agreements)), "it is not tried again").to.equal("UNAVAILABLE");
  });

  it("attack S12: rules that say no later should stop it: at the check no point, before the share no share", async () => {
    for (const [allowed, round] of [
      [0, "deal"],
      [1, "check"],
      [2, "share"],
    ] as const) {
      let left = allowed;
      const denied = new KeyquorumError("SIGNING_DENIED");
      const trial = trialOf({ authorise: (slot) => () => (slot !== 2 || left-- > 0 ? Promise.resolve() : Promise.reject(denied)) });
      const steps = ecdsaSteps(trial, THREE);
      if (round === "deal") expect(await codeOf(() => steps.ask.deal(2))).to.equal("SIGNING_DENIED");
      else if (round === "check") {
        const { products } = await steps.toProducts();
        expect(await codeOf(() => steps.ask.check(2, products))).to.equal("SIGNING_DENIED");
      } else {
        const { agreements } = await steps.toAgreements();
        expect(await codeOf(() => steps.ask.share(2, agreements))).to.equal("SIGNING_DENIED");
        expect(trial.nodeAt(2).own.live(), "and it is over").to.equal(0);
      }
      expect(released(trial)).to.equal(0);
    }
  });

  it("attack S10: an agreement to another offset, delta or digest should be refused by everybody", async () => {
    for (const name of ["offset", "delta", "digest", "hash"] as const) {
      const trial = trialOf();
      const steps = ecdsaSteps(trial, THREE);
      const { agreements } = await steps.toAgreements();
      const shown = agreements.map((one) =>
        one.signer.slot === 3 ? resigned(trial, one, { [name]: new Uint8Array(32).fill(1) }, ecdsaStatements.agreement) : one,
      );
      for (const slot of [1, 2]) expect(await codeOf(() => steps.ask.share(slot, shown)), name).to.equal("SIGNING_ABORTED");
      expect(released(trial)).to.equal(0);
    }
  });

  it("attack 34 (S15): who has agreed should open nothing, and who has opened should agree to nothing", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const { agreements, checks } = await steps.toAgreements();
    // The liar's second agreement makes 2 refuse; 1 released. Then 2 must not open.
    await steps.ask.share(1, agreements);
    const second = agreements.map((one) =>
      one.signer.slot === 3 ? resigned(trial, one, { delta: new Uint8Array(32).fill(1) }, ecdsaStatements.agreement) : one,
    );
    expect(await codeOf(() => steps.ask.share(2, second))).to.equal("SIGNING_ABORTED");
    expect("padKeys" in (await steps.ask.open(2)), "it shows its agreement instead").to.equal(false);
    expect("padKeys" in (await steps.ask.open(1))).to.equal(false);
    expect(await codeOf(() => steps.ask.share(2, agreements)), "nor does it go on").to.equal("SIGNING_CONFLICT");

    const other = ecdsaSteps(trial, THREE);
    const before = await other.toProducts();
    const points = await other.each((slot) => other.ask.check(slot, before.products));
    expect("padKeys" in (await other.ask.open(2))).to.equal(true);
    expect(await codeOf(() => other.ask.agree(2, points))).to.equal("SIGNING_CONFLICT");
    expect(checks.length).to.equal(3);
    for (const { history } of trial.nodes) expect([...history.opened].filter((session) => history.agreed.has(session))).to.deep.equal([]);
  });

  it("attack S16: a session should be dealt once: the same question gets the same bytes, and its id is taken for ever", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const first = await steps.ask.deal(2);
    expect(await steps.ask.deal(2)).to.deep.equal(first);
    trial.clock.monotonic += 31_000;
    trial.clock.wall += 31_000;
    expect(await codeOf(() => steps.ask.deal(2)), "after its end").to.equal("SIGNING_CONFLICT");
    trial.nodeAt(2).restart();
    expect((await steps.ask.deal(2)).fresh, "in another life with other pads").not.to.deep.equal(first.fresh);
  });

  it("a signer in another of its lives should not go on in a session, nor be taken for the same", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const deals = await steps.each(steps.ask.deal);
    trial.nodeAt(3).restart();
    expect(await codeOf(() => steps.ask.nonce(3, deals))).to.equal("SIGNING_NONCE_GONE");
    const again = await steps.ask.deal(3);
    const nonces = [
      ...(await Promise.all([1, 2].map((slot) => steps.ask.nonce(slot, deals)))),
      await steps.ask.nonce(3, [...deals.slice(0, 2), again]),
    ];
    expect(await codeOf(() => steps.ask.product(1, nonces as never))).to.equal("SIGNING_ABORTED");
  });

  it("a question should be that of a member, of this session's coordinator, in its turn", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const unsigned = { ...steps.dealAsk, signature: new Uint8Array(65) };
    expect(await codeOf(() => trial.nodeAt(2).answers.deal(unsigned))).to.equal("INVALID_SIGNATURE");
    const stranger = { slot: 9, boot: trial.nodeAt(1).boot };
    expect(await codeOf(() => ecdsaSteps(trial, THREE, { coordinator: stranger }).ask.deal(2))).to.equal("INVALID_SIGNATURE");
    const { deals } = await steps.toProducts();
    const others = ecdsaSteps(trial, THREE, {}, 2);
    const asked = { ...others.dealAsk, session: steps.session };
    const signature = trial.keyring.sign(ecdsaAskStatement(asked, ECDSA_KINDS.askOpening, 0));
    expect(await codeOf(() => trial.nodeAt(3).answers.open({ ...asked, signature }))).to.equal("INVALID_REQUEST");
    const early = ecdsaSteps(trial, THREE);
    await early.each(early.ask.deal);
    expect(await codeOf(() => early.ask.product(1, [])), "before its turn").to.equal("SIGNING_CONFLICT");
    expect(deals.length).to.equal(3);
  });

  it("a split view that changes nothing but what somebody else was dealt should still be seen: by the hash of the round before", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const deals = await steps.each(steps.ask.deal);
    const third = deals[2] as EcdsaDeal;
    const parts = third.parts.map((part) => (part.slot === 1 ? { ...part, commit: new Uint8Array(32).fill(1) } : part));
    const others = [...deals.slice(0, 2), resigned(trial, third, { parts }, ecdsaStatements.deal)];
    const nonces = await Promise.all([steps.ask.nonce(1, deals), steps.ask.nonce(2, others), steps.ask.nonce(3, deals)]);
    for (const slot of THREE) expect(await failedCheck(() => steps.ask.product(slot, nonces as EcdsaNonce[]))).to.deep.equal([3, "hash"]);
  });

  it("a message that vouches for another round than this signer saw should be refused in every round", async () => {
    const hash = new Uint8Array(32).fill(1);
    const changed = <Said extends { readonly signer: { readonly slot: number }; readonly signature: Uint8Array }>(
      trial: EcdsaTrial,
      list: readonly Said[],
      statement: (said: Said) => SigningMessage,
    ): Said[] => list.map((one) => (one.signer.slot === 3 ? resigned(trial, one, { hash } as unknown as Partial<Said>, statement) : one));
    for (const round of [3, 4, 5]) {
      const trial = trialOf();
      const steps = ecdsaSteps(trial, THREE);
      const deals = await steps.each(steps.ask.deal);
      const nonces = (await steps.each((slot) => steps.ask.nonce(slot, deals))) as EcdsaNonce[];
      if (round === 3) {
        const shown = changed(trial, nonces, ecdsaStatements.nonce);
        expect(await failedCheck(() => steps.ask.product(1, shown))).to.deep.equal([3, "hash"]);
        continue;
      }
      const products = await steps.each((slot) => steps.ask.product(slot, nonces));
      if (round === 4) {
        const shown = changed(trial, products, ecdsaStatements.product);
        expect(await failedCheck(() => steps.ask.check(1, shown))).to.deep.equal([4, "hash"]);
        continue;
      }
      const checks = await steps.each((slot) => steps.ask.check(slot, products));
      const shown = changed(trial, checks, ecdsaStatements.check);
      expect(await failedCheck(() => steps.ask.agree(1, shown))).to.deep.equal([5, "hash"]);
    }
  });

  it("the checks of each round should be made by every signer itself, whatever the coordinator says", async () => {
    const moved = (point: Uint8Array): Uint8Array => encodePoint(backend.add(parsePoint(point), backend.mulG(1n)));
    for (const round of [3, 4, 5]) {
      const trial = trialOf();
      const steps = ecdsaSteps(trial, THREE);
      const deals = await steps.each(steps.ask.deal);
      const nonces = (await steps.each((slot) => steps.ask.nonce(slot, deals))) as EcdsaNonce[];
      if (round === 3) {
        const shown = nonces.map((one) =>
          one.signer.slot === 3 ? resigned(trial, one, { point: moved(one.point) }, ecdsaStatements.nonce) : one,
        );
        for (const slot of [1, 2]) expect(await failedCheck(() => steps.ask.product(slot, shown))).to.deep.equal([3, "nonceDegree"]);
        continue;
      }
      const products = await steps.each((slot) => steps.ask.product(slot, nonces));
      if (round === 4) {
        const shown = products.map((one) =>
          one.signer.slot === 3 ? resigned(trial, one, { point: moved(one.point) }, ecdsaStatements.product) : one,
        );
        for (const slot of [1, 2]) expect(await failedCheck(() => steps.ask.check(slot, shown))).to.deep.equal([4, "productDegree"]);
        continue;
      }
      const checks = await steps.each((slot) => steps.ask.check(slot, products));
      for (const name of ["a", "b", "e"] as const) {
        const shown = checks.map((one) =>
          one.signer.slot === 3 ? resigned(trial, one, { [name]: moved(one[name]) }, ecdsaStatements.check) : one,
        );
        const slot = name === "a" ? 1 : 2;
        if (name !== "e") expect(await failedCheck(() => steps.ask.agree(slot, shown))).to.deep.equal([5, "sums"]);
      }
    }
  });

  it("a signer should be shown its own message as it sent it, and the others' as they signed them", async () => {
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const deals = await steps.each(steps.ask.deal);
    const fresh = new Uint8Array(32).fill(2);
    const own = deals.map((one) => (one.signer.slot === 1 ? resigned(trial, one, { fresh }, ecdsaStatements.deal) : one));
    expect(await failedCheck(() => steps.ask.nonce(1, own)), "its own, of another content").to.deep.equal([2, "messages"]);
    const unsigned = deals.map((one) => (one.signer.slot === 3 ? { ...one, signature: new Uint8Array(65) } : one));
    expect(await failedCheck(() => steps.ask.nonce(2, unsigned))).to.deep.equal([2, "messages"]);
    const boot = `0x${"00".repeat(15)}09${"77".repeat(16)}` as BootId;
    const [longer, shorter] = [ecdsaSteps(trial, THREE), ecdsaSteps(trial, THREE)];
    const list = await longer.each(longer.ask.deal);
    expect(await failedCheck(() => longer.ask.nonce(1, [...list, list[2] as EcdsaDeal])), "one of them twice").to.deep.equal([
      2,
      "messages",
    ]);
    const fewer = (await shorter.each(shorter.ask.deal)).slice(0, 2);
    expect(await failedCheck(() => shorter.ask.nonce(1, fewer)), "one less").to.deep.equal([2, "messages"]);
    const lives = ecdsaSteps(trial, THREE);
    const dealtOnce = await lives.each(lives.ask.deal);
    const nonces = (await lives.each((slot) => lives.ask.nonce(slot, dealtOnce))) as EcdsaNonce[];
    const later = nonces.map((one) =>
      one.signer.slot === 3 ? resigned(trial, one, { signer: { slot: 3, boot } }, ecdsaStatements.nonce) : one,
    );
    expect(await failedCheck(() => lives.ask.product(1, later)), "another's, of another life").to.deep.equal([3, "messages"]);
    const again = ecdsaSteps(trial, THREE);
    const dealt = await again.each(again.ask.deal);
    const otherLife = dealt.map((one) =>
      one.signer.slot === 1 ? resigned(trial, one, { signer: { slot: 1, boot } }, ecdsaStatements.deal) : one,
    );
    expect(await failedCheck(() => again.ask.nonce(1, otherLife)), "its own, of another life").to.deep.equal([2, "messages"]);
  });

  it("secrets should be gone after the share, after 30 s, when the clocks part, with the epoch, and when the keeper stops", async () => {
    const ends: readonly [string, (trial: EcdsaTrial) => void][] = [
      ["30 s", ({ clock }) => void Object.assign(clock, { monotonic: clock.monotonic + 30_001, wall: clock.wall + 30_001 })],
      ["a machine that slept", ({ clock }) => void Object.assign(clock, { wall: clock.wall + 5_001 })],
      [
        "epoch",
        ({ nodes }) =>
          nodes.forEach(({ own }) => {
            own.endEpoch(EPOCH);
          }),
      ],
      [
        "stop",
        ({ nodes }) =>
          nodes.forEach(({ own }) => {
            own.stop();
          }),
      ],
    ];
    for (const [name, end] of ends) {
      const trial = trialOf();
      const steps = ecdsaSteps(trial, THREE);
      const { products } = await steps.toProducts();
      expect(trial.nodeAt(1).own.live(), name).to.equal(1);
      end(trial);
      trial.nodeAt(1).own.sweep();
      expect(trial.nodeAt(1).own.live(), name).to.equal(0);
      expect(await codeOf(() => steps.ask.check(1, products)), name).to.be.oneOf(["SIGNING_NONCE_GONE", "SHUTTING_DOWN"]);
    }
    const trial = trialOf();
    const steps = ecdsaSteps(trial, THREE);
    const { agreements } = await steps.toAgreements();
    await steps.ask.share(1, agreements);
    expect(trial.nodeAt(1).own.live()).to.equal(0);
  });

  it("attack S17: one coordinator should hold no more than its part of a keeper's sessions, nor try one request for ever", async () => {
    const trial = trialOf();
    const codes: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      const { requestId } = trial.addRequest();
      codes.push(await codeOf(() => ecdsaSteps(trial, THREE, { requestId }, 4).ask.deal(1)));
    }
    expect(codes.filter((code) => code === "nothing").length, "64 among 4 members").to.equal(16);
    expect(codes.at(-1)).to.equal("RATE_LIMITED");
    expect(await codeOf(() => ecdsaSteps(trial, THREE, {}, 2).ask.deal(1)), "another one has its own").to.equal("nothing");
    const other = trialOf();
    const tries: string[] = [];
    for (let at = 0; at < 66; at += 1) tries.push(await codeOf(() => ecdsaSteps(other, THREE).ask.deal(1)));
    expect(tries.indexOf("RATE_LIMITED")).to.equal(64);
    expect(other.nodeAt(1).own.live(), "a third attempt ends the first").to.equal(2);
  });
});
