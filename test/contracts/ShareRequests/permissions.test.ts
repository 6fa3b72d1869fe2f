import { expect } from "chai";
import { AbiCoder, concat, ZeroHash } from "ethers";
import { network } from "hardhat";
import { solidityPoint } from "../../fixtures/points.ts";
import { sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { type Deployed, deployRequests, newReader } from "./requestFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const DECISION = { denied: 0n, permitted: 1n, unknownVersion: 2n, withdrawnVersion: 3n };
const READER = solidityPoint(newReader().readerKey);
const NOBODY = ethers.ZeroAddress;
const word = (value: bigint): string => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);
const deployed = () => deployRequests(ethers);

/** Moves alice's document to another permissions contract. */
const moveTo = async ({ registry, alice, document }: Deployed, permissions: string) => {
  await registry.connect(alice).movePermissions(document, permissions);
};
/** What bob's request comes to, without making it: the answer of the permissions contract as `request` saw it. */
const tryRequest = async ({ requests, bob, sealed }: Deployed, gasLimit = 5_000_000n, context = ZeroHash): Promise<string> => {
  try {
    await requests.connect(bob).request.staticCall(sealed.document, sealed.headerHash, READER, context, { gasLimit });
    return "made";
  } catch (error) {
    const data = error instanceof Error && "data" in error ? error.data : undefined;
    if (typeof data !== "string" || data === "0x") return "out of gas";
    return requests.interface.parseError(data)?.name ?? `unknown error ${data}`;
  }
};
const decide = ({ requests, bob, sealed }: Deployed, context = ZeroHash) =>
  requests.decide(sealed.document, sealed.headerHash, NOBODY, bob, context);
/** The same question about a document that is not published. */
const decideUnpublished = ({ requests, bob }: Deployed, permissions: string, context = ZeroHash) =>
  requests.decide(ethers.id("unpublished"), ZeroHash, permissions, bob, context);

const make = async (name: string, args: unknown[] = []): Promise<string> => (await ethers.deployContract(name, args)).getAddress();

describe("ShareRequests: decide", () => {
  it("when the document is published, it says UnknownVersion, WithdrawnVersion, Permitted or Denied", async () => {
    const { requests, registry, alice, bob, mallory, sealed, key, document } = await loadFixture(deployed);
    const second = sealVersion(key, sealed);
    const ask = (headerHash: string, user: string) => requests.decide(document, headerHash, NOBODY, user, ZeroHash);
    expect(await ask(sealed.headerHash, bob.address)).to.equal(DECISION.permitted);
    expect(await ask(sealed.headerHash, mallory.address)).to.equal(DECISION.denied);
    expect(await ask(second.headerHash, bob.address)).to.equal(DECISION.unknownVersion);
    await registry.connect(alice).withdrawVersion(document, sealed.headerHash);
    expect(await ask(sealed.headerHash, bob.address)).to.equal(DECISION.withdrawnVersion);
  });

  it("when the document is published, it ignores the label's contract", async () => {
    const { requests, mallory, sealed } = await loadFixture(deployed);
    const hers = await make("HonestPermissions", [mallory.address]);
    expect(await requests.decide(sealed.document, sealed.headerHash, hers, mallory, ZeroHash)).to.equal(DECISION.denied);
  });

  it("when the document is moved, it follows at once", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("HonestPermissions", [base.mallory.address]));
    expect(await decide(base)).to.equal(DECISION.denied);
    await moveTo(base, base.grantsAddress);
    expect(await decide(base)).to.equal(DECISION.permitted);
  });

  it("when it is not published, it asks the label's contract", async () => {
    const base = await loadFixture(deployed);
    const honest = await make("HonestPermissions", [base.bob.address]);
    expect(await decideUnpublished(base, honest)).to.equal(DECISION.permitted);
    expect(await base.requests.decide(ethers.id("unpublished"), ZeroHash, honest, base.mallory, ZeroHash)).to.equal(DECISION.denied);
    expect(await decideUnpublished(base, base.grantsAddress)).to.equal(DECISION.denied);
    expect(await decideUnpublished(base, NOBODY)).to.equal(DECISION.denied);
  });

  it("when an unpublished document is claimed in AccessGrants, its grants count, and its owner may read", async () => {
    const { requests, grants, grantsAddress, alice, bob, mallory } = await loadFixture(deployed);
    const document = await grants.connect(alice).claim.staticCall(ethers.id("salt"));
    await grants.connect(alice).claim(ethers.id("salt"));
    await grants.connect(alice).grant(document, bob, 0);
    const ask = (user: string) => requests.decide(document, ZeroHash, grantsAddress, user, ZeroHash);
    expect(await Promise.all([alice, bob, mallory].map(({ address }) => ask(address)))).to.deep.equal([
      DECISION.permitted,
      DECISION.permitted,
      DECISION.denied,
    ]);
  });
});

describe("ShareRequests: the permissions contract", () => {
  it("when it is honest (control), the answer is its answer", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("HonestPermissions", [base.bob.address]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["made", DECISION.permitted]);
    await moveTo(base, await make("HonestPermissions", [base.mallory.address]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["RequestDenied", DECISION.denied]);
  });

  it("when it returns the canonical 1 as raw bytes (control), the answer is yes", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("RawPermissions", [word(1n)]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["made", DECISION.permitted]);
  });

  const selfDestructed = async (): Promise<string> => {
    const [signer] = await ethers.getSigners();
    const receipt = await (await signer?.sendTransaction({ data: "0x33ff" }))?.wait(); // CALLER SELFDESTRUCT, as init code
    return receipt?.contractAddress ?? "";
  };
  const hostile: readonly (readonly [name: string, deploy: (base: Deployed) => Promise<string>])[] = [
    ["reverts with nothing", () => make("RevertingPermissions", ["0x"])],
    ["reverts with the word 1", () => make("RevertingPermissions", [word(1n)])],
    ["reverts with 100 KB", () => make("BombPermissions", [true])],
    ["returns 256 KB that begin with the word 1", () => make("BombPermissions", [false])],
    ["returns 0", () => make("RawPermissions", [word(0n)])],
    ["returns 2", () => make("RawPermissions", [word(2n)])],
    ["returns a dirty yes", () => make("RawPermissions", [word(2n ** 255n + 1n)])],
    ["returns 1 in the wrong byte", () => make("RawPermissions", [word(256n)])],
    ["returns 1 on the left", () => make("RawPermissions", [word(2n ** 248n)])],
    ["returns the largest word", () => make("RawPermissions", [word(2n ** 256n - 1n)])],
    ["returns nothing", () => make("RawPermissions", ["0x"])],
    ["returns 31 bytes", () => make("RawPermissions", [`0x${"00".repeat(30)}01`])],
    ["returns 33 bytes", () => make("RawPermissions", [concat([word(1n), "0x00"])])],
    ["returns 64 bytes", () => make("RawPermissions", [concat([word(1n), word(1n)])])],
    ["burns all gas", () => make("BurningPermissions")],
    ["needs more gas than there is", () => make("HungryPermissions", [300_000n])],
    ["writes to its storage", () => make("WritingPermissions")],
    ["reenters request", ({ address, sealed }) => make("ReenteringPermissions", [address, sealed.headerHash, READER])],
    ["is an account", async ({ mallory }) => mallory.address],
    ["is the reader's account", async ({ bob }) => bob.address],
    ["has destroyed itself", selfDestructed],
    ["is ShareRequests itself", async ({ address }) => address],
    ["is the document registry", async ({ registryAddress }) => registryAddress],
    ...Array.from({ length: 18 }, (_, i) => ethers.toBeHex(i + 1, 20)).map(
      (address, i) => [`is the precompile ${i + 1}`, async () => address] as const,
    ),
    ["is the precompile 256", async () => ethers.toBeHex(256, 20)],
  ];
  for (const [name, deploy] of hostile)
    it(`attack 12: when it ${name}, the answer is no, for request and decide alike`, async () => {
      const base = await loadFixture(deployed);
      const permissions = await deploy(base);
      await moveTo(base, permissions);
      expect([await tryRequest(base), await decide(base)]).to.deep.equal(["RequestDenied", DECISION.denied]);
      expect(await decideUnpublished(base, permissions)).to.equal(DECISION.denied);
      expect(await decideUnpublished(base, permissions, ethers.id("context"))).to.equal(DECISION.denied);

      await moveTo(base, await make("HonestPermissions", [base.bob.address]));
      expect([await tryRequest(base), await decide(base)]).to.deep.equal(["made", DECISION.permitted]);
    });

  it("attack 12: what it writes is undone, and reentering makes no request", async () => {
    const base = await loadFixture(deployed);
    const writing = await ethers.deployContract("WritingPermissions");
    await moveTo(base, await writing.getAddress());
    await expect(
      base.requests.connect(base.bob).request(base.document, base.sealed.headerHash, READER, ZeroHash, { gasLimit: 2_000_000n }),
    ).to.be.revertedWithCustomError(base.requests, "RequestDenied");
    expect([await writing.calls(), await base.requests.requestCount()]).to.deep.equal([0n, 0n]);
  });

  it("attack 12: no hostile contract makes the question cost more than its allowance", async () => {
    const base = await loadFixture(deployed);
    for (const [name, args] of [
      ["BurningPermissions", []],
      ["BombPermissions", [false]],
      ["BombPermissions", [true]],
    ] as const) {
      await moveTo(base, await make(name, [...args]));
      const sent = base.requests
        .connect(base.bob)
        .request(base.document, base.sealed.headerHash, READER, ZeroHash, { gasLimit: 5_000_000n });
      const { hash } = await sent.catch(async () => ({ hash: (await ethers.provider.getBlock("latest"))?.transactions[0] ?? "" }));
      const used = (await ethers.provider.getTransactionReceipt(hash))?.gasUsed ?? 0n;
      expect(used).to.be.greaterThan(100_000n).and.lessThan(500_000n);
    }
  });

  it("attack 12: when it changes its mind, each question is answered as of its block", async () => {
    const base = await loadFixture(deployed);
    const fickle = await ethers.deployContract("FicklePermissions");
    await moveTo(base, await fickle.getAddress());
    const blocks: number[] = [];
    for (const mood of [true, false, true]) {
      await fickle.set(mood);
      blocks.push(await ethers.provider.getBlockNumber());
      expect(await tryRequest(base)).to.equal(mood ? "made" : "RequestDenied");
    }
    const at = (blockTag: number) => base.requests.decide(base.document, base.sealed.headerHash, NOBODY, base.bob, ZeroHash, { blockTag });
    expect(await Promise.all(blocks.map(at))).to.deep.equal([DECISION.permitted, DECISION.denied, DECISION.permitted]);
  });

  it("when it looks at its caller, it sees ShareRequests, in a transaction and in a call", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("CallerPermissions", [base.address]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["made", DECISION.permitted]);
    await moveTo(base, await make("CallerPermissions", [base.bob.address]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["RequestDenied", DECISION.denied]);
  });

  it("when it counts its gas, it has 300 000, whatever the transaction has", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("GasCountingPermissions"));
    for (const gasLimit of [600_000n, 700_000n, 1_000_000n, 5_000_000n, 16_000_000n])
      expect(await tryRequest(base, gasLimit)).to.equal("made");
    expect(await decide(base)).to.equal(DECISION.permitted);
  });

  it("when it needs nearly all of its gas, it has it", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("HungryPermissions", [299_000n]));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["made", DECISION.permitted]);
  });

  it("when it asks ShareRequests from within the question, that works if the gas is there, and is no otherwise", async () => {
    const base = await loadFixture(deployed);
    const inner = await make("HonestPermissions", [base.bob.address]);
    await moveTo(base, await make("NestingPermissions", [base.address, inner]));
    expect(await decide(base)).to.equal(DECISION.denied); // 300 000 is too little to give 300 000 away
  });

  /** All outcomes of bob's request, over gas limits from far too little to plenty. */
  const sweep = async (base: Deployed, context = ZeroHash): Promise<Set<string>> => {
    const outcomes = new Set<string>();
    for (let gasLimit = 40_000n; gasLimit < 700_000n; gasLimit += 7_001n) outcomes.add(await tryRequest(base, gasLimit, context));
    return outcomes;
  };

  it("attack 12: when too little gas is left for the question, it reverts with ShareRequestsTooLittleGas, and at no gas limit with RequestDenied", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("HungryPermissions", [299_000n]));
    expect(await sweep(base)).to.have.all.keys("out of gas", "ShareRequestsTooLittleGas", "made");
  });

  it("attack 12: too little gas cannot hide the context from a contract that takes it, nor starve its answer after the detection", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("DetectablePermissions", [word(1n), 23_000n, 299_000n]));
    expect(await sweep(base)).to.have.all.keys("out of gas", "ShareRequestsTooLittleGas", "made");
  });

  it("when too little gas is left for the question, decide says how much is needed", async () => {
    const { requests, sealed, bob } = await loadFixture(deployed);
    await expect(requests.decide(sealed.document, sealed.headerHash, NOBODY, bob, ZeroHash, { gasLimit: 350_000n }))
      .to.be.revertedWithCustomError(requests, "ShareRequestsTooLittleGas")
      .withArgs(
        (left: bigint) => left < 350_000n,
        (needed: bigint) => needed > 400_000n && needed < 450_000n,
      );
  });
});

describe("ShareRequests: a permissions contract that takes context", () => {
  const CONTEXT = ethers.id("a module and its runner");

  it("when it declares IContextPermissions by all of ERC-165, it is asked with the context", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("ContextPermissions", [CONTEXT]));
    expect([await tryRequest(base, 5_000_000n, CONTEXT), await decide(base, CONTEXT)]).to.deep.equal(["made", DECISION.permitted]);
    for (const context of [ZeroHash, ethers.id("another")])
      expect([await tryRequest(base, 5_000_000n, context), await decide(base, context)]).to.deep.equal(["RequestDenied", DECISION.denied]);
  });

  it("when it takes no context, any context is the same to it", async () => {
    const base = await loadFixture(deployed);
    for (const context of [ZeroHash, CONTEXT])
      expect([await tryRequest(base, 5_000_000n, context), await decide(base, context)]).to.deep.equal(["made", DECISION.permitted]);
  });

  it("when it declares ERC-165 alone, it is asked without context", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("PlainPermissions"));
    expect([await tryRequest(base, 5_000_000n, CONTEXT), await decide(base, CONTEXT)]).to.deep.equal(["made", DECISION.permitted]);
  });

  it("when it declares it and does not have it, the answer is no", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("BrokenContextPermissions"));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["RequestDenied", DECISION.denied]);
  });

  it("when it says yes to whatever it does not know, it is asked without context", async () => {
    const base = await loadFixture(deployed);
    await moveTo(base, await make("CarelessPermissions"));
    expect([await tryRequest(base), await decide(base)]).to.deep.equal(["RequestDenied", DECISION.denied]);
  });

  for (const [name, declaration, burn, takesContext] of [
    ["1 (control)", word(1n), 0n, true],
    ["1, for over 23 000 gas (control)", word(1n), 23_000n, true],
    ["1, for more than 30 000 gas", word(1n), 30_000n, false],
    ["0", word(0n), 0n, false],
    ["2", word(2n), 0n, false],
    ["a dirty yes", word(2n ** 255n + 1n), 0n, false],
    ["64 bytes", concat([word(1n), word(1n)]), 0n, false],
    ["31 bytes", `0x${"00".repeat(30)}01`, 0n, false],
    ["nothing", "0x", 0n, false],
  ] as const)
    it(`attack 12: when its declaration is ${name}, it is asked ${takesContext ? "with" : "without"} context`, async () => {
      const base = await loadFixture(deployed);
      await moveTo(base, await make("DetectablePermissions", [declaration, burn, 0n]));
      const expected = takesContext ? ["made", DECISION.permitted] : ["RequestDenied", DECISION.denied];
      expect([await tryRequest(base, 5_000_000n, CONTEXT), await decide(base, CONTEXT)]).to.deep.equal(expected);
    });
});
