import { encodePoint } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { computeAddress, recoverAddress } from "ethers";
import { ECDSA_MALICES, EXPECTED } from "../../testing/ecdsaMalice.ts";
import { lie, pairsOf, slotsNamed } from "../../testing/ecdsaTests.ts";
import { createEcdsaTrial } from "../../testing/ecdsaTrial.ts";
import { attemptEcdsa } from "./attempt.ts";
import { judgeEcdsaShare } from "./judge.ts";

describe("an ECDSA signature of many keepers", () => {
  for (const [members, threshold] of [
    [3, 1],
    [4, 1],
    [5, 2],
    [7, 2],
  ] as const)
    it(`by ${2 * threshold + 1} of ${members} should verify by noble and ethers, at the first attempt, also under a derived key`, async () => {
      for (const offset of [0n, 987654321n]) {
        const trial = createEcdsaTrial({ seed: 10 * members + threshold, members, threshold, offset });
        const { signature, attempts, faults } = await trial.sign(1);
        expect([attempts, faults.length]).to.deep.equal([1, 0]);
        const key = encodePoint(trial.publicKey);
        expect(secp256k1.verify(signature.subarray(0, 64), trial.request.digest, key, { prehash: false, lowS: true })).to.equal(true);
        expect(recoverAddress(bytesToHex(trial.request.digest), bytesToHex(signature))).to.equal(computeAddress(bytesToHex(key)));
      }
    });

  it("at (5,2) should need all five, and at (7,2) any five of seven", async () => {
    for (const slot of [1, 2, 3, 4, 5]) {
      const trial = createEcdsaTrial({ seed: slot, members: 5, threshold: 2 });
      lie(trial, slot, "silentDeal");
      const { code } = await trial.sign(slot === 1 ? 2 : 1);
      expect(code).to.equal("TOO_FEW_SIGNERS");
    }
    for (const [one, other] of pairsOf([1, 2, 3, 4, 5, 6, 7])) {
      const trial = createEcdsaTrial({ seed: 100 * one + other, members: 7, threshold: 2 });
      for (const slot of [one, other]) lie(trial, slot, "silentNonce");
      const coordinator = [1, 2, 3].find((slot) => slot !== one && slot !== other) as number;
      const { code, signature } = await trial.sign(coordinator);
      expect([code, trial.isRight(signature)]).to.deep.equal(["signed", true]);
    }
  }).timeout(60_000);
});

describe("a liar among ECDSA signers", () => {
  for (const malice of ECDSA_MALICES)
    it(`that is "${malice}" should be found out, nobody honest named, and the signature made without it`, async () => {
      const trial = createEcdsaTrial({ seed: 7, members: 4, threshold: 1 });
      lie(trial, 2, malice);
      const { ports } = trial.portsOf(1);
      const end = await attemptEcdsa(ports, [1, 2, 3]);
      if (end.kind === "signed") return expect.fail("it was not found out");
      const { faults: found, pairs, out } = end;
      const said = [
        ...found.map(({ slot, reason }) => `${slot} ${reason}`),
        ...pairs.map((pair) => `${pair.toSorted()} pair`),
        ...[...out.keys()].map((slot) => `${slot} out`),
      ];
      const expected = EXPECTED[malice];
      // Whom it accuses, or is accused by, is the honest one of the pair.
      expect(said).to.deep.equal([expected === "pair" ? "1,2 pair" : `2 ${expected}`]);
      const { signature, faults } = await trial.sign(1);
      expect(trial.isRight(signature)).to.equal(true);
      expect(slotsNamed(faults).filter((slot) => slot !== 2)).to.deep.equal([]);
    });

  it("all 21 sets of two at (7,2) that send wrong shares should be named exactly, by evidence that convicts them before anybody", async () => {
    for (const liars of pairsOf([1, 2, 3, 4, 5, 6, 7])) {
      const trial = createEcdsaTrial({ seed: 1000 + 10 * liars[0] + liars[1], members: 7, threshold: 2 });
      for (const slot of liars) lie(trial, slot, "wrongShare");
      const coordinator = trial.slots.find((slot) => !liars.includes(slot)) as number;
      const { signature, faults, attempts } = await trial.sign(coordinator);
      expect(trial.isRight(signature)).to.equal(true);
      const asked = faults.filter(({ slot }) => liars.includes(slot));
      expect(asked.length, "nobody else").to.equal(faults.length);
      expect(attempts <= 3).to.equal(true);
      for (const { evidence } of faults) {
        if (evidence === undefined) return expect.fail("no evidence");
        expect(judgeEcdsaShare(trial.keyring, trial.request, evidence)).to.equal("wrong");
      }
    }
  }).timeout(120_000);
});
