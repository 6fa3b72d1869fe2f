import {
  backend,
  dleqHints,
  encapsulate,
  encryptShare,
  proveDleq,
  provePossession,
  SecretScalar,
  tdh2Hints,
  vesHints,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { solidityPoint } from "../../fixtures/points.ts";
import { multiple, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");
const dice = rollDice("gas");
const context = dice.bytes32();

/** Gas of the verification alone: D42. */
const expectGas = (name: string, { used, verified }: { used: bigint; verified: boolean }, limit: bigint): void => {
  console.log(`      ${name}: ${used} gas of at most ${limit}`);
  expect(verified).to.equal(true);
  expect(used).to.be.at.most(limit);
};

describe("gas of verification", () => {
  it("Schnorr takes at most 5 500", async () => {
    const secret = dice.scalar();
    const proof = provePossession(SecretScalar.from(secret), context);
    const publicKey = solidityPoint(backend.mulG(secret));
    expectGas("Schnorr", await harness.schnorrGas({ publicKey, message: hexlify(context), proof }), 5_500n);
  });

  it("DLEQ takes at most 15 000", async () => {
    const [secret, base] = [dice.scalar(), dice.point()];
    const image = multiple(base, secret);
    const proof = proveDleq({ secret: SecretScalar.from(secret), base, context });
    const { zU, cD, inverse } = dleqHints({ base, image }, proof);
    const result = await harness.dleqGas({
      s: solidityPoint(backend.mulG(secret)),
      u: solidityPoint(base),
      d: solidityPoint(image),
      context: hexlify(context),
      proof,
      hints: { zU: solidityPoint(zU), cD: solidityPoint(cD), inverse },
    });
    expectGas("DLEQ", result, 15_000n);
  });

  it("a TDH2 header takes at most 17 000", async () => {
    const publicKey = dice.point();
    const { ciphertext } = encapsulate({ publicKey, label: context });
    const { fGBar, eUBar, inverse } = tdh2Hints(ciphertext);
    const result = await harness.tdh2Gas({
      publicKey: solidityPoint(publicKey),
      label: hexlify(context),
      ciphertext: { ...ciphertext, u: solidityPoint(ciphertext.u), uBar: solidityPoint(ciphertext.uBar) },
      hints: { fGBar: solidityPoint(fGBar), eUBar: solidityPoint(eUBar), inverse },
    });
    expectGas("TDH2 header", result, 17_000n);
  });

  const vesCase = () => {
    const share = SecretScalar.from(dice.scalar());
    const [u, readerKey] = [dice.point(), dice.point()];
    const answer = encryptShare({ share, u, readerKey, context, nonceKey: dice.bytes32() });
    const { zsU, zkX, cV, inverse1, inverse2 } = vesHints({ u, readerKey }, answer);
    return {
      s: solidityPoint(backend.mulG(share.reveal())),
      u: solidityPoint(u),
      x: solidityPoint(readerKey),
      context: hexlify(context),
      answer: { ...answer, k: solidityPoint(answer.k), v: solidityPoint(answer.v) },
      hints: { zsU: solidityPoint(zsU), zkX: solidityPoint(zkX), cV: solidityPoint(cV), inverse1, inverse2 },
    };
  };

  it("a VES answer takes at most 24 000", async () => {
    expectGas("VES answer", await harness.vesGas(vesCase()), 24_000n);
  });

  it("judging a VES answer takes at most 25 000", async () => {
    const { used, verdict } = await harness.vesFraudGas(vesCase());
    expectGas("judging a VES answer", { used, verified: verdict === 1n }, 25_000n);
  });
});
