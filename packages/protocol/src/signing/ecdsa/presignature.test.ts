import { bytesToHex, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { ecdsaSteps } from "../../testing/ecdsaSteps.ts";
import { codeOf, failedCheck } from "../../testing/ecdsaTests.ts";
import { createEcdsaTrial, type EcdsaTrial } from "../../testing/ecdsaTrial.ts";
import { presignEcdsa } from "./attempt.ts";
import { signWithEcdsa } from "./coordinator.ts";
import type { EcdsaRequest } from "./ports.ts";

describe("a presignature", () => {
  const THREE = [1, 2, 3];
  const pooled = { requestId: ZERO_HASH };
  const trialOf = (pool?: number): EcdsaTrial =>
    createEcdsaTrial({ seed: 51, members: 4, threshold: 1, ...(pool === undefined ? {} : { pool }) });

  it("should not be made unless the operator allows it, nor more of them than that", async () => {
    expect(await codeOf(() => ecdsaSteps(trialOf(), THREE, pooled).ask.deal(1))).to.equal("SIGNING_DENIED");
    const trial = trialOf(2);
    const codes: string[] = [];
    for (let at = 0; at < 3; at += 1) codes.push(await codeOf(() => ecdsaSteps(trial, THREE, pooled).ask.deal(1)));
    expect(codes).to.deep.equal(["nothing", "nothing", "RATE_LIMITED"]);
  });

  it("should make a signature for the request that takes it, long after it was made", async () => {
    const trial = trialOf(2);
    const steps = ecdsaSteps(trial, THREE, pooled);
    const { products } = await steps.toProducts();
    trial.clock.monotonic += 3_600_000;
    trial.clock.wall += 3_600_000;
    const { requestId } = trial.request;
    const checks = await steps.each((slot) => steps.ask.check(slot, products, requestId));
    const agreements = await steps.each((slot) => steps.ask.agree(slot, checks, requestId));
    const shares = await steps.each((slot) => steps.ask.share(slot, agreements, requestId));
    expect(new Set(shares.map(({ delta }) => bytesToHex(delta))).size).to.equal(1);
    for (const { history } of THREE.map(trial.nodeAt)) expect(history.released.size).to.equal(1);
  });

  it("attack 33 (S3): asked for two requests, it should be gone for the second at every signer, and show no second set of points", async () => {
    const trial = trialOf(2);
    const steps = ecdsaSteps(trial, THREE, pooled);
    const { products } = await steps.toProducts();
    const other = trial.addRequest();
    const checks = await steps.each((slot) => steps.ask.check(slot, products, trial.request.requestId));
    for (const slot of THREE) {
      expect(await codeOf(() => steps.ask.check(slot, products, other.requestId))).to.equal("SIGNING_NONCE_GONE");
      expect(await codeOf(() => steps.ask.agree(slot, checks, trial.request.requestId)), "and the first is over, too").to.equal(
        "SIGNING_CONFLICT",
      );
    }
    const mixed = ecdsaSteps(trial, THREE, pooled);
    const before = await mixed.toProducts();
    const two = [
      await mixed.ask.check(1, before.products, trial.request.requestId),
      await mixed.ask.check(2, before.products, other.requestId),
      await mixed.ask.check(3, before.products, trial.request.requestId),
    ];
    expect(await failedCheck(() => mixed.ask.agree(1, two, trial.request.requestId)), "all must name one request").to.deep.equal([
      5,
      "messages",
    ]);
  });

  it("should serve requests on chain only, of its own key, and its own coordinator in the life that began it", async () => {
    const trial = trialOf(9);
    const byHttp = trial.addRequest({ blockHash: new Uint8Array(32) });
    const otherKey = trial.addRequest({ keyId: `0x${"0c".repeat(32)}` as EcdsaRequest["keyId"] });
    for (const { requestId } of [byHttp, otherKey]) {
      const steps = ecdsaSteps(trial, THREE, pooled);
      const { products } = await steps.toProducts();
      expect(await codeOf(() => steps.ask.check(2, products, requestId))).to.equal("SIGNING_CONFLICT");
    }
    const steps = ecdsaSteps(trial, THREE, pooled);
    await steps.toProducts();
    trial.nodeAt(2).restart();
    expect(await codeOf(() => steps.ask.open(2)), "in memory only").to.equal("SIGNING_NONCE_GONE");
  });

  it("made and used by a coordinator: the signature should verify, and a later request take another one, or none", async () => {
    const trial = trialOf(2);
    const { ports } = trial.portsOf(1);
    const made = await presignEcdsa(ports, trial.request, THREE);
    if (made.kind !== "made") return expect.fail("not made");
    const held = [made.presignature];
    const first = await signWithEcdsa({ ...ports, takePresignature: () => held.pop() });
    expect([first.attempts, trial.isRight(first.signature), held.length]).to.deep.equal([1, true, 0]);
    // Used again, it is gone at every signer; the request is signed without it.
    const request = trial.addRequest();
    const { ports: later } = trial.portsOf(1, request);
    const second = await signWithEcdsa({ ...later, takePresignature: () => made.presignature });
    expect([second.attempts, trial.isRight(second.signature, request), second.faults.length]).to.deep.equal([2, true, 0]);
  });

  it("of which a signer started again should be worth nothing, and cost one attempt", async () => {
    const trial = trialOf(2);
    const { ports } = trial.portsOf(1);
    const made = await presignEcdsa(ports, trial.request, THREE);
    if (made.kind !== "made") return expect.fail("not made");
    trial.nodeAt(3).restart();
    const { attempts, signature, faults } = await signWithEcdsa({ ...ports, takePresignature: () => made.presignature });
    expect([attempts, trial.isRight(signature), faults.length]).to.deep.equal([2, true, 0]);
    expect(trial.nodeAt(3).history.released.size, "and be no reason not to ask that signer").to.equal(1);
  });

  it("should be used up by opening it", async () => {
    const trial = trialOf(2);
    const steps = ecdsaSteps(trial, THREE, pooled);
    const { products } = await steps.toProducts();
    expect("padKeys" in (await steps.ask.open(2))).to.equal(true);
    expect(await codeOf(() => steps.ask.check(2, products, trial.request.requestId))).to.equal("SIGNING_NONCE_GONE");
  });
});
