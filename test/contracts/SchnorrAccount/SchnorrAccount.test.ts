import { expect } from "chai";
import { concat, dataSlice, TypedDataEncoder, toBeHex } from "ethers";
import { network } from "hardhat";
import { BAD_POINTS } from "../../fixtures/points.ts";
import { domainTag } from "../../fixtures/preimages.ts";
import { keyOf, secretOf, signSchnorr } from "../../fixtures/signingOracle.ts";
import { type Call, EXECUTE_TYPES, SIGNED_TYPES } from "../../fixtures/statements.ts";
import { deployAccount, domainOf, KEY, NEVER, nonce, SALT, signExecute, signHash, TERMS, type Terms } from "./accountFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;
const deployed = () => deployAccount(ethers);
type Deployed = Awaited<ReturnType<typeof deployed>>;

/** Relays calls that were signed as they are. */
const execute = ({ account, domain }: Deployed, calls: Call[], terms: Terms = TERMS, options: { gasLimit?: bigint } = {}) =>
  account.execute(calls, terms.nonce, terms.deadline, terms.gas, signExecute(domain, calls, terms), options);
const MAGIC = "0x1626ba7e";
const NO = "0xffffffff";

describe("SchnorrAccount: execute", () => {
  it("when the key signed the calls, anyone relays them: each is made by the account, in order, with its value", async () => {
    const base = await loadFixture(deployed);
    const { account, target, address, record } = base;
    const receiver = `0x${"e7".repeat(20)}`; // owns nothing
    const calls = [record("0x01", 5n), { to: receiver, value: 7n, data: "0x" }, record("0x02")];
    await execute(base, calls);
    expect((await target.seen()).map((seen) => [...seen])).to.deep.equal([
      [address, 5n, "0x01"],
      [address, 0n, "0x02"],
    ]);
    expect(await ethers.provider.getBalance(receiver)).to.equal(7n);
    expect(await account.nonce()).to.equal(1n);
  });

  it("when there are no calls, the nonce is used: that is how signed calls are called off", async () => {
    const base = await loadFixture(deployed);
    const calls = [base.record("0x01")];
    const first = signExecute(base.domain, calls, TERMS);
    await execute(base, []);
    await expect(base.account.execute(calls, 0n, NEVER, 0n, first))
      .to.be.revertedWithCustomError(base.account, "SchnorrAccountWrongNonce")
      .withArgs(0n, 1n);
  });

  it("when the nonce was used, or is not the next one, it reverts with SchnorrAccountWrongNonce", async () => {
    const base = await loadFixture(deployed);
    const calls = [base.record("0x01")];
    await expect(execute(base, calls, { ...TERMS, nonce: 1n }))
      .to.be.revertedWithCustomError(base.account, "SchnorrAccountWrongNonce")
      .withArgs(1n, 0n);
    await execute(base, calls);
    await expect(execute(base, calls)).to.be.revertedWithCustomError(base.account, "SchnorrAccountWrongNonce").withArgs(0n, 1n);
    await execute(base, calls, { ...TERMS, nonce: 1n });
    expect(await base.target.seen()).to.have.length(2);
  });

  it("when the deadline has passed, it reverts with SchnorrAccountExpired; in its last second it does not", async () => {
    const base = await loadFixture(deployed);
    const deadline = BigInt(await networkHelpers.time.latest()) + 100n;
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await execute(base, [], { ...TERMS, deadline });
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(execute(base, [], { ...TERMS, deadline, nonce: 1n }))
      .to.be.revertedWithCustomError(base.account, "SchnorrAccountExpired")
      .withArgs(deadline);
  });

  it("when anything else was signed, by whom or for what ever, it reverts with SchnorrAccountInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { account, factory, domain, record, relayer } = base;
    const calls = [record("0x01", 1n), record("0x02")];
    const right = signExecute(domain, calls, TERMS);
    const secondAddress = await factory.getFunction("addressOf").staticCall(KEY, ethers.id("another"));
    const digest = TypedDataEncoder.hash(domain, EXECUTE_TYPES, { calls, ...TERMS });
    const signatures: Readonly<Record<string, string>> = {
      nothing: "0x",
      "63 bytes": dataSlice(right, 0, 63),
      "65 bytes": concat([right, "0x00"]),
      zeros: `0x${"00".repeat(64)}`,
      "another key's": signExecute(domain, calls, TERMS, keyOf(secretOf("mallory"))),
      "for another account of this key": signExecute({ ...domain, verifyingContract: secondAddress }, calls, TERMS),
      "for another chain": signExecute({ ...domain, chainId: domain.chainId + 1n }, calls, TERMS),
      "for another version": signExecute({ ...domain, version: "2" }, calls, TERMS),
      "a proof of possession": signSchnorr(KEY, digest, nonce(), domainTag("possession")),
      "of Signed(its digest)": signHash(domain, digest),
      "a relayer's own": await relayer.signTypedData(domain, EXECUTE_TYPES, { calls, ...TERMS }),
    };
    for (const [what, signature] of Object.entries(signatures))
      await expect(account.execute(calls, 0n, NEVER, 0n, signature), what).to.be.revertedWithCustomError(
        account,
        "SchnorrAccountInvalidSignature",
      );
    const [first, second] = calls as [Call, Call];
    const others: Readonly<Record<string, [Call[], bigint, bigint]>> = {
      "fewer calls": [[first], NEVER, 0n],
      "more calls": [[first, second, second], NEVER, 0n],
      "another order": [[second, first], NEVER, 0n],
      "another target": [[{ ...first, to: secondAddress }, second], NEVER, 0n],
      "another value": [[{ ...first, value: 2n }, second], NEVER, 0n],
      "other data": [[{ ...first, data: concat([first.data, "0x00"]) }, second], NEVER, 0n],
      "another deadline": [calls, NEVER - 1n, 0n],
      "other gas": [calls, NEVER, 1n],
    };
    for (const [what, [made, deadline, gas]] of Object.entries(others))
      await expect(account.execute(made, 0n, deadline, gas, right), what).to.be.revertedWithCustomError(
        account,
        "SchnorrAccountInvalidSignature",
      );
    expect(await account.nonce()).to.equal(0n);
    await account.execute(calls, 0n, NEVER, 0n, right);
    expect(await account.nonce(), "the control").to.equal(1n);
  });

  it("when a call reverts, all is undone, the nonce too, and the reason is the call's", async () => {
    const base = await loadFixture(deployed);
    const { account, target, to, record } = base;
    const fail = { to, value: 0n, data: target.interface.encodeFunctionData("fail", [42n]) };
    await expect(execute(base, [record("0x01"), fail]))
      .to.be.revertedWithCustomError(target, "TargetSays")
      .withArgs(42n);
    const silent = { to, value: 0n, data: target.interface.encodeFunctionData("failSilently") };
    await expect(execute(base, [record("0x01"), silent])).to.be.revertedWithoutReason(ethers);
    await expect(execute(base, [record("0x01", 10n ** 18n + 1n)])).to.be.revertedWithoutReason(ethers); // more than it has
    expect([await target.seen(), await account.nonce()]).to.deep.equal([[], 0n]);
  });

  it("when a call calls the account back, only what was signed for the next nonce is made", async () => {
    const base = await loadFixture(deployed);
    const { account, domain, target, to, record } = base;
    const inner = [record("0x02")];
    const callBack = (terms: Terms): Call => ({
      ...{ to, value: 0n },
      data: target.interface.encodeFunctionData("callBack", [
        inner,
        terms.nonce,
        terms.deadline,
        terms.gas,
        signExecute(domain, inner, terms),
      ]),
    });
    await expect(execute(base, [callBack(TERMS)]))
      .to.be.revertedWithCustomError(account, "SchnorrAccountWrongNonce")
      .withArgs(0n, 1n);
    await execute(base, [callBack({ ...TERMS, nonce: 1n }), record("0x03")]);
    expect((await target.seen()).map(({ data }) => data)).to.deep.equal(["0x02", "0x03"]);
    expect(await account.nonce()).to.equal(2n);
  });

  it("whoever relays, each call gets the gas that was signed, or SchnorrAccountTooLittleGas is what there is", async () => {
    const base = await loadFixture(deployed);
    const { account, target, to } = base;
    const look = { to, value: 0n, data: target.interface.encodeFunctionData("lookAtGas") };
    const terms = { ...TERMS, gas: 200_000n };
    const signature = signExecute(base.domain, [look, look], terms);
    const outcomes = new Set<string>();
    const seen: bigint[] = [];
    // Finely: just below what is needed, 63/64 of what is left is less than what was signed.
    for (let gasLimit = 230_000n; gasLimit < 400_000n; gasLimit += 1_201n) {
      const snapshot = await networkHelpers.takeSnapshot();
      try {
        await (await account.execute([look, look], 0n, NEVER, terms.gas, signature, { gasLimit })).wait();
        seen.push(await target.gasSeen());
        outcomes.add("made");
      } catch (error) {
        const data = error instanceof Error && "data" in error ? String(error.data) : "0x";
        outcomes.add(data === "0x" ? "out of gas" : (account.interface.parseError(data)?.name ?? data));
      }
      await snapshot.restore();
    }
    outcomes.delete("out of gas");
    for (const gas of seen) expect(gas).to.be.greaterThan(terms.gas - 1_000n); // less what its dispatch costs
    expect([...outcomes].sort()).to.deep.equal(["SchnorrAccountTooLittleGas", "made"]);
  });
});

describe("SchnorrAccount: isValidSignature", () => {
  it("when the key signed Signed(hash) under the account's domain, it is the magic value; for anything else it is not", async () => {
    const { account, domain } = await loadFixture(deployed);
    const hash = ethers.id("consent");
    const right = signHash(domain, hash);
    expect(await account.isValidSignature(hash, right)).to.equal(MAGIC);
    const wrong = [
      signHash(domain, ethers.id("another")),
      signHash({ ...domain, verifyingContract: toBeHex(7, 20) }, hash),
      signHash({ ...domain, chainId: 1n }, hash),
      signHash(domain, hash, keyOf(secretOf("mallory"))),
      signSchnorr(KEY, hash, nonce()), // the hash itself
      signSchnorr(KEY, TypedDataEncoder.hash(domain, SIGNED_TYPES, { hash }), nonce(), domainTag("possession")),
      ...["0x", `0x${"00".repeat(64)}`, dataSlice(right, 0, 63), concat([right, "0x00"])],
    ];
    for (const signature of wrong) expect(await account.isValidSignature(hash, signature)).to.equal(NO);
    expect(await account.isValidSignature(ethers.id("another"), right)).to.equal(NO);
  });

  it("tells its key and its domain, which is EIP-712's", async () => {
    const { account, domain, entryPoint } = await loadFixture(deployed);
    expect([...(await account.key())]).to.deep.equal([KEY.x, KEY.y]);
    expect(await account.domainSeparator()).to.equal(TypedDataEncoder.hashDomain(domain));
    const { name, version, verifyingContract } = await account.eip712Domain();
    expect([name, version, verifyingContract]).to.deep.equal([domain.name, domain.version, domain.verifyingContract]);
    expect(await account.entryPoint()).to.equal(entryPoint);
  });

  it("takes tokens that ask their receiver", async () => {
    const { account } = await loadFixture(deployed);
    const [address, zero] = [await account.getAddress(), ethers.ZeroAddress];
    expect(await account.onERC721Received.staticCall(address, zero, 1n, "0x")).to.equal("0x150b7a02");
    expect(await account.onERC1155Received.staticCall(address, zero, 1n, 1n, "0x")).to.equal("0xf23a6e61");
  });
});

describe("SchnorrAccountFactory", () => {
  it("makes an account where it said, once; again it says where, and changes nothing", async () => {
    const { factory, entryPoint } = await loadFixture(deployed);
    const other = keyOf(secretOf("another account's key"));
    const salt = ethers.id("salt");
    const at = await factory.getFunction("addressOf").staticCall(other, salt);
    expect(await ethers.provider.getCode(at)).to.equal("0x");
    await expect(factory.make(other, salt)).to.emit(factory, "SchnorrAccountMade").withArgs(at, [other.x, other.y], salt);
    const account = await ethers.getContractAt("SchnorrAccount", at);
    expect([...(await account.key())]).to.deep.equal([other.x, other.y]);
    expect([await account.entryPoint(), await factory.entryPoint()]).to.deep.equal([entryPoint, entryPoint]);
    expect(await factory.make.staticCall(other, salt)).to.equal(at);
    await expect(factory.make(other, salt)).to.not.emit(factory, "SchnorrAccountMade");
  });

  it("gives every key and salt another address, which no caller changes", async () => {
    const { factory, relayer } = await loadFixture(deployed);
    const addressOf = factory.getFunction("addressOf");
    const other = keyOf(secretOf("another account's key"));
    const addresses = await Promise.all([
      addressOf.staticCall(KEY, SALT),
      addressOf.staticCall(KEY, ethers.id("salt")),
      addressOf.staticCall(other, SALT),
    ]);
    expect(new Set(addresses).size).to.equal(3);
    expect(await (factory.connect(relayer) as typeof factory).make.staticCall(KEY, ethers.id("salt"))).to.equal(addresses[1]);
  });

  for (const [name, point] of BAD_POINTS)
    it(`when the key is ${name}, it reverts with InvalidPoint`, async () => {
      const { factory } = await loadFixture(deployed);
      await expect(factory.make(point, SALT)).to.be.revertedWithCustomError(factory, "InvalidPoint").withArgs(point.x, point.y);
    });

  it("accounts on two addresses have two domains", async () => {
    const { factory, domain } = await loadFixture(deployed);
    await factory.make(KEY, ethers.id("salt"));
    const second = await factory.getFunction("addressOf").staticCall(KEY, ethers.id("salt"));
    const account = await ethers.getContractAt("SchnorrAccount", second);
    expect(await account.domainSeparator()).to.equal(TypedDataEncoder.hashDomain(await domainOf(ethers, second)));
    expect(await account.domainSeparator()).to.not.equal(TypedDataEncoder.hashDomain(domain));
  });
});
