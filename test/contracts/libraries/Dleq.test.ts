import {
  addressOfPoint,
  backend,
  CURVE_ORDER,
  DOMAINS,
  dleqHints,
  G,
  hashToScalar,
  type Point,
  proveDleq,
  SecretScalar,
  verifyDleq,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { type Dice, inverseOfDifference, multiple, offCurve, pointOrZero, rollDice } from "./fuzz.ts";
import { agreesWithPackage, nearby, nearbyPoint, type ProofSuite, refusesEveryWrongField, withField } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type Input = LibraryHarness.DleqCaseStruct;
type Statement = { publicKey: Point; base: Point; image: Point; context: Uint8Array };
type Proof = { c: bigint; z: bigint };

const prove = (dice: Dice): { statement: Statement; proof: Proof } => {
  const secret = dice.scalar();
  const base = dice.point();
  const context = dice.bytes32();
  const statement = { publicKey: backend.mulG(secret), base, image: multiple(base, secret), context };
  return { statement, proof: proveDleq({ secret: SecretScalar.from(secret), base, context }, dice.random) };
};

const hintsOf = (statement: Statement, proof: Proof): { zU: SolidityPoint; cD: SolidityPoint; inverse: bigint } => {
  const { zU, cD, inverse } = dleqHints(statement, proof);
  return { zU: solidityPoint(zU), cD: solidityPoint(cD), inverse };
};

const inputOf = (
  { publicKey, base, image, context }: Statement,
  proof: Proof,
  hints = hintsOf({ publicKey, base, image, context }, proof),
): Input => ({
  s: solidityPoint(publicKey),
  u: solidityPoint(base),
  d: solidityPoint(image),
  context: hexlify(context),
  proof,
  hints,
});

const suite: ProofSuite<Input> = {
  name: "Dleq",
  verify: (batch) => harness.dleq(batch),
  valid: () => {
    const { statement, proof } = prove(rollDice("Dleq.valid"));
    return inputOf(statement, proof);
  },
  points: ["s", "u", "d"],
  scalars: ["proof.c", "proof.z"],
  words: ["context"],
  hintPoints: ["hints.zU", "hints.cD"],
  inverses: ["hints.inverse"],
};

describe("Dleq", () => {
  refusesEveryWrongField(suite);

  agreesWithPackage(suite, (dice) => {
    const { statement, proof } = prove(dice);
    if (dice.below(2) === 0) return { input: inputOf(statement, proof), expected: verifyDleq(statement, proof) };
    const changed = {
      publicKey: nearbyPoint(dice, statement.publicKey),
      base: nearbyPoint(dice, statement.base),
      image: nearbyPoint(dice, statement.image),
      context: dice.pick([statement.context, statement.context, dice.bytes32()]),
    };
    const changedProof = { c: nearby(dice, proof.c), z: nearby(dice, proof.z) };
    return { input: inputOf(changed, changedProof), expected: verifyDleq(changed, changedProof) };
  });

  it("refuses witnesses of equal x, whatever the hint (attack 40)", async () => {
    const [secret, base] = [5n, G.double()];
    const statement = { publicKey: backend.mulG(secret), base, image: multiple(base, secret), context: new Uint8Array(32) };
    for (const [c, z] of [
      [3n, 15n], // zU = cD: the commitment is infinite
      [3n, CURVE_ORDER - 15n], // zU = -cD: the hint cannot add them
    ] as const) {
      const [zU, cD] = [multiple(base, z), multiple(statement.image, c)].map(pointOrZero) as [SolidityPoint, SolidityPoint];
      for (const inverse of [0n, 1n, 2n ** 256n - 1n])
        expect(await harness.dleq([inputOf(statement, { c, z }, { zU, cD, inverse })])).to.deep.equal([false]);
    }
  });

  for (const field of ["none", "s", "u", "d"] as const)
    it(`${field === "none" ? "verifies a proof by hand" : `refuses one made for ${field} off the curve, which ecrecover takes`} (attacks 26, 27)`, async () => {
      const [secret, nonce, base, context] = [12345n, 54321n, backend.mulG(3n), new Uint8Array(32)];
      const right = { s: solidityPoint(backend.mulG(secret)), u: solidityPoint(base), d: solidityPoint(multiple(base, secret)) };
      const { s, u, d } = field === "none" ? right : withField(right, field, offCurve as never);
      const commitments = [backend.mulG(nonce), multiple(base, nonce)].map(addressOfPoint);
      const c = hashToScalar(DOMAINS.dleq, context, s.x, s.y, u.x, u.y, d.x, d.y, ...commitments);
      const proof = { c, z: (nonce + c * secret) % CURVE_ORDER };
      const hints = hintsOf({ publicKey: G, base, image: multiple(base, secret), context }, proof);
      expect(await harness.dleq([{ s, u, d, context: hexlify(context), proof, hints }])).to.deep.equal([field === "none"]);
    });

  for (const forged of ["zU", "cD"] as const)
    it(`refuses a false statement proved with a forged witness ${forged} (attack 40)`, async () => {
      const [secret, nonce, target, context] = [12345n, 54321n, backend.mulG(777n), new Uint8Array(32)];
      const [publicKey, base, image] = [backend.mulG(secret), backend.mulG(3n), backend.mulG(99n)]; // the image is not 3 * 12345 G
      const commitments = [backend.mulG(nonce), target].map(addressOfPoint);
      const c = hashToScalar(DOMAINS.dleq, context, publicKey, base, image, ...commitments);
      const z = (nonce + c * secret) % CURVE_ORDER;
      const right = { zU: multiple(base, z), cD: multiple(image, c) };
      const { zU, cD } = forged === "zU" ? { ...right, zU: target.add(right.cD) } : { ...right, cD: right.zU.subtract(target) };
      const hints = { zU: solidityPoint(zU), cD: solidityPoint(cD), inverse: inverseOfDifference(cD, zU) };
      expect(await harness.dleq([inputOf({ publicKey, base, image, context }, { c, z }, hints)])).to.deep.equal([false]);
    });

  it("refuses a false statement proved over the address zero, which a wrong hint gives (attacks 39, 40)", async () => {
    const [secret, nonce, context] = [12345n, 54321n, new Uint8Array(32)];
    const [publicKey, base, image] = [backend.mulG(secret), backend.mulG(3n), backend.mulG(99n)];
    const c = hashToScalar(DOMAINS.dleq, context, publicKey, base, image, addressOfPoint(backend.mulG(nonce)), 0n);
    const z = (nonce + c * secret) % CURVE_ORDER;
    const hints = { zU: solidityPoint(multiple(base, z)), cD: solidityPoint(multiple(image, c)), inverse: 1n };
    expect(await harness.dleq([inputOf({ publicKey, base, image, context }, { c, z }, hints)])).to.deep.equal([false]);
  });
});
