import { expect } from "chai";
import { concat, dataSlice, toBeHex, ZeroHash } from "ethers";
import { network } from "hardhat";
import { BAD_POINTS, BAD_PROOF_SCALARS } from "../../fixtures/points.ts";
import { domainTag } from "../../fixtures/preimages.ts";
import { keyOf, postedSchnorr, secretOf, signEcdsa, signSchnorr } from "../../fixtures/signingOracle.ts";
import { deploySigning, LIFETIME, madeRequest, nonce, STATUS, signatureBy } from "./signingFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;
const deployed = () => deploySigning(ethers);
const DERIVATION = ethers.id("wallet 7");
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const word = (value: bigint): string => toBeHex(value, 32);

describe("SigningRequests: post", () => {
  for (const name of ["schnorr", "ecdsa"] as const)
    for (const derivation of [ZeroHash, DERIVATION])
      it(`when the signature is that of ${name === "schnorr" ? "a Schnorr" : "an ECDSA"} key${derivation === ZeroHash ? "" : " that was derived"}, anyone posts it, once`, async () => {
        const base = await loadFixture(deployed);
        const { requests, mallory } = base;
        const { requestId, digest, signer } = await madeRequest(base, base[name], derivation);
        const posted = signatureBy(base[name], signer, digest);
        await expect(requests.connect(mallory).post(requestId, posted))
          .to.emit(requests, "Signed")
          .withArgs(requestId, name === "schnorr" ? dataSlice(posted, 0, 64) : posted);
        expect([await requests.statusOf(requestId), (await requests.requestOf(requestId)).signed]).to.deep.equal([STATUS.signed, true]);
        for (const again of [posted, signatureBy(base[name], signer, digest)])
          await expect(requests.post(requestId, again))
            .to.be.revertedWithCustomError(requests, "SigningRequestsNotPending")
            .withArgs(requestId, STATUS.signed);
      });

  it("when there is no such request, it reverts with SigningRequestsNotPending", async () => {
    const { requests } = await loadFixture(deployed);
    await expect(requests.post(ethers.id("none"), "0x"))
      .to.be.revertedWithCustomError(requests, "SigningRequestsNotPending")
      .withArgs(ethers.id("none"), STATUS.unknown);
  });

  it("when the deadline has passed, it reverts with SigningRequestsNotPending; in its last second it does not", async () => {
    const base = await loadFixture(deployed);
    const { requests, ecdsa } = base;
    const [first, second] = [await madeRequest(base, ecdsa), await madeRequest(base, ecdsa)];
    const { deadline } = await requests.requestOf(second.requestId);
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await expect(requests.post(second.requestId, signEcdsa(second.signer, second.digest))).to.emit(requests, "Signed");
    await networkHelpers.time.increase(LIFETIME);
    expect(await requests.statusOf(first.requestId)).to.equal(STATUS.expired);
    expect(await requests.statusOf(second.requestId)).to.equal(STATUS.signed);
    await expect(requests.post(first.requestId, signEcdsa(first.signer, first.digest)))
      .to.be.revertedWithCustomError(requests, "SigningRequestsNotPending")
      .withArgs(first.requestId, STATUS.expired);
  });

  it("when it is not the ECDSA key's signature in its one form, it reverts with SigningRequestsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { requests, ecdsa, schnorr } = base;
    const { requestId, digest, signer } = await madeRequest(base, ecdsa, DERIVATION);
    const right = signEcdsa(signer, digest);
    const [r, s, v] = [dataSlice(right, 0, 32), BigInt(dataSlice(right, 32, 64)), Number(dataSlice(right, 64))];
    const withV = (value: number): string => concat([r, word(s), toBeHex(value, 1)]);
    const wrong: Readonly<Record<string, string>> = {
      "a high s": concat([r, word(ORDER - s), toBeHex(55 - v, 1)]),
      "a high s with the same v": concat([r, word(ORDER - s), toBeHex(v, 1)]),
      "the other v": withV(55 - v),
      "v as a parity": withV(v - 27),
      "v 29": withV(29),
      "a zero r": concat([word(0n), word(s), toBeHex(v, 1)]),
      "a zero s": concat([r, word(0n), toBeHex(v, 1)]),
      "r = n": concat([word(ORDER), word(s), toBeHex(v, 1)]),
      "zeros only": `0x${"00".repeat(65)}`,
      nothing: "0x",
      "64 bytes": dataSlice(right, 0, 64),
      "66 bytes": concat([right, "0x00"]),
      "another digest's": signEcdsa(signer, ethers.id("another")),
      "the underived key's": signEcdsa(ecdsa.key, digest),
      "another key's": signEcdsa(keyOf(secretOf("mallory")), digest),
      "a Schnorr signature": postedSchnorr(signer, digest, nonce()),
      "another key's Schnorr signature": postedSchnorr(schnorr.key, digest, nonce()),
    };
    for (const [what, signature] of Object.entries(wrong))
      await expect(requests.post(requestId, signature), what)
        .to.be.revertedWithCustomError(requests, "SigningRequestsInvalidSignature")
        .withArgs(requestId);
    await expect(requests.post(requestId, right), "the control").to.emit(requests, "Signed");
  });

  it("when it is not the Schnorr key's signature in its one form, it reverts with SigningRequestsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { requests, schnorr, ecdsa } = base;
    const { requestId, digest, signer } = await madeRequest(base, schnorr, DERIVATION);
    const right = postedSchnorr(signer, digest, nonce());
    const [c, z] = [BigInt(dataSlice(right, 0, 32)), BigInt(dataSlice(right, 32, 64))];
    const point = dataSlice(right, 64);
    const withScalars = (one: bigint, other: bigint): string => concat([word(one), word(other), point]);
    const mallory = keyOf(secretOf("mallory"));
    const wrong: Readonly<Record<string, string>> = {
      ...Object.fromEntries(BAD_PROOF_SCALARS.map(([name, of]) => [`c is ${name}`, withScalars(of(c), z)])),
      ...Object.fromEntries(BAD_PROOF_SCALARS.map(([name, of]) => [`z is ${name}`, withScalars(c, of(z))])),
      ...Object.fromEntries(
        BAD_POINTS.map(([name, { x, y }]) => [`a point that is ${name}`, concat([word(c), word(z), word(x), word(y)])]),
      ),
      "c and z the other way round": withScalars(z, c),
      nothing: "0x",
      "64 bytes": dataSlice(right, 0, 64),
      "127 bytes": dataSlice(right, 0, 127),
      "129 bytes": concat([right, "0x00"]),
      "the negative point": concat([word(c), word(z), word(signer.x), word(2n ** 256n - 2n ** 32n - 977n - signer.y)]),
      "another digest's": postedSchnorr(signer, ethers.id("another"), nonce()),
      "the underived key's": postedSchnorr(schnorr.key, digest, nonce()),
      "another key's": postedSchnorr(mallory, digest, nonce()),
      "another key's with this point": concat([signSchnorr(mallory, digest, nonce()), point]),
      "a proof of possession": concat([signSchnorr(signer, digest, nonce(), domainTag("possession")), point]),
      "an ECDSA signature": signEcdsa(signer, digest),
      "another key's ECDSA signature": signEcdsa(ecdsa.key, digest),
    };
    for (const [what, signature] of Object.entries(wrong))
      await expect(requests.post(requestId, signature), what)
        .to.be.revertedWithCustomError(requests, "SigningRequestsInvalidSignature")
        .withArgs(requestId);
    await expect(requests.post(requestId, right), "the control").to.emit(requests, "Signed");
  });

  it("when the rules, the key or its epoch changed since, the signature is taken all the same", async () => {
    const base = await loadFixture(deployed);
    const { requests, rules, keyGeneration, ecdsa, mallory } = base;
    const { requestId, digest, signer } = await madeRequest(base, ecdsa);
    await rules.pass(requests, ecdsa.keyId, await ethers.deployContract("HonestRules", [mallory.address]));
    await keyGeneration.setKey(ecdsa.keyId, {
      ...{ purpose: 2, activeEpoch: 7, requester: mallory.address, session: ZeroHash },
      ...{ publicKey: { x: ecdsa.key.x, y: ecdsa.key.y }, publicKeyAddress: ecdsa.key.address },
    });
    await expect(requests.post(requestId, signEcdsa(signer, digest))).to.emit(requests, "Signed");
  });

  it("when it was made for another request for the same digest by the same key, it is a signature of that digest, and is taken", async () => {
    const base = await loadFixture(deployed);
    const { requests, bob, ecdsa } = base;
    const { requestId, statement, digest, signer } = await madeRequest(base, ecdsa);
    const second = await requests.connect(bob).request.staticCall(statement);
    await requests.connect(bob).request(statement);
    const signature = signEcdsa(signer, digest);
    for (const id of [requestId, second]) await expect(requests.post(id, signature)).to.emit(requests, "Signed").withArgs(id, signature);
  });
});
