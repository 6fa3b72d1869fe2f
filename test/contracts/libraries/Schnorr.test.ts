import { G, type Point, provePossession, SecretScalar, verifyPossession } from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify, keccak256, toUtf8Bytes } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { type Dice, multiple, rollDice } from "./fuzz.ts";
import { agreesWithPackage, nearby, nearbyPoint, type ProofSuite, refusesEveryWrongField } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type Input = LibraryHarness.SchnorrCaseStruct;

const prove = (dice: Dice): { publicKey: Point; message: Uint8Array; proof: { c: bigint; z: bigint } } => {
  const secret = dice.scalar();
  const message = dice.bytes32();
  return { publicKey: G.multiply(secret), message, proof: provePossession(SecretScalar.from(secret), message, dice.random) };
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
    const secret = 12345n;
    const publicKey = G.multiply(secret);
    const proof = { c: 7n, z: 7n * secret };
    expect(multiple(G, proof.z).equals(multiple(publicKey, proof.c))).to.equal(true);
    const message = keccak256(toUtf8Bytes("message"));
    expect(await harness.schnorr([{ publicKey: solidityPoint(publicKey), message, proof }])).to.deep.equal([false]);
  });
});
