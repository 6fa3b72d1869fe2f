import {
  addressOfPoint,
  backend,
  CURVE_ORDER,
  DOMAINS,
  encapsulate,
  G,
  hashToPoint,
  hashToScalar,
  type Point,
  SECOND_BASE,
  type Tdh2Ciphertext,
  tdh2Hints,
  verifyCiphertext,
} from "@keyquorum/threshold";
import { secp256k1_hasher } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { type Dice, inverseOfDifference, multiple, offCurve, plainPoint, pointOrZero, rollDice } from "./fuzz.ts";
import { agreesWithPackage, nearby, nearbyPoint, type ProofSuite, refusesEveryWrongField, withField } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type Input = LibraryHarness.Tdh2CaseStruct;
type Statement = { publicKey: Point; label: Uint8Array };

const seal = (dice: Dice): { statement: Statement; ciphertext: Tdh2Ciphertext } => {
  const statement = { publicKey: dice.point(), label: dice.bytes32() };
  return { statement, ciphertext: encapsulate(statement, dice.random).ciphertext };
};

const hintsOf = (ciphertext: Tdh2Ciphertext): { fGBar: SolidityPoint; eUBar: SolidityPoint; inverse: bigint } => {
  const { fGBar, eUBar, inverse } = tdh2Hints(ciphertext);
  return { fGBar: solidityPoint(fGBar), eUBar: solidityPoint(eUBar), inverse };
};

const inputOf = ({ publicKey, label }: Statement, ciphertext: Tdh2Ciphertext, hints = hintsOf(ciphertext)): Input => ({
  publicKey: solidityPoint(publicKey),
  label: hexlify(label),
  ciphertext: { u: solidityPoint(ciphertext.u), uBar: solidityPoint(ciphertext.uBar), e: ciphertext.e, f: ciphertext.f },
  hints,
});

const suite: ProofSuite<Input> = {
  name: "Tdh2",
  verify: (batch) => harness.tdh2(batch),
  valid: () => {
    const { statement, ciphertext } = seal(rollDice("Tdh2.valid"));
    return inputOf(statement, ciphertext);
  },
  points: ["publicKey", "ciphertext.u", "ciphertext.uBar"],
  scalars: ["ciphertext.e", "ciphertext.f"],
  words: ["label"],
  hintPoints: ["hints.fGBar", "hints.eUBar"],
  inverses: ["hints.inverse"],
};

describe("Tdh2", () => {
  it("has the second base that RFC 9380 gives", async () => {
    const dst = "KEYQUORUM-V1-TDH2_secp256k1_XMD:SHA-256_SSWU_RO_";
    const { x, y } = secp256k1_hasher.hashToCurve(toUtf8Bytes("second base"), { DST: dst }).toAffine();
    expect(plainPoint(await harness.secondBase())).to.deep.equal({ x, y });
    expect(solidityPoint(SECOND_BASE)).to.deep.equal({ x, y });
    expect(solidityPoint(hashToPoint(toUtf8Bytes("another base"), dst))).not.to.deep.equal({ x, y });
  });

  refusesEveryWrongField(suite);

  agreesWithPackage(suite, (dice) => {
    const { statement, ciphertext } = seal(dice);
    if (dice.below(2) === 0) return { input: inputOf(statement, ciphertext), expected: verifyCiphertext(statement, ciphertext) };
    const changed = {
      publicKey: nearbyPoint(dice, statement.publicKey),
      label: dice.pick([statement.label, statement.label, dice.bytes32()]),
    };
    const { u, uBar, e, f } = ciphertext;
    const changedCiphertext = { u: nearbyPoint(dice, u), uBar: nearbyPoint(dice, uBar), e: nearby(dice, e), f: nearby(dice, f) };
    return { input: inputOf(changed, changedCiphertext), expected: verifyCiphertext(changed, changedCiphertext) };
  });

  it("refuses a mauled header U + aG (attack 1)", async () => {
    const { statement, ciphertext } = seal(rollDice("mauled"));
    const mauled = { ...ciphertext, u: ciphertext.u.add(G), uBar: ciphertext.uBar.add(SECOND_BASE) };
    expect(await harness.tdh2([inputOf(statement, mauled)])).to.deep.equal([false]);
  });

  it("refuses witnesses of equal x, whatever the hint (attack 40)", async () => {
    const uBar = multiple(SECOND_BASE, 5n);
    for (const [e, f] of [
      [3n, 15n],
      [3n, CURVE_ORDER - 15n],
    ] as const) {
      const [fGBar, eUBar] = [multiple(SECOND_BASE, f), multiple(uBar, e)].map(pointOrZero) as [SolidityPoint, SolidityPoint];
      const ciphertext = { u: backend.mulG(5n), uBar, e, f };
      for (const inverse of [0n, 1n, 2n ** 256n - 1n]) {
        const input = inputOf({ publicKey: G, label: new Uint8Array(32) }, ciphertext, { fGBar, eUBar, inverse });
        expect(await harness.tdh2([input])).to.deep.equal([false]);
      }
    }
  });

  for (const field of ["none", "publicKey", "u", "uBar"] as const)
    it(`${field === "none" ? "verifies a proof by hand" : `refuses one made for ${field} off the curve, which ecrecover takes`} (attacks 26, 27)`, async () => {
      const [r, w, label] = [12345n, 54321n, new Uint8Array(32)];
      const right = {
        publicKey: solidityPoint(backend.mulG(99n)),
        u: solidityPoint(backend.mulG(r)),
        uBar: solidityPoint(multiple(SECOND_BASE, r)),
      };
      const { publicKey, u, uBar } = field === "none" ? right : withField(right, field, offCurve as never);
      const commitments = [backend.mulG(w), multiple(SECOND_BASE, w)].map(addressOfPoint);
      const e = hashToScalar(DOMAINS.tdh2, publicKey.x, publicKey.y, label, u.x, u.y, uBar.x, uBar.y, ...commitments);
      const f = (w + e * r) % CURVE_ORDER;
      const hints = hintsOf({ u: G, uBar: multiple(SECOND_BASE, r), e, f });
      const input = { publicKey, label: hexlify(label), ciphertext: { u, uBar, e, f }, hints };
      expect(await harness.tdh2([input])).to.deep.equal([field === "none"]);
    });

  for (const forged of ["fGBar", "eUBar"] as const)
    it(`refuses U and Ub of different randomness proved with a forged witness ${forged} (attack 40)`, async () => {
      const [r, w, target, label] = [12345n, 54321n, backend.mulG(777n), new Uint8Array(32)];
      const [publicKey, u, uBar] = [backend.mulG(99n), backend.mulG(r), multiple(SECOND_BASE, r + 1n)];
      const commitments = [backend.mulG(w), target].map(addressOfPoint);
      const e = hashToScalar(DOMAINS.tdh2, publicKey, label, u, uBar, ...commitments);
      const f = (w + e * r) % CURVE_ORDER;
      const right = { fGBar: multiple(SECOND_BASE, f), eUBar: multiple(uBar, e) };
      const { fGBar, eUBar } =
        forged === "fGBar" ? { ...right, fGBar: target.add(right.eUBar) } : { ...right, eUBar: right.fGBar.subtract(target) };
      const hints = { fGBar: solidityPoint(fGBar), eUBar: solidityPoint(eUBar), inverse: inverseOfDifference(eUBar, fGBar) };
      expect(await harness.tdh2([inputOf({ publicKey, label }, { u, uBar, e, f }, hints)])).to.deep.equal([false]);
    });

  it("refuses different randomness proved over the address zero, which a wrong hint gives (attacks 39, 40)", async () => {
    const [r, w, label] = [12345n, 54321n, new Uint8Array(32)];
    const [publicKey, u, uBar] = [backend.mulG(99n), backend.mulG(r), multiple(SECOND_BASE, r + 1n)];
    const e = hashToScalar(DOMAINS.tdh2, publicKey, label, u, uBar, addressOfPoint(backend.mulG(w)), 0n);
    const f = (w + e * r) % CURVE_ORDER;
    const hints = { fGBar: solidityPoint(multiple(SECOND_BASE, f)), eUBar: solidityPoint(multiple(uBar, e)), inverse: 1n };
    expect(await harness.tdh2([inputOf({ publicKey, label }, { u, uBar, e, f }, hints)])).to.deep.equal([false]);
  });
});
