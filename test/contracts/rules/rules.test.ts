import { shareRequestTypedData } from "@keyquorum/wire";
import { expect } from "chai";
import { TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import {
  EXECUTE_TYPES,
  encodeAccountExecute,
  encodeAccountTyped,
  encodeTypedData,
  KIND,
  KIND_NAMES,
  type KindName,
  MAKE,
  SIGNED_TYPES,
  statementOf,
  USER_OPERATION_TYPES,
} from "../../fixtures/statements.ts";
import { rollDice } from "../../random/dice.ts";
import { deploySigning, PURPOSE } from "../SigningRequests/signingFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;
const dice = rollDice("contracts/rules");
const DAY = 86_400n;

const deployed = async () => {
  const base = await deploySigning(ethers);
  const ownerRules = await ethers.deployContract("OwnerRules", [base.alice.address]);
  const grants = (await ethers.deployContract("SigningGrants", [base.alice.address])).connect(base.alice);
  const asker = await ethers.deployContract("RulesAsker");
  const until = BigInt(await networkHelpers.time.latest()) + DAY;
  const keyId = ethers.id("key");
  const grantOf = (overrides: object = {}) => ({
    ...{ keyId, derivation: ZeroHash, requester: base.bob.address, kind: KIND.TypedData },
    ...{ domainSeparator: ZeroHash, until, hashes: false },
    ...overrides,
  });
  return { ...base, ownerRules, grants, asker, until, keyId, grantOf };
};
const payloadOf = (kind: KindName): string =>
  kind === "Message" ? `0x${Buffer.from("a text\nof two lines").toString("hex")}` : MAKE[kind](dice).payload;

describe("OwnerRules", () => {
  it("say yes to the owner for every statement, blank cheques too, and no to everybody else", async () => {
    const { ownerRules, alice, bob, asker, keyId } = await loadFixture(deployed);
    for (const kind of KIND_NAMES) {
      const statement = statementOf(kind, payloadOf(kind), keyId, dice.hex(32));
      expect([...(await asker.askTwice(ownerRules, alice.address, statement))]).to.deep.equal([true, true]);
      for (const other of [bob.address, ZeroAddress, await ownerRules.getAddress()])
        expect([...(await asker.askTwice(ownerRules, other, statement))]).to.deep.equal([false, false]);
    }
    expect(await ownerRules.owner()).to.equal(alice.address);
  });
});

describe("OwnedRules", () => {
  for (const name of ["OwnerRules", "SigningGrants"] as const) {
    it(`${name}: when the owner is the zero address, it reverts with OwnedRulesNoOwner`, async () => {
      const factory = await ethers.getContractFactory(name);
      await expect(factory.deploy(ZeroAddress)).to.be.revertedWithCustomError(factory, "OwnedRulesNoOwner");
    });

    it(`${name}: moveKey gives a key other rules, for the owner only`, async () => {
      const { requests, addKey, alice, bob, ownerRules, grants } = await loadFixture(deployed);
      const { keyId } = await addKey("a key to move", PURPOSE.Ecdsa);
      const [rules, next] = name === "OwnerRules" ? [ownerRules, grants] : [grants, ownerRules];
      await requests.bindRules(keyId, rules);
      await expect(rules.connect(bob).moveKey(requests, keyId, next))
        .to.be.revertedWithCustomError(rules, "OwnedRulesNotOwner")
        .withArgs(bob.address);
      await expect(rules.connect(alice).moveKey(requests, keyId, next))
        .to.emit(requests, "RulesBound")
        .withArgs(keyId, next);
      await expect(rules.connect(alice).moveKey(requests, keyId, rules)).to.be.revertedWithCustomError(
        requests,
        "SigningRequestsNotBinder",
      );
    });
  }
});

describe("SigningGrants: grant and revoke", () => {
  it("when the caller is not the owner, they revert with OwnedRulesNotOwner", async () => {
    const { grants, bob, keyId, grantOf } = await loadFixture(deployed);
    for (const call of [
      () => grants.connect(bob).grant(grantOf()),
      () => grants.connect(bob).revoke(keyId, ZeroHash, bob.address, KIND.TypedData, ZeroHash),
    ])
      await expect(call()).to.be.revertedWithCustomError(grants, "OwnedRulesNotOwner").withArgs(bob.address);
  });

  it("when the requester is zero, or the end is not to come, grant reverts with SigningGrantsInvalid", async () => {
    const { grants, bob, until, grantOf } = await loadFixture(deployed);
    await expect(grants.grant(grantOf({ requester: ZeroAddress })))
      .to.be.revertedWithCustomError(grants, "SigningGrantsInvalid")
      .withArgs(ZeroAddress, until);
    await networkHelpers.time.setNextBlockTimestamp(until);
    await expect(grants.grant(grantOf())).to.be.revertedWithCustomError(grants, "SigningGrantsInvalid").withArgs(bob.address, until);
  });

  it("when the kind has no domain and one is given, grant reverts with SigningGrantsNoDomain", async () => {
    const { grants, grantOf } = await loadFixture(deployed);
    const domainSeparator = ethers.id("domain");
    for (const kind of KIND_NAMES)
      if (kind === "Transaction" || kind === "Message")
        await expect(grants.grant(grantOf({ kind: KIND[kind], domainSeparator })))
          .to.be.revertedWithCustomError(grants, "SigningGrantsNoDomain")
          .withArgs(domainSeparator);
      else await expect(grants.grant(grantOf({ kind: KIND[kind], domainSeparator }))).to.emit(grants, "SigningGranted");
  });

  it("when all is well, they emit, and grantOf says what there is", async () => {
    const { grants, bob, keyId, until, grantOf } = await loadFixture(deployed);
    const place = [keyId, ZeroHash, bob.address, KIND.TypedData, ZeroHash] as const;
    await expect(grants.grant(grantOf({ hashes: true })))
      .to.emit(grants, "SigningGranted")
      .withArgs(keyId, bob.address, ZeroHash, KIND.TypedData, ZeroHash, until, true);
    expect([...(await grants.grantOf(...place))]).to.deep.equal([until, true]);
    await grants.grant(grantOf({ until: until + 1n }));
    expect([...(await grants.grantOf(...place))]).to.deep.equal([until + 1n, false]);
    await expect(grants.revoke(...place))
      .to.emit(grants, "SigningRevoked")
      .withArgs(keyId, bob.address, ZeroHash, KIND.TypedData, ZeroHash);
    expect([...(await grants.grantOf(...place))]).to.deep.equal([0n, false]);
  });
});

describe("SigningGrants: checkSigning", () => {
  for (const kind of KIND_NAMES)
    it(`${kind}: it is yes for what was granted until it ends or is revoked, and no where anything differs`, async () => {
      const { grants, asker, alice, bob, keyId, until, grantOf } = await loadFixture(deployed);
      const derivation = ethers.id("wallet 7");
      await grants.grant(grantOf({ kind: KIND[kind], derivation }));
      const statement = statementOf(kind, payloadOf(kind), keyId, derivation);
      const ask = async (other: object = {}, requester = bob.address) =>
        (await asker.askTwice(grants, requester, { ...statement, ...other }))[1];
      expect(await ask()).to.equal(true);
      const others: readonly object[] = [{ keyId: ethers.id("another") }, { derivation: ZeroHash }, { kind: (KIND[kind] + 1) % 5 }];
      for (const other of others) expect(await ask(other), JSON.stringify(other)).to.equal(false);
      for (const requester of [alice.address, ZeroAddress]) expect(await ask({}, requester)).to.equal(false);
      await grants.revoke(keyId, derivation, bob.address, KIND[kind], ZeroHash);
      expect(await ask()).to.equal(false);
      await grants.grant(grantOf({ kind: KIND[kind], derivation }));
      await networkHelpers.time.increaseTo(until - 1n);
      expect(await ask()).to.equal(true);
      await networkHelpers.time.increaseTo(until);
      expect(await ask()).to.equal(false);
    });

  it("when a domain was granted, it is yes under that one only: of typed data its own, of calls the account's", async () => {
    const { grants, asker, bob, keyId, grantOf } = await loadFixture(deployed);
    const [domain, account, other] = [ethers.id("domain"), ethers.id("account"), ethers.id("other")];
    const struct = `${ethers.id("Letter(uint256 n)")}${"00".repeat(32)}`;
    const cases: readonly (readonly [KindName, string, string])[] = [
      ["TypedData", encodeTypedData(domain, struct), encodeTypedData(other, struct)],
      ["AccountTyped", encodeAccountTyped(account, domain, struct), encodeAccountTyped(domain, other, struct)],
      ["AccountExecute", encodeAccountExecute(domain, [], 0n, 0n, 0n), encodeAccountExecute(other, [], 0n, 0n, 0n)],
    ];
    for (const [kind, right, wrong] of cases) {
      await grants.grant(grantOf({ kind: KIND[kind], domainSeparator: domain }));
      const ask = async (payload: string) => (await asker.askTwice(grants, bob.address, statementOf(kind, payload, keyId)))[0];
      expect([kind, await ask(right), await ask(wrong), await ask("0x"), await ask(`0x${"00".repeat(31)}`)]).to.deep.equal([
        ...[kind, true, false, false, false],
      ]);
    }
  });

  const typed = (types: Record<string, { name: string; type: string }[]>, name: string, value: Record<string, unknown>): string =>
    TypedDataEncoder.from(types).encodeData(name, value);
  const hash = ethers.id("whatever it hides");
  const reading = shareRequestTypedData({ chainId: 1n, shareRequests: `0x${"01".repeat(20)}` as never }, {
    ...{ document: hash, headerHash: hash, requester: `0x${"02".repeat(20)}`, readerKey: new Uint8Array(33) },
    ...{ contextHash: hash, nonce: hash, deadline: 1n },
  } as never);
  const SIGNING_REQUEST = {
    SigningRequest: [
      { name: "keyId", type: "bytes32" },
      { name: "derivation", type: "bytes32" },
      { name: "kind", type: "uint8" },
      { name: "payload", type: "bytes" },
      { name: "requester", type: "address" },
      { name: "nonce", type: "bytes32" },
      { name: "deadline", type: "uint64" },
    ],
  };
  const blankStructs: Readonly<Record<string, string>> = {
    "Signed(hash)": typed(SIGNED_TYPES, "Signed", { hash }),
    "UserOperation(hash)": typed(USER_OPERATION_TYPES, "UserOperation", { userOpHash: hash }),
    "Execute, by the hash of its calls": typed(EXECUTE_TYPES, "Execute", { calls: [], nonce: 0n, deadline: 0n, gas: 0n }),
    "a request to read a document": typed(reading.types, "ShareRequest", reading.message),
    "a request to sign": typed(SIGNING_REQUEST, "SigningRequest", {
      ...{ keyId: hash, derivation: hash, kind: 2, payload: "0x", requester: ZeroAddress, nonce: hash, deadline: 1n },
    }),
    "no type's hash": "0x",
    "a part of a type's hash": `0x${"11".repeat(31)}`,
  };
  const text = (value: string): string => `0x${Buffer.from(value, "latin1").toString("hex")}`;
  const blank: readonly (readonly [what: string, kind: KindName, payload: string])[] = [
    ...Object.entries(blankStructs).flatMap(([what, struct]) => [
      [`typed data that is ${what}`, "TypedData", encodeTypedData(hash, struct)] as const,
      [`typed data for an account that is ${what}`, "AccountTyped", encodeAccountTyped(hash, hash, struct)] as const,
    ]),
    ["a message of 32 bytes", "Message", hash],
    ["a text of 32 bytes", "Message", text("x".repeat(32))],
    ...["\x00", "\t", "\r", "\x1f", "\x7f", "\xff"].map(
      (one) => [`a message with the byte ${text(one)}`, "Message", text(`a${one}b`)] as const,
    ),
    ["no payload at all", "TypedData", "0x"],
  ];
  for (const [what, kind, payload] of blank)
    it(`attack A6: ${what} is permitted by a grant of hashes only`, async () => {
      const { grants, asker, bob, keyId, grantOf } = await loadFixture(deployed);
      const statement = statementOf(kind, payload, keyId);
      const ask = async () => [...(await asker.askTwice(grants, bob.address, statement))];
      await grants.grant(grantOf({ kind: KIND[kind] }));
      if (kind !== "Message" && payload !== "0x") await grants.grant(grantOf({ kind: KIND[kind], domainSeparator: hash }));
      expect(await ask()).to.deep.equal([false, false]);
      await grants.grant(grantOf({ kind: KIND[kind], hashes: true }));
      expect(await ask()).to.deep.equal([true, true]);
    });

  it("what shows what it consents to needs no grant of hashes", async () => {
    const { grants, asker, bob, keyId, grantOf } = await loadFixture(deployed);
    for (const kind of KIND_NAMES) await grants.grant(grantOf({ kind: KIND[kind] }));
    const open: readonly (readonly [KindName, string])[] = [
      ...(["", "x".repeat(31), "x".repeat(33), " ~\n", "a text"] as const).map((one) => ["Message", text(one)] as const),
      ...(["TypedData", "AccountTyped", "Transaction", "AccountExecute"] as const).map((kind) => [kind, payloadOf(kind)] as const),
    ];
    for (const [kind, payload] of open)
      expect((await asker.askTwice(grants, bob.address, statementOf(kind, payload, keyId)))[0], `${kind} ${payload}`).to.equal(true);
  });

  it("whatever bytes it is shown, it answers within its gas", async () => {
    const { grants, bob, keyId, grantOf } = await loadFixture(deployed);
    await grants.grant(grantOf({ kind: KIND.Message, hashes: true }));
    for (const kind of KIND_NAMES)
      for (const length of [0, 1, 31, 32, 63, 64, 95, 96, 127, 128, 1024]) {
        const statement = statementOf(kind, dice.hex(length), keyId);
        const gas = await grants.checkSigning.estimateGas(bob.address, statement);
        expect(gas, `${kind}, ${length} bytes`).to.be.lessThan(500_000n);
      }
  });
});
