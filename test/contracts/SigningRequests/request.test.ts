import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { KIND, KIND_NAMES, statementOf } from "../../fixtures/statements.ts";
import { DECISION, deploySigning, LIFETIME, newStatement, PURPOSE, requestIdOf, STATUS, signerOf } from "./signingFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;
const deployed = () => deploySigning(ethers);
const DERIVATION = ethers.id("wallet 7");

/** Which purpose signs which kind. */
const SIGNS: Readonly<Record<(typeof KIND_NAMES)[number], readonly string[]>> = {
  TypedData: ["Schnorr", "Ecdsa"],
  Transaction: ["Ecdsa"],
  Message: ["Ecdsa"],
  AccountTyped: ["Schnorr"],
  AccountExecute: ["Schnorr"],
};

describe("SigningRequests: constructor", () => {
  it("when the lifetime is under a minute, it reverts with SigningRequestsTooShort", async () => {
    const { keyGeneration, requests } = await loadFixture(deployed);
    const factory = await ethers.getContractFactory("SigningRequests");
    await expect(factory.deploy(keyGeneration, 59n)).to.be.revertedWithCustomError(requests, "SigningRequestsTooShort").withArgs(59n, 60n);
    expect(await (await factory.deploy(keyGeneration, 60n)).requestLifetime()).to.equal(60n);
  });
});

describe("SigningRequests: bindRules", () => {
  it("attack S18: when the key has no rules, only the account that asked for the key binds some, and only once", async () => {
    const { requests, addKey, alice, bob, mallory, rules } = await loadFixture(deployed);
    const { keyId } = await addKey("another key", PURPOSE.Ecdsa);
    const bind = (by: typeof alice) => requests.connect(by).bindRules(keyId, rules);
    for (const stranger of [bob, mallory])
      await expect(bind(stranger)).to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder").withArgs(keyId, stranger.address);
    await expect(bind(alice)).to.emit(requests, "RulesBound").withArgs(keyId, rules);
    expect([await requests.rulesOf(keyId), await requests.firstRulesOf(keyId)]).to.deep.equal([rules.target, rules.target]);
    await expect(bind(alice)).to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder").withArgs(keyId, alice.address);
  });

  it("when nobody asked for such a key, nobody binds rules to it", async () => {
    const { requests, alice, rules } = await loadFixture(deployed);
    await expect(requests.bindRules(ethers.id("no key"), rules))
      .to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder")
      .withArgs(ethers.id("no key"), alice.address);
  });

  it("attack S18: when the key's purpose is not to sign, it reverts with SigningRequestsUnusableKey", async () => {
    const { requests, rules, decrypt, ibe } = await loadFixture(deployed);
    for (const { keyId } of [decrypt, ibe])
      await expect(requests.bindRules(keyId, rules)).to.be.revertedWithCustomError(requests, "SigningRequestsUnusableKey").withArgs(keyId);
  });

  it("when there is no contract at the address, it reverts with SigningRequestsNoRules", async () => {
    const { requests, addKey, mallory } = await loadFixture(deployed);
    const { keyId } = await addKey("another key", PURPOSE.Ecdsa);
    for (const address of [ZeroAddress, mallory.address])
      await expect(requests.bindRules(keyId, address)).to.be.revertedWithCustomError(requests, "SigningRequestsNoRules").withArgs(address);
  });

  it("when the key is not active yet, its requester binds rules all the same", async () => {
    const { requests, addKey, rules } = await loadFixture(deployed);
    const { keyId } = await addKey("a key to come", PURPOSE.Schnorr, { activeEpoch: 0 });
    await expect(requests.bindRules(keyId, rules)).to.emit(requests, "RulesBound").withArgs(keyId, rules);
  });

  it("attack S18: when it has rules, only they pass it on; the first ones stay known", async () => {
    const { requests, rules, ecdsa, alice, bob, mallory } = await loadFixture(deployed);
    const next = await ethers.deployContract("HonestRules", [mallory.address]);
    for (const stranger of [alice, bob])
      await expect(requests.connect(stranger).bindRules(ecdsa.keyId, next))
        .to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder")
        .withArgs(ecdsa.keyId, stranger.address);
    await expect(next.pass(requests, ecdsa.keyId, next)).to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder");
    await expect(rules.pass(requests, ecdsa.keyId, ZeroAddress)).to.be.revertedWithCustomError(requests, "SigningRequestsNoRules");
    await expect(rules.pass(requests, ecdsa.keyId, next))
      .to.emit(requests, "RulesBound")
      .withArgs(ecdsa.keyId, next);
    expect([await requests.rulesOf(ecdsa.keyId), await requests.firstRulesOf(ecdsa.keyId)]).to.deep.equal([next.target, rules.target]);
    await expect(rules.pass(requests, ecdsa.keyId, rules)).to.be.revertedWithCustomError(requests, "SigningRequestsNotBinder");

    const { statement } = newStatement("TypedData", ecdsa);
    expect(await requests.decide(bob, statement)).to.equal(DECISION.denied);
    expect(await requests.decide(mallory, statement)).to.equal(DECISION.permitted);
  });
});

describe("SigningRequests: request", () => {
  for (const kind of KIND_NAMES)
    it(`attack S18: when the key is unknown, not active, or of a purpose that does not sign ${kind}, it reverts with SigningRequestsUnusableKey`, async () => {
      const { requests, addKey, bob, rules, schnorr, ecdsa, decrypt, ibe } = await loadFixture(deployed);
      const sleeping = await addKey("a key to come", PURPOSE.Schnorr, { activeEpoch: 0 });
      await requests.bindRules(sleeping.keyId, rules);
      const keys = { unknown: { keyId: ethers.id("no key") }, sleeping, decrypt, ibe, Schnorr: schnorr, Ecdsa: ecdsa };
      for (const [name, key] of Object.entries(keys)) {
        const { statement } = newStatement(kind, key);
        const asked = requests.connect(bob).request(statement);
        if (SIGNS[kind].includes(name)) {
          await expect(asked, name).to.emit(requests, "SigningRequested");
          expect(await requests.decide(bob, statement)).to.equal(DECISION.permitted);
        } else {
          await expect(asked, name).to.be.revertedWithCustomError(requests, "SigningRequestsUnusableKey").withArgs(key.keyId);
          expect(await requests.decide(bob, statement)).to.equal(DECISION.unusableKey);
        }
      }
    });

  it("attack S18: when the key has no rules, it reverts with SigningRequestsUnbound, for its requester too", async () => {
    const { requests, addKey, alice, bob } = await loadFixture(deployed);
    const unbound = await addKey("an unbound key", PURPOSE.Schnorr);
    const { statement } = newStatement("TypedData", unbound);
    for (const asker of [alice, bob]) {
      await expect(requests.connect(asker).request(statement))
        .to.be.revertedWithCustomError(requests, "SigningRequestsUnbound")
        .withArgs(unbound.keyId);
      expect(await requests.decide(asker, statement)).to.equal(DECISION.unbound);
    }
  });

  it("when the rules do not say yes, it reverts with SigningRequestsDenied, for the key's requester too", async () => {
    const { requests, schnorr, alice, mallory } = await loadFixture(deployed);
    const { statement } = newStatement("TypedData", schnorr);
    for (const asker of [alice, mallory]) {
      await expect(requests.connect(asker).request(statement))
        .to.be.revertedWithCustomError(requests, "SigningRequestsDenied")
        .withArgs(schnorr.keyId, asker.address);
      expect(await requests.decide(asker, statement)).to.equal(DECISION.denied);
    }
  });

  it("when the rules look at the statement, they see all of it", async () => {
    const { requests, addKey, bob } = await loadFixture(deployed);
    const key = await addKey("another key", PURPOSE.Ecdsa);
    const { statement } = newStatement("Transaction", key, DERIVATION);
    const expected = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(
        ["address", "tuple(bytes32 keyId,bytes32 derivation,uint8 kind,bytes payload)"],
        [bob.address, statement],
      ),
    );
    await requests.bindRules(key.keyId, await ethers.deployContract("StatementRules", [expected]));
    expect(await requests.decide(bob, statement)).to.equal(DECISION.permitted);
    for (const other of [{ derivation: ZeroHash }, { kind: KIND.Message }, { payload: "0x00" }])
      expect(await requests.decide(bob, { ...statement, ...other })).to.equal(DECISION.denied);
    await expect(requests.connect(bob).request(statement)).to.emit(requests, "SigningRequested");
  });

  it("when the payload is none of its kind, or too long, it reverts", async () => {
    const { requests, ecdsa, bob } = await loadFixture(deployed);
    const ask = (payload: string, kind: "Transaction" | "Message") =>
      requests.connect(bob).request(statementOf(kind, payload, ecdsa.keyId));
    await expect(ask("0x", "Transaction")).to.be.revertedWithCustomError(requests, "SigningRequestsBadPayload").withArgs(0n);
    await expect(ask(`0x${"00".repeat(1025)}`, "Message"))
      .to.be.revertedWithCustomError(requests, "SigningRequestsTooLong")
      .withArgs(1025n, 1024n);
    await expect(ask(`0x${"00".repeat(24_577)}`, "Transaction"))
      .to.be.revertedWithCustomError(requests, "SigningRequestsTooLong")
      .withArgs(24_577n, 24_576n);
  });

  it("attack S9: when the kind is none, the call has no meaning", async () => {
    const { requests, ecdsa, bob } = await loadFixture(deployed);
    const { statement } = newStatement("Message", ecdsa);
    for (const kind of [5, 6, 255]) await expect(requests.connect(bob).request({ ...statement, kind })).to.be.revertedWithoutReason(ethers);
  });

  for (const [what, derivation] of [
    ["the key itself", ZeroHash],
    ["a derived key", DERIVATION],
  ] as const)
    it(`when all is well, and ${what} signs, it stores the request, counts it and emits SigningRequested`, async () => {
      const base = await loadFixture(deployed);
      const { requests, bob, chainId, address, schnorr, ecdsa } = base;
      let number = 0n;
      for (const [key, kind] of [
        [schnorr, "AccountExecute"],
        [ecdsa, "Transaction"],
      ] as const) {
        number += 1n;
        const { statement, digest } = newStatement(kind, key, derivation);
        const signer = signerOf(base, key, derivation).address;
        const requestId = requestIdOf(chainId, address, number, bob.address, statement);
        const asked = await requests.connect(bob).request(statement);
        const block = await ethers.provider.getBlock((await asked.wait())?.blockNumber ?? 0);
        const deadline = BigInt(block?.timestamp ?? 0) + LIFETIME;
        await expect(asked)
          .to.emit(requests, "SigningRequested")
          .withArgs(requestId, key.keyId, bob.address, number, digest, signer, deadline, Object.values(statement));
        expect([...(await requests.requestOf(requestId))]).to.deep.equal([
          ...[digest, signer, deadline, BigInt(key.purpose), BigInt(KIND[kind]), false],
        ]);
        expect(await requests.statusOf(requestId)).to.equal(STATUS.pending);
        expect(await requests.requestIdOf(number, bob.address, statement)).to.equal(requestId);
        expect(await requests.digestOf(statement)).to.equal(digest);
      }
      expect(await requests.requestCount()).to.equal(2n);
    });

  it("when the same is asked again, that is another request", async () => {
    const { requests, bob, ecdsa } = await loadFixture(deployed);
    const { statement } = newStatement("Message", ecdsa);
    const ids = [await requests.connect(bob).request.staticCall(statement)];
    await requests.connect(bob).request(statement);
    ids.push(await requests.connect(bob).request.staticCall(statement));
    expect(ids[0]).to.not.equal(ids[1]);
    const others = [{ derivation: DERIVATION }, { kind: KIND.TypedData }, { payload: "0x01" }, { keyId: ethers.id("no key") }];
    const same = [1n, bob.address] as const;
    for (const other of others) expect(await requests.requestIdOf(...same, { ...statement, ...other })).to.not.equal(ids[0]);
    expect(await requests.requestIdOf(1n, ZeroAddress, statement)).to.not.equal(ids[0]);
  });
});

describe("SigningRequests: addressOf", () => {
  it("gives the address of S + eG, as the textbook does, and of the key itself without derivation", async () => {
    const base = await loadFixture(deployed);
    for (const key of [base.schnorr, base.ecdsa])
      for (const derivation of [ZeroHash, DERIVATION, ethers.id("wallet 8"), `0x${"00".repeat(31)}01`, `0x${"ff".repeat(32)}`])
        expect(await base.requests.addressOf(key.keyId, derivation)).to.equal(signerOf(base, key, derivation).address);
  });

  it("differs for every key, derivation and contract", async () => {
    const { requests, keyGeneration, schnorr, ecdsa } = await loadFixture(deployed);
    const second = await ethers.deployContract("SigningRequests", [keyGeneration, LIFETIME]);
    const addresses = await Promise.all([
      ...[schnorr, ecdsa].flatMap(({ keyId }) => [ZeroHash, DERIVATION].map((derivation) => requests.addressOf(keyId, derivation))),
      ...[schnorr, ecdsa].map(({ keyId }) => second.addressOf(keyId, DERIVATION)),
    ]);
    expect(new Set(addresses).size).to.equal(addresses.length);
  });

  it("when the key is unknown, not active or does not sign, it reverts with SigningRequestsUnusableKey", async () => {
    const { requests, addKey, decrypt, ibe } = await loadFixture(deployed);
    const sleeping = await addKey("a key to come", PURPOSE.Schnorr, { activeEpoch: 0 });
    for (const { keyId } of [{ keyId: ethers.id("no key") }, decrypt, ibe, sleeping])
      await expect(requests.addressOf(keyId, ZeroHash))
        .to.be.revertedWithCustomError(requests, "SigningRequestsUnusableKey")
        .withArgs(keyId);
  });
});
