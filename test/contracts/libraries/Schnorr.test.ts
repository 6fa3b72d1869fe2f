import {
  addressOfPoint,
  backend,
  CURVE_ORDER,
  DOMAINS,
  hashToScalar,
  type Point,
  provePossession,
  SecretScalar,
  verifyPossession,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { type Dice, offCurve, rollDice } from "./fuzz.ts";
import { agreesWithPackage, nearby, nearbyPoint, type ProofSuite, refusesEveryWrongField } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type Input = LibraryHarness.SchnorrCaseStruct;

const prove = (dice: Dice): { publicKey: Point; message: Uint8Array; proof: { c: bigint; z: bigint } } => {
  const secret = dice.scalar();
  const message = dice.bytes32();
  return { publicKey: backend.mulG(secret), message, proof: provePossession(SecretScalar.from(secret), message, dice.random) };
};

const inputOf = ({ publicKey, message, proof }: ReturnType<typeof prove>): Input => ({
  publicKey: solidityPoint(publicKey),
  message: hexlify(message),
  proof,
});

const suite: ProofSuite<Input> = {
  name: "Schnorr",
  verify: (batch) => harness.schnorr(batch),
  valid: () => inputOf(prove(rollDice("Schnorr.valid"))),
  points: ["publicKey"],
  scalars: ["proof.c", "proof.z"],
  words: ["message"],
  hintPoints: [],
  inverses: [],
};

describe("Schnorr", () => {
  refusesEveryWrongField(suite);

  agreesWithPackage(suite, (dice) => {
    const { publicKey, message, proof } = prove(dice);
    const changed =
      dice.below(2) === 0
        ? { publicKey, message, proof }
        : {
            publicKey: nearbyPoint(dice, publicKey),
            message: dice.pick([message, message, dice.bytes32()]),
            proof: { c: nearby(dice, proof.c), z: nearby(dice, proof.z) },
          };
    return { input: inputOf(changed), expected: verifyPossession(changed.publicKey, changed.message, changed.proof) };
  });

  it("refuses a proof whose commitment is infinite: zG = cP (attacks 25, 39)", async () => {
    const [secret, message] = [12345n, new Uint8Array(32).fill(7)];
    const publicKey = backend.mulG(secret);
    const c = hashToScalar(DOMAINS.possession, message, publicKey, 0n);
    const input = inputOf({ publicKey, message, proof: { c, z: (c * secret) % CURVE_ORDER } });
    expect(await harness.schnorr([input])).to.deep.equal([false]);
  });

  it("refuses a proof made for a point off the curve that ecrecover takes (attacks 26, 27)", async () => {
    const [secret, nonce, message] = [12345n, 54321n, new Uint8Array(32).fill(7)];
    const publicKey = offCurve(solidityPoint(backend.mulG(secret)));
    const prove = ({ x, y }: SolidityPoint) => {
      const c = hashToScalar(DOMAINS.possession, message, x, y, addressOfPoint(backend.mulG(nonce)));
      return { publicKey: { x, y }, message: hexlify(message), proof: { c, z: (nonce + c * secret) % CURVE_ORDER } };
    };
    expect(await harness.schnorr([prove(solidityPoint(backend.mulG(secret))), prove(publicKey)])).to.deep.equal([true, false]);
  });
});
