import { backend, CURVE_ORDER, encodePoint, lagrangeAtZero, parsePoint } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { ecdsaSteps } from "../../testing/ecdsaSteps.ts";
import { lie, slotsNamed } from "../../testing/ecdsaTests.ts";
import { createEcdsaTrial, type EcdsaTrial, resigned } from "../../testing/ecdsaTrial.ts";
import type { BootId, SigningMessage } from "../messages.ts";
import { attemptEcdsa } from "./attempt.ts";
import { type EcdsaShareEvidence, judgeEcdsaShare } from "./judge.ts";
import { ECDSA_SAID } from "./kinds.ts";
import type {
  EcdsaAgreement,
  EcdsaAgreementAsk,
  EcdsaCheckMessage,
  EcdsaNonce,
  EcdsaProduct,
  EcdsaShare,
  EcdsaShareAsk,
} from "./messages.ts";
import { entriesOf } from "./messagesOf.ts";
import { ecdsaAskStatement, ecdsaRoundHash, ecdsaStatements } from "./statements.ts";

describe("evidence against an ECDSA signer", () => {
  const THREE = [1, 2, 3];
  const made = async (seed: number) => {
    const trial = createEcdsaTrial({ seed, members: 4, threshold: 1 });
    const steps = ecdsaSteps(trial, THREE);
    const all = await steps.toAgreements();
    const shares = await steps.each((slot) => steps.ask.share(slot, all.agreements));
    const evidenceOf = (at: number): EcdsaShareEvidence => ({
      ...{ nonces: all.nonces, product: all.products[at] as EcdsaProduct, check: all.checks[at] as EcdsaCheckMessage },
      ...{ agreement: all.agreements[at] as EcdsaAgreement, share: shares[at] as EcdsaShare },
    });
    return {
      trial,
      all,
      shares,
      evidenceOf,
      judge: (evidence: EcdsaShareEvidence) => judgeEcdsaShare(trial.keyring, trial.request, evidence),
    };
  };

  it("should find an honest share right, whoever shows it", async () => {
    const { evidenceOf, judge } = await made(41);
    for (const at of [0, 1, 2]) expect(judge(evidenceOf(at))).to.equal("right");
  });

  it("framing by a liar's second w should prove nothing: the honest one's own signature covers the first", async () => {
    const { trial, all, evidenceOf, judge } = await made(42);
    const w = all.nonces[2]?.w.map((byte, i) => (i === 31 ? byte ^ 1 : byte)) as Uint8Array;
    const second = resigned(trial, all.nonces[2] as EcdsaNonce, { w }, ecdsaStatements.nonce);
    expect(judge({ ...evidenceOf(0), nonces: [...all.nonces.slice(0, 2), second] })).to.equal("unproven");
  });

  it("framing by a second life should prove nothing: a check message of one, a share of the other, under one session id", async () => {
    const { trial, evidenceOf, judge } = await made(43);
    const boot = `0x${"00".repeat(15)}02${"77".repeat(16)}` as BootId;
    for (const name of ["product", "check", "agreement"] as const) {
      const evidence = evidenceOf(0);
      const said = { ...evidence[name], signer: { slot: 1, boot } };
      const signature = trial.keyring.sign((ecdsaStatements[name] as (one: typeof said) => SigningMessage)(said));
      expect(judge({ ...evidence, [name]: { ...said, signature } }), name).to.equal("unproven");
    }
  });

  it("should prove nothing with a message that its signer did not sign, of another request, session, epoch or statement", async () => {
    const { trial, evidenceOf, judge } = await made(44);
    const evidence = evidenceOf(0);
    const other = `0x${"ab".repeat(32)}` as Hash32;
    for (const name of ["product", "check", "agreement", "share"] as const)
      for (const change of [{ signature: new Uint8Array(65) }, { session: other }, { epoch: 4 }, { requestId: other }]) {
        expect(judge({ ...evidence, [name]: { ...evidence[name], ...change } }), `${name} ${Object.keys(change)}`).to.equal("unproven");
      }
    for (const name of ["product", "check", "agreement"] as const)
      for (const change of [{ session: other }, { epoch: 4 }, { requestId: other }]) {
        const said = { ...evidence[name], ...change };
        const signature = trial.keyring.sign((ecdsaStatements[name] as (one: typeof said) => SigningMessage)(said));
        expect(judge({ ...evidence, [name]: { ...said, signature } }), `signed, ${name} ${Object.keys(change)}`).to.equal("unproven");
      }
    for (const change of [{ digest: new Uint8Array(32).fill(1) }, { offset: 5n }, { blockHash: new Uint8Array(32) }])
      expect(judgeEcdsaShare(trial.keyring, { ...trial.request, ...change }, evidence)).to.equal("unproven");
    expect(judge({ ...evidence, nonces: evidence.nonces.slice(0, 2) })).to.equal("unproven");
  });

  it("should convict who shares for something else than it agreed to", async () => {
    const { trial, evidenceOf, judge } = await made(45);
    const evidence = evidenceOf(0);
    for (const name of ["digest", "offset", "delta", "hash"] as const) {
      const share = resigned(trial, evidence.share, { [name]: new Uint8Array(32).fill(3) }, ecdsaStatements.share);
      expect(judge({ ...evidence, share }), name).to.equal("wrong");
    }
    const share = resigned(trial, evidence.share, { s: new Uint8Array(32).fill(255) }, ecdsaStatements.share);
    expect(judge({ ...evidence, share }), "no scalar at all").to.equal("wrong");
  });

  it("framing by not opening: who shows that it agreed should not be named", async () => {
    const trial = createEcdsaTrial({ seed: 46, members: 4, threshold: 1 });
    // 3 claims a failed check in the agreement round after 1 and 2 agreed; its A is wrong, and the coordinator shows that to 3 alone.
    lie(trial, 3, "wrongA");
    const { ports } = trial.portsOf(1);
    const end = await attemptEcdsa(ports, THREE);
    if (end.kind === "signed") return expect.fail("signed");
    expect(slotsNamed(end.faults)).to.deep.equal([3]);
    const steps = ecdsaSteps(trial, THREE);
    lie(trial, 3, "none");
    await steps.toAgreements();
    const opening = await steps.ask.open(2);
    expect("padKeys" in opening).to.equal(false);
  });

  it("two liars that shift A, B and E so that the sums stay: the signature should be valid, and nobody named", async () => {
    const trial = createEcdsaTrial({ seed: 47, members: 7, threshold: 2 });
    const FIVE = [1, 2, 3, 4, 5];
    const [l4, l5] = [4, 5].map((slot) => lagrangeAtZero(FIVE, slot)) as [bigint, bigint];
    for (const [slot, by] of [
      [4, l5],
      [5, CURVE_ORDER - l4],
    ] as const)
      shiftChecks(trial, slot, by);
    const end = await attemptEcdsa(trial.portsOf(1).ports, FIVE);
    if (end.kind === "failed") return expect.fail(JSON.stringify(end.faults.map(({ slot, reason }) => [slot, reason])));
    expect(trial.isRight(end.signature)).to.equal(true);
  });
});

/** What liars would have sent, by session and slot. */
const unmoved = new Map<string, EcdsaCheckMessage>();
/** A liar whose points A, B and E are all moved by the same multiple of G, and which else does what its signer, kept in ignorance, says. */
const shiftChecks = (trial: EcdsaTrial, slot: number, by: bigint): void => {
  const node = trial.nodeAt(slot);
  const { own } = node;
  const shift = (bytes: Uint8Array): Uint8Array => encodePoint(backend.add(parsePoint(bytes), backend.mulG(by)));
  let ownHash = new Uint8Array(32);
  const asked = <Ask extends EcdsaAgreementAsk | EcdsaShareAsk>(ask: Ask, kind: 19 | 21, hash: Uint8Array): Ask => ({
    ...ask,
    signature: trial.keyring.sign(ecdsaAskStatement(ask, kind, hash)),
  });
  node.answers = {
    ...own,
    check: async (ask) => {
      const honest = await own.check(ask);
      unmoved.set(`${ask.session} ${slot}`, honest);
      const { a, b, e } = honest;
      return resigned(trial, honest, { a: shift(a), b: shift(b), e: shift(e) }, ecdsaStatements.check);
    },
    agree: async (ask) => {
      // Its signer sees both liars' points as they were.
      const checks = ask.checks.map((one) => unmoved.get(`${one.session} ${one.signer.slot}`) ?? one);
      ownHash = Uint8Array.from(ecdsaRoundHash(ask.session, 4, entriesOf(checks, ECDSA_SAID.check)));
      const said = await own.agree(asked({ ...ask, checks }, 19, ownHash));
      const hash = ecdsaRoundHash(ask.session, 4, entriesOf(ask.checks, ECDSA_SAID.check));
      return resigned(trial, said, { hash }, ecdsaStatements.agreement);
    },
    share: async (ask) => {
      const hash = ask.agreements[0]?.hash as Uint8Array;
      const agreements = ask.agreements.map((one) => resigned(trial, one, { hash: ownHash }, ecdsaStatements.agreement));
      const said = await own.share(
        asked({ ...ask, agreements }, 21, ecdsaRoundHash(ask.session, 5, entriesOf(agreements, ECDSA_SAID.agreement))),
      );
      return resigned(trial, said, { hash }, ecdsaStatements.share);
    },
  };
};
