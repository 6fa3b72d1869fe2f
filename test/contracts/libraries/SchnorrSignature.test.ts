import { DOMAINS } from "@keyquorum/threshold";
import { expect } from "chai";
import { concat, dataSlice, hexlify, toBeHex, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { domainTag } from "../../fixtures/preimages.ts";
import { keyOf, type OracleKey, signSchnorr } from "../../fixtures/signingOracle.ts";
import { casesFor } from "../../random/cases.ts";
import { expectAgreement, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("SigningHarness");
const dice = rollDice("contracts/libraries/SchnorrSignature");
/** The oracle is slow on purpose. */
const CASES = casesFor(20);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const caseOf = (key: OracleKey, digest: string, signature: string, tag = domainTag("schnorr-signature")) => ({
  ...{ tag, digest, signature },
  key: { x: key.x, y: key.y },
});
const signed = () => {
  const [key, digest] = [keyOf(dice.scalar()), hexlify(dice.bytes32())];
  return { key, digest, signature: signSchnorr(key, digest, dice.scalar()) };
};

describe("SchnorrSignature", () => {
  it("when an independent signer made it, it should verify; with one bit of anything flipped it should not, and not revert", async () => {
    const cases = Array.from({ length: CASES }, () => {
      const { key, digest, signature } = signed();
      const bytes = Buffer.from(signature.slice(2), "hex");
      const at = dice.below(64);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      const other = `0x${bytes.toString("hex")}`;
      return [
        [caseOf(key, digest, signature), true],
        [caseOf(key, digest, other), false],
        [caseOf(key, hexlify(dice.bytes32()), signature), false],
        [caseOf({ ...key, y: key.y ^ 1n }, digest, signature), false],
        [caseOf({ ...key, y: key.y + 2n }, digest, signature), false],
      ] as const;
    }).flat();
    const results = await harness.signatures(cases.map(([one]) => one));
    expectAgreement(
      cases.map(([one]) => one),
      [...results],
      cases.map(([, verifies]) => verifies),
    );
  });

  it("when its length is not 64, it should refuse", async () => {
    const { key, digest, signature } = signed();
    const lengths = ["0x", dataSlice(signature, 0, 32), dataSlice(signature, 0, 63), signature, concat([signature, "0x00"])];
    expect([...(await harness.signatures(lengths.map((one) => caseOf(key, digest, one))))]).to.deep.equal([
      false,
      false,
      false,
      true,
      false,
    ]);
  });

  it("when c or z is 0, n or more, or the commitment is infinite, it should refuse", async () => {
    const { key, digest, signature } = signed();
    const [c, z] = [BigInt(dataSlice(signature, 0, 32)), BigInt(dataSlice(signature, 32))];
    const of = (one: bigint, other: bigint): string => concat([toBeHex(one, 32), toBeHex(other, 32)]);
    const pairs = [of(0n, z), of(c, 0n), of(ORDER, z), of(c, ORDER), of(c, (c * key.secret) % ORDER)];
    if (z < 2n ** 256n - ORDER) pairs.push(of(c, z + ORDER));
    expect([...(await harness.signatures(pairs.map((one) => caseOf(key, digest, one))))]).to.deep.equal(pairs.map(() => false));
  });

  it("it should never be a proof of another use of the equation: the first words of their preimages differ, over the whole list of tags", async () => {
    const { key, digest } = signed();
    const own = hexlify(DOMAINS.schnorrSignature);
    const tags = Object.values(DOMAINS).map((tag) => hexlify(tag));
    expect(tags.filter((tag) => tag === own)).to.deep.equal([own]);
    const nonce = dice.scalar();
    const proofs = tags.map((tag) => signSchnorr(key, digest, nonce, tag));
    const asSignatures = await harness.signatures(proofs.map((proof) => caseOf(key, digest, proof)));
    expect([...asSignatures]).to.deep.equal(tags.map((tag) => tag === own));
    const asThemselves = await harness.tagged(proofs.map((proof, index) => caseOf(key, digest, proof, tags[index])));
    expect([...asThemselves], "the control").to.deep.equal(tags.map(() => true));
    const asPossessions = await harness.tagged(proofs.map((proof) => caseOf(key, digest, proof, domainTag("possession"))));
    expect([...asPossessions]).to.deep.equal(tags.map((tag) => tag === domainTag("possession")));
  });
});

describe("SigningKeys", () => {
  it("shifted: it should be S + eG; zero where that is infinite, and for e = 0", async () => {
    const keys = Array.from({ length: 5 }, () => keyOf(dice.scalar()));
    const offsets = keys.map(() => dice.scalar());
    const results = await harness.shifted(
      keys.map(({ x, y }) => ({ x, y })),
      offsets,
    );
    expect([...results]).to.deep.equal(keys.map(({ secret }, index) => keyOf(secret + (offsets[index] ?? 0n)).address));
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    const point = { x: key.x, y: key.y };
    expect([...(await harness.shifted([point, point, point], [0n, ORDER - key.secret, 1n]))]).to.deep.equal([
      ...[ZeroAddress, ZeroAddress],
      keyOf(key.secret + 1n).address,
    ]);
  });
});
