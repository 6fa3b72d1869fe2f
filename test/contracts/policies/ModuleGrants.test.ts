import { encodeModuleContext, moduleContextHash, parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { deployPublished } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const [MODULE, NEXT, OTHER] = [ethers.id("a build"), ethers.id("the next build"), ethers.id("another module")];
const LATE = 2n ** 40n;
type ModuleGrant = { readonly module: string; readonly runner: string; readonly until: bigint };
const deployed = async () => {
  const base = await deployPublished(ethers);
  const grants = await ethers.deployContract("ModuleGrants", [base.registryAddress]);
  const { chainId } = await ethers.provider.getNetwork();
  const given = (module: string, runner: { readonly address: string }, until = LATE) => ({ module, runner: runner.address, until });
  const contextOf = (module: string, runner: { readonly address: string }, chain = chainId) => ({
    ...{ chainId: chain, module: parseHash32(module), runner: parseAddress(runner.address) },
  });
  const may = (runner: { readonly address: string }, document: string, module: string): Promise<boolean> =>
    grants.checkPermissionsFor(runner.address, document, moduleContextHash(contextOf(module, runner)));
  const listed = async (document: string) =>
    (await grants.grantsOf(document)).map(({ module, runner, until }) => ({ module, runner, until })).sort((a, b) => key(a) - key(b));
  return { ...base, grants, given, may, listed, contextOf, runner: base.bob, runner2: base.mallory };
};
/** An order for lists that have none. */
const key = ({ module, runner }: { readonly module: string; readonly runner: string }): number =>
  Number(BigInt(ethers.id(module + runner.toLowerCase())) >> 208n);
const sorted = <Row extends { readonly module: string; readonly runner: string }>(rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => key(a) - key(b));
const now = (): Promise<number> => networkHelpers.time.latest();

describe("ModuleGrants: who may change grants", () => {
  it("when the caller does not own one of the documents, or it is not published, all revert, and nothing is changed", async () => {
    const { grants, alice, mallory, runner, document, malloryDocument, unpublished, given, listed } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    for (const [caller, documents, foreign] of [
      [mallory, [document], document],
      [mallory, [malloryDocument, document], document],
      [alice, [document, unpublished], unpublished],
    ] as const) {
      const as = grants.connect(caller);
      for (const call of [
        () => as.grant([...documents], [given(OTHER, runner)]),
        () => as.revoke(foreign, MODULE, runner),
        () => as.revokeModule([...documents], MODULE),
        () => as.revokeRunner([...documents], runner),
        () => as.revokeAll([...documents]),
        () => as.removeEnded([...documents]),
      ])
        await expect(call()).to.be.revertedWithCustomError(grants, "NotDocumentOwner").withArgs(foreign, caller.address);
    }
    await expect(grants.connect(mallory).moveToModule([document], MODULE, NEXT)).to.be.revertedWithCustomError(grants, "NotDocumentOwner");
    expect(await listed(document)).to.deep.equal([given(MODULE, runner)]);
    expect(await listed(malloryDocument)).to.deep.equal([]);
  });
});

describe("ModuleGrants: grant", () => {
  it("when module or runner is zero, or the end is not to come, it reverts with ModuleGrantsInvalid", async () => {
    const { grants, alice, runner, document, given } = await loadFixture(deployed);
    const before = BigInt(await now());
    for (const wrong of [
      given(ethers.ZeroHash, runner),
      given(MODULE, { address: ethers.ZeroAddress }),
      given(MODULE, runner, before),
      given(MODULE, runner, before + 1n), // the time of the block that has it
      given(MODULE, runner, 0n),
    ]) {
      await networkHelpers.time.setNextBlockTimestamp(before + 1n);
      await expect(grants.connect(alice).grant.staticCall([document], [given(OTHER, runner), wrong], { blockTag: "pending" }))
        .to.be.revertedWithCustomError(grants, "ModuleGrantsInvalid")
        .withArgs(wrong.module, wrong.runner, wrong.until);
    }
  });

  it("each document has each grant, and the events say so in clear", async () => {
    const { grants, alice, runner, runner2, document, otherDocument, given, may, listed } = await loadFixture(deployed);
    const all = [given(MODULE, runner), given(MODULE, runner2, LATE - 1n), given(OTHER, runner)];
    const sent = grants.connect(alice).grant([document, otherDocument], all);
    for (const id of [document, otherDocument])
      for (const one of all) await expect(sent).to.emit(grants, "ModuleGranted").withArgs(id, one.module, one.runner, one.until);
    for (const id of [document, otherDocument]) {
      expect(await listed(id)).to.deep.equal(sorted(all));
      expect([await may(runner, id, MODULE), await may(runner2, id, MODULE), await may(runner, id, OTHER)]).to.deep.equal([
        true,
        true,
        true,
      ]);
      expect(await may(runner2, id, OTHER)).to.equal(false);
    }
    expect(await grants.grantedUntil(document, MODULE, runner2)).to.equal(LATE - 1n);
    expect(await grants.grantedUntil(document, OTHER, runner2)).to.equal(0n);
  });

  it("when it is granted already, only the end changes", async () => {
    const { grants, alice, runner, document, given, listed } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    await grants.connect(alice).grant([document], [given(MODULE, runner, LATE + 5n), given(MODULE, runner, LATE + 7n)]);
    expect(await listed(document)).to.deep.equal([given(MODULE, runner, LATE + 7n)]);
  });

  it("when the document has as many as it can, it reverts with ModuleGrantsFull; revokeAll makes room within a block's gas", async () => {
    const { grants, alice, runner, document, given, listed } = await loadFixture(deployed);
    const most = Number(await grants.maxGrants());
    const builds = Array.from({ length: most }, (_, i) => given(ethers.id(`build ${i}`), runner));
    for (let i = 0; i < most; i += 64) await grants.connect(alice).grant([document], builds.slice(i, i + 64));
    expect((await listed(document)).length).to.equal(most);
    const one = () => grants.connect(alice).grant([document], [given(MODULE, runner)]);
    await expect(one()).to.be.revertedWithCustomError(grants, "ModuleGrantsFull").withArgs(document);
    await grants.connect(alice).grant([document], [given(ethers.id("build 3"), runner, LATE + 1n)]); // no further one
    const receipt = await (await grants.connect(alice).revokeAll([document])).wait();
    expect((receipt?.gasUsed ?? 0n) < 15_000_000n, `${receipt?.gasUsed} gas`).to.equal(true);
    expect(await listed(document)).to.deep.equal([]);
    await one();
  });
});

describe("ModuleGrants: revoke, revokeModule, revokeRunner, revokeAll, removeEnded", () => {
  const filled = async () => {
    const base = await deployed();
    const { grants, alice, runner, runner2, document, otherDocument, given } = base;
    const all = [given(MODULE, runner), given(MODULE, runner2), given(OTHER, runner), given(OTHER, runner2)];
    await grants.connect(alice).grant([document, otherDocument], all);
    return { ...base, all };
  };

  it("when there is no such grant, revoke reverts with ModuleGrantsNone", async () => {
    const { grants, alice, runner, document } = await loadFixture(filled);
    await expect(grants.connect(alice).revoke(document, NEXT, runner))
      .to.be.revertedWithCustomError(grants, "ModuleGrantsNone")
      .withArgs(document, NEXT, runner.address);
  });

  it("each grant can be revoked: that one goes, and the others stay", async () => {
    const { grants, alice, document, otherDocument, all, listed } = await loadFixture(filled);
    for (const [index, gone] of all.entries()) {
      const snapshot = await networkHelpers.takeSnapshot();
      await expect(grants.connect(alice).revoke(document, gone.module, gone.runner))
        .to.emit(grants, "ModuleRevoked")
        .withArgs(document, gone.module, gone.runner);
      const left = all.filter((_, i) => i !== index);
      expect(await listed(document)).to.deep.equal(sorted(left));
      for (const { module, runner, until } of all)
        expect(await grants.grantedUntil(document, module, runner)).to.equal(
          left.some((one) => one.module === module && one.runner === runner) ? until : 0n,
        );
      for (const { module, runner } of left) await grants.connect(alice).revoke(document, module, runner); // places are right
      expect(await listed(document)).to.deep.equal([]);
      expect(await listed(otherDocument)).to.deep.equal(sorted(all));
      await snapshot.restore();
    }
  });

  it("all of a module, all of a runner, or all go, and no other", async () => {
    const { grants, alice, runner, document, otherDocument, all, listed } = await loadFixture(filled);
    const documents = [document, otherDocument];
    const as = grants.connect(alice);
    for (const [count, send, stays] of [
      [
        as.revokeModule.staticCall(documents, MODULE),
        () => as.revokeModule(documents, MODULE),
        (one: ModuleGrant) => one.module !== MODULE,
      ],
      [
        as.revokeRunner.staticCall(documents, runner),
        () => as.revokeRunner(documents, runner),
        (one: ModuleGrant) => one.runner !== runner.address,
      ],
      [as.revokeAll.staticCall(documents), () => as.revokeAll(documents), () => false],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      expect(await count).to.equal(2n * BigInt(all.filter((one) => !stays(one)).length));
      await send();
      for (const id of documents) expect(await listed(id)).to.deep.equal(sorted(all.filter(stays)));
      await snapshot.restore();
    }
  });

  it("when the module or the runner is zero, they revert with ModuleGrantsInvalid", async () => {
    const { grants, alice, document } = await loadFixture(filled);
    await expect(grants.connect(alice).revokeModule([document], ethers.ZeroHash)).to.be.revertedWithCustomError(
      grants,
      "ModuleGrantsInvalid",
    );
    await expect(grants.connect(alice).revokeRunner([document], ethers.ZeroAddress)).to.be.revertedWithCustomError(
      grants,
      "ModuleGrantsInvalid",
    );
  });

  it("removeEnded removes what has ended, and nothing else", async () => {
    const { grants, alice, runner, document, all, given, listed } = await loadFixture(filled);
    const soon = BigInt(await now()) + 100n;
    await grants.connect(alice).grant([document], [given(NEXT, runner, soon), given(MODULE, runner, soon)]);
    await networkHelpers.time.setNextBlockTimestamp(soon);
    await grants.connect(alice).removeEnded([document]);
    expect(await listed(document)).to.deep.equal(sorted(all.slice(1)));
  });
});

describe("ModuleGrants: moveToModule", () => {
  const withCarol = async () => {
    const [, , , , , carol] = await ethers.getSigners();
    if (carol === undefined) throw new Error("no account");
    return { ...(await deployed()), carol };
  };

  it("when a document has nothing that runs for the former build, or the next one is the same or zero, it reverts, and nothing is changed", async () => {
    const { grants, alice, runner, document, otherDocument, given, listed } = await loadFixture(deployed);
    const soon = BigInt(await now()) + 100n;
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    await grants.connect(alice).grant([otherDocument], [given(MODULE, runner, soon)]);
    await networkHelpers.time.increaseTo(soon);
    await expect(grants.connect(alice).moveToModule([document, otherDocument], MODULE, NEXT))
      .to.be.revertedWithCustomError(grants, "ModuleGrantsNone")
      .withArgs(otherDocument, MODULE, ethers.ZeroAddress);
    for (const to of [MODULE, ethers.ZeroHash])
      await expect(grants.connect(alice).moveToModule([document], MODULE, to)).to.be.revertedWithCustomError(grants, "ModuleGrantsInvalid");
    expect(await listed(document)).to.deep.equal([given(MODULE, runner)]);
  });

  it("the same runners have the next build until the same time, or later where they had it already; what has ended stays behind", async () => {
    const { grants, alice, runner, runner2, carol, document, otherDocument, given, may, listed } = await loadFixture(withCarol);
    const soon = BigInt(await now()) + 100n;
    await grants.connect(alice).grant([document, otherDocument], [given(MODULE, runner), given(OTHER, runner)]);
    await grants
      .connect(alice)
      .grant([document], [given(MODULE, runner2, LATE - 9n), given(NEXT, runner2, LATE + 9n), given(MODULE, carol, soon)]);
    await networkHelpers.time.setNextBlockTimestamp(soon);
    const sent = grants.connect(alice).moveToModule([document, otherDocument], MODULE, NEXT);
    await expect(sent).to.emit(grants, "ModuleRevoked").withArgs(otherDocument, MODULE, runner.address);
    await expect(sent).to.emit(grants, "ModuleGranted").withArgs(otherDocument, NEXT, runner.address, LATE);
    expect(await listed(document)).to.deep.equal(
      sorted([given(NEXT, runner), given(OTHER, runner), given(NEXT, runner2, LATE + 9n), given(MODULE, carol, soon)]),
    );
    expect(await listed(otherDocument)).to.deep.equal(sorted([given(NEXT, runner), given(OTHER, runner)]));
    expect([await may(runner, document, MODULE), await may(runner, document, NEXT), await may(carol, document, NEXT)]).to.deep.equal([
      false,
      true,
      false,
    ]);
  });
});

describe("ModuleGrants: answers", () => {
  behavesLikePermissions(async () => {
    const { grants, alice, runner, mallory, document, otherDocument, given, contextOf } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    return {
      ethers,
      permissions: await grants.getAddress(),
      document,
      reader: runner.address,
      stranger: mallory.address,
      unknownDocument: otherDocument,
      contextHash: moduleContextHash(contextOf(MODULE, runner)),
      deny: () => grants.connect(alice).revoke(document, MODULE, runner),
    };
  });

  it("when the context is another module's, another runner's, another chain's, or there is none, the answer is no", async () => {
    const { grants, alice, runner, runner2, document, given, contextOf, may } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    expect(await may(runner, document, MODULE)).to.equal(true);
    const others = [contextOf(OTHER, runner), contextOf(MODULE, runner2), contextOf(MODULE, runner, 1n)].map(moduleContextHash);
    for (const context of [...others, ethers.ZeroHash]) expect(await grants.checkPermissionsFor(runner, document, context)).to.equal(false);
    expect(await grants.checkPermissions(runner, document)).to.equal(false);
  });

  it("when another account brings the runner's context, the answer is no", async () => {
    const { grants, alice, runner, runner2, document, given, contextOf } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    expect(await grants.checkPermissionsFor(runner2, document, moduleContextHash(contextOf(MODULE, runner)))).to.equal(false);
  });

  it("the document's owner reads in any context and without one; nobody does what is not published", async () => {
    const { grants, alice, mallory, runner, document, unpublished, given, may } = await loadFixture(deployed);
    await grants.connect(alice).grant([document], [given(MODULE, runner)]);
    expect(await grants.checkPermissions(alice, document)).to.equal(true);
    for (const module of [MODULE, OTHER]) expect(await may(alice, document, module)).to.equal(true);
    for (const user of [mallory.address, ethers.ZeroAddress]) expect(await grants.checkPermissions(user, document)).to.equal(false);
    for (const user of [alice.address, ethers.ZeroAddress]) expect(await grants.checkPermissions(user, unpublished)).to.equal(false);
  });

  it("when the end has come, the answer is no", async () => {
    const { grants, alice, runner, document, given, may } = await loadFixture(deployed);
    const end = BigInt(await now()) + 100n;
    await grants.connect(alice).grant([document], [given(MODULE, runner, end)]);
    await networkHelpers.time.increaseTo(end - 1n);
    expect(await may(runner, document, MODULE)).to.equal(true);
    await networkHelpers.time.increaseTo(end);
    expect(await may(runner, document, MODULE)).to.equal(false);
  });

  it("contextOf is what wire makes, for this chain, this module, this runner", async () => {
    const { grants, runner, contextOf } = await loadFixture(deployed);
    const context = contextOf(MODULE, runner);
    expect(await grants.contextOf(MODULE, runner)).to.equal(ethers.hexlify(encodeModuleContext(context)));
    expect(ethers.keccak256(await grants.contextOf(MODULE, runner))).to.equal(moduleContextHash(context));
  });

  it("it declares ERC-165 and IContextPermissions, and nothing else", async () => {
    const { grants } = await loadFixture(deployed);
    const selector = grants.interface.getFunction("checkPermissionsFor").selector;
    const declared = ["0x01ffc9a7", selector, "0xffffffff", "0x00000000", "0x12345678"].map((id) => grants.supportsInterface(id));
    expect(await Promise.all(declared)).to.deep.equal([true, true, false, false, false]);
  });
});
