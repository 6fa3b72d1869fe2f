import { expect } from "chai";
import { AbiCoder, concat, ZeroHash } from "ethers";
import { network } from "hardhat";
import { DECISION, deploySigning, newStatement, PURPOSE, type Signing } from "./signingFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;
const word = (value: bigint): string => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);
const make = async (name: string, args: unknown[] = []): Promise<string> => (await ethers.deployContract(name, args)).getAddress();

/** A key of its own for every rules contract: what is bound is bound. */
const boundTo = async (base: Signing, rules: string, code?: string) => {
  const key = await base.addKey(`a key for ${rules}`, PURPOSE.Schnorr);
  // What was bound may be gone later, or be no contract that answers: rules are looked at when they are asked, not when they are bound.
  const before = await ethers.provider.getCode(rules);
  if (before === "0x") await ethers.provider.send("hardhat_setCode", [rules, "0x00"]);
  await base.requests.bindRules(key.keyId, rules);
  if (before === "0x") await ethers.provider.send("hardhat_setCode", [rules, code ?? "0x"]);
  return newStatement("TypedData", key).statement;
};
type Statement = Awaited<ReturnType<typeof boundTo>>;
const deployed = () => deploySigning(ethers);

/** What bob's request comes to, without making it. */
const tryRequest = async ({ requests, bob }: Signing, statement: Statement, gasLimit = 5_000_000n): Promise<string> => {
  try {
    await requests.connect(bob).request.staticCall(statement, { gasLimit });
    return "made";
  } catch (error) {
    const data = error instanceof Error && "data" in error ? error.data : undefined;
    if (typeof data !== "string" || data === "0x") return "out of gas";
    return requests.interface.parseError(data)?.name ?? `unknown error ${data}`;
  }
};
const both = async (base: Signing, statement: Statement) => [
  await tryRequest(base, statement),
  await base.requests.decide(base.bob, statement),
];
const YES = ["made", DECISION.permitted];
const NO = ["SigningRequestsDenied", DECISION.denied];

describe("SigningRequests: the rules", () => {
  it("when they are honest, or return the canonical 1 as raw bytes (controls), the answer is theirs", async () => {
    const base = await loadFixture(deployed);
    expect(await both(base, await boundTo(base, await make("HonestRules", [base.bob.address])))).to.deep.equal(YES);
    expect(await both(base, await boundTo(base, await make("HonestRules", [base.mallory.address])))).to.deep.equal(NO);
    expect(await both(base, await boundTo(base, await make("RawPermissions", [word(1n)])))).to.deep.equal(YES);
  });

  const hostile: readonly (readonly [name: string, deploy: (base: Signing) => Promise<string>])[] = [
    ["revert with nothing", () => make("RevertingPermissions", ["0x"])],
    ["revert with the word 1", () => make("RevertingPermissions", [word(1n)])],
    ["revert with 256 KB", () => make("BombRules", [true])],
    ["return 256 KB that begin with the word 1", () => make("BombRules", [false])],
    ["return 0", () => make("RawPermissions", [word(0n)])],
    ["return 2", () => make("RawPermissions", [word(2n)])],
    ["return a dirty yes", () => make("RawPermissions", [word(2n ** 255n + 1n)])],
    ["return 1 in the wrong byte", () => make("RawPermissions", [word(256n)])],
    ["return 1 on the left", () => make("RawPermissions", [word(2n ** 248n)])],
    ["return the largest word", () => make("RawPermissions", [word(2n ** 256n - 1n)])],
    ["return nothing", () => make("RawPermissions", ["0x"])],
    ["return 31 bytes", () => make("RawPermissions", [`0x${"00".repeat(30)}01`])],
    ["return 33 bytes", () => make("RawPermissions", [concat([word(1n), "0x00"])])],
    ["return 64 bytes", () => make("RawPermissions", [concat([word(1n), word(1n)])])],
    ["burn all gas", () => make("BurningPermissions")],
    ["need more gas than there is", () => make("HungryRules", [500_000n])],
    ["write to their storage", () => make("WritingRules")],
    ["reenter request", ({ address }) => make("ReenteringRules", [address, false])],
    ["take the key for other rules from within the question", ({ address }) => make("ReenteringRules", [address, true])],
    ["are an account by now", async ({ mallory }) => mallory.address],
    ["are SigningRequests itself", async ({ address }) => address],
    ["know permissions and no signing", ({ bob }) => make("HonestPermissions", [bob.address])],
    ...[1, 2, 4, 5, 9, 10, 256].map((number) => [`are the precompile ${number}`, async () => ethers.toBeHex(number, 20)] as const),
  ];
  for (const [name, deploy] of hostile)
    it(`attack S13: when they ${name}, the answer is no, for request and decide alike`, async () => {
      const base = await loadFixture(deployed);
      expect(await both(base, await boundTo(base, await deploy(base)))).to.deep.equal(NO);
    });

  it("attack S13: what they write is undone, and reentering makes no request and binds nothing", async () => {
    const base = await loadFixture(deployed);
    const { requests, bob } = base;
    const writing = await ethers.deployContract("WritingRules");
    const written = await boundTo(base, await writing.getAddress());
    await expect(requests.connect(bob).request(written, { gasLimit: 2_000_000n })).to.be.revertedWithCustomError(
      requests,
      "SigningRequestsDenied",
    );
    for (const binds of [false, true]) {
      const rules = await make("ReenteringRules", [base.address, binds]);
      const statement = await boundTo(base, rules);
      await expect(requests.connect(bob).request(statement, { gasLimit: 2_000_000n })).to.be.revertedWithCustomError(
        requests,
        "SigningRequestsDenied",
      );
      expect(await requests.rulesOf(statement.keyId)).to.equal(rules);
    }
    expect([await writing.calls(), await requests.requestCount()]).to.deep.equal([0n, 0n]);
  });

  it("attack S13: no hostile rules make the question cost more than its allowance", async () => {
    const base = await loadFixture(deployed);
    for (const [name, args] of [
      ["BurningPermissions", []],
      ["BombRules", [false]],
      ["BombRules", [true]],
    ] as const) {
      const statement = await boundTo(base, await make(name, [...args]));
      const sent = base.requests.connect(base.bob).request(statement, { gasLimit: 5_000_000n });
      const { hash } = await sent.catch(async () => ({ hash: (await ethers.provider.getBlock("latest"))?.transactions[0] ?? "" }));
      const used = (await ethers.provider.getTransactionReceipt(hash))?.gasUsed ?? 0n;
      expect(used).to.be.greaterThan(100_000n).and.lessThan(700_000n);
    }
  });

  it("attack S12: when they change their mind, each question is answered as of its block", async () => {
    const base = await loadFixture(deployed);
    const fickle = await ethers.deployContract("FickleRules");
    const statement = await boundTo(base, await fickle.getAddress());
    const blocks: number[] = [];
    for (const mood of [true, false, true]) {
      await fickle.set(mood);
      blocks.push(await ethers.provider.getBlockNumber());
      expect(await tryRequest(base, statement)).to.equal(mood ? "made" : "SigningRequestsDenied");
    }
    const asked = blocks.map((blockTag) => base.requests.decide(base.bob, statement, { blockTag }));
    expect(await Promise.all(asked)).to.deep.equal([DECISION.permitted, DECISION.denied, DECISION.permitted]);
  });

  it("when they look at their caller, they see SigningRequests, in a transaction and in a call", async () => {
    const base = await loadFixture(deployed);
    expect(await both(base, await boundTo(base, await make("CallerRules", [base.address])))).to.deep.equal(YES);
    expect(await both(base, await boundTo(base, await make("CallerRules", [base.bob.address])))).to.deep.equal(NO);
  });

  it("when they count their gas, they have 500 000, whatever the transaction has", async () => {
    const base = await loadFixture(deployed);
    const statement = await boundTo(base, await make("GasCountingRules"));
    for (const gasLimit of [700_000n, 800_000n, 1_000_000n, 5_000_000n, 16_000_000n])
      expect(await tryRequest(base, statement, gasLimit)).to.equal("made");
    expect(await base.requests.decide(base.bob, statement)).to.equal(DECISION.permitted);
  });

  it("when they ask SigningRequests a view from within the question, that works", async () => {
    const base = await loadFixture(deployed);
    expect(await both(base, await boundTo(base, await make("NestingRules", [base.address])))).to.deep.equal(YES);
  });

  it("attack S13: when too little gas is left for the question, it reverts with SigningRequestsTooLittleGas, and at no gas limit with SigningRequestsDenied", async () => {
    const base = await loadFixture(deployed);
    const { keyId } = await boundTo(base, await make("HungryRules", [495_000n]));
    for (const length of [32, 20_000]) {
      // A long statement costs something to write down: that must not eat into what the rules get.
      const payload = AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes"], [ZeroHash, `0x${"11".repeat(length)}`]);
      const statement = { keyId, derivation: ZeroHash, kind: 0, payload };
      const outcomes = new Set<string>();
      for (let gasLimit = 60_000n; gasLimit < 2_500_000n; gasLimit += length === 32 ? 17_001n : 45_001n)
        outcomes.add(await tryRequest(base, statement, gasLimit));
      expect(outcomes, `${length} bytes`).to.have.all.keys("out of gas", "SigningRequestsTooLittleGas", "made");
    }
  });

  it("when too little gas is left for the question, decide says how much is needed", async () => {
    const base = await loadFixture(deployed);
    const { requests, bob, schnorr } = base;
    const { statement } = newStatement("TypedData", schnorr);
    await expect(requests.decide(bob, statement, { gasLimit: 520_000n }))
      .to.be.revertedWithCustomError(requests, "SigningRequestsTooLittleGas")
      .withArgs(
        (left: bigint) => left < 520_000n,
        (needed: bigint) => needed > 505_000n && needed < 525_000n,
      );
  });
});
