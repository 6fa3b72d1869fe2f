import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { network } from "hardhat";
import { behavesLikePermissions, findsOutOrReverts } from "../../behaviors/permissions.ts";
import { deployPublished, GARBAGE } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const DOCUMENT = ethers.id("any document");
const CONTEXT = ethers.id("a context");
const NONE = ethers.ZeroHash;
const make = async (name: string, args: unknown[] = []): Promise<string> => (await ethers.deployContract(name, args)).getAddress();
const combine = (kind: "AllOf" | "AnyOf", parts: string[]) =>
  kind === "AllOf" ? ethers.deployContract("AllOf", [parts]) : ethers.deployContract("AnyOf", [parts]);

const deployed = async () => {
  const base = await deployPublished(ethers);
  const asker = await ethers.deployContract("PermissionAsker");
  const moods = await Promise.all([0, 1, 2].map(() => ethers.deployContract("FicklePermissions")));
  const [yes, no] = [await make("ContextPermissions", [NONE]), await make("HonestPermissions", [ethers.ZeroAddress])];
  const parts = await Promise.all(moods.map((mood) => mood.getAddress()));
  return { ...base, asker, moods, parts, always: yes, never: no, bobs: await make("HonestPermissions", [base.bob.address]) };
};

/** Every way to answer that is no answer. */
const BROKEN = [
  ["reverts", "RevertingPermissions", ["0x"]],
  ["reverts with a canonical yes", "RevertingPermissions", [ethers.zeroPadValue("0x01", 32)]],
  ["returns 2", "RawPermissions", [ethers.zeroPadValue("0x02", 32)]],
  ["returns a dirty yes", "RawPermissions", [`0x01${"00".repeat(30)}01`]],
  ...GARBAGE.map((data) => [`returns ${(data.length - 2) / 2} bytes`, "RawPermissions", [data]] as const),
  ["returns 64 bytes of zero", "RawPermissions", [`0x${"00".repeat(64)}`]],
  ["bombs", "BombPermissions", [false]],
  ["reverts with a bomb", "BombPermissions", [true]],
  ["burns all its gas", "BurningPermissions", []],
  ["writes", "WritingPermissions", []],
] as const;

describe("CombinedPermissions: constructor", () => {
  for (const kind of ["AllOf", "AnyOf"] as const)
    it(`when ${kind} has no parts, or more than 8, it reverts with CombinedPermissionsWrongCount`, async () => {
      const { never } = await loadFixture(deployed);
      const rule = await combine(kind, Array(8).fill(never));
      for (const count of [0, 9])
        await expect(combine(kind, Array(count).fill(never)))
          .to.be.revertedWithCustomError(rule, "CombinedPermissionsWrongCount")
          .withArgs(count, 8);
    });

  it("when a part has no code, it reverts with CombinedPermissionsNoPart: so no rule can contain itself", async () => {
    const { never, mallory, council } = await loadFixture(deployed);
    const rule = await combine("AllOf", [never]);
    const own = getCreateAddress({ from: council.address, nonce: await council.getNonce() });
    for (const part of [mallory.address, ethers.ZeroAddress, own])
      for (const make of [
        () => combine("AllOf", [never, part]),
        () => combine("AnyOf", [part]),
        () => ethers.deployContract("Not", [part]),
      ])
        await expect(make()).to.be.revertedWithCustomError(rule, "CombinedPermissionsNoPart").withArgs(part);
  });

  it("when all is well, it keeps the parts in order, and which of them take context", async () => {
    const { never } = await loadFixture(deployed);
    const [context, careless] = [await make("ContextPermissions", [CONTEXT]), await make("CarelessPermissions")];
    const rule = await combine("AnyOf", [never, context, careless]);
    expect((await rule.parts()).map(([part, takesContext]) => [part, takesContext])).to.deep.equal([
      [never, false],
      [context, true],
      [careless, false],
    ]);
  });
});

describe("CombinedPermissions: answers", () => {
  for (const kind of ["AllOf", "AnyOf", "Not"] as const)
    describe(kind, () => {
      behavesLikePermissions(async () => {
        const { bob, mallory, alice, document, otherDocument, registryAddress } = await loadFixture(deployed);
        const allowed = kind === "Not" ? mallory : bob;
        const grants = await ethers.deployContract("AccessGrants", [registryAddress]);
        await grants.connect(alice).grant(document, allowed, 0);
        const address = await grants.getAddress();
        const rule = await (kind === "Not" ? ethers.deployContract("Not", [address]) : combine(kind, [address, address]));
        return {
          ethers,
          permissions: await rule.getAddress(),
          document,
          reader: bob.address,
          stranger: mallory.address,
          unknownDocument: otherDocument,
          ...(kind === "Not" ? { permitsUnknown: true as const } : {}),
          deny: () => (kind === "Not" ? grants.connect(alice).grant(document, bob, 0) : grants.connect(alice).revoke(document, bob)),
        };
      });

      findsOutOrReverts(async () => ({
        ethers,
        document: DOCUMENT,
        reader: (await loadFixture(deployed)).bob.address,
        over: (part) => make(kind, [kind === "Not" ? part : [part]]),
      }));
    });

  it("AllOf is and, AnyOf is or, Not is not, for every row of the truth table", async () => {
    const { moods, parts, bob } = await loadFixture(deployed);
    const [all, any, not] = [await combine("AllOf", parts), await combine("AnyOf", parts), await ethers.deployContract("Not", [parts[0]])];
    for (let row = 0; row < 8; row++) {
      const values = moods.map((_, i) => ((row >> i) & 1) === 1);
      for (const [i, mood] of moods.entries()) await mood.set(values[i] as boolean);
      const answers = [all, any, not].map((rule) => rule.checkPermissions(bob, DOCUMENT));
      expect(await Promise.all(answers), `row ${row}`).to.deep.equal([values.every(Boolean), values.some(Boolean), !values[0]]);
    }
  });

  for (const [name, contract, args] of BROKEN)
    it(`when a part ${name}, it reverts with CombinedPermissionsBrokenPart, and stays no under Not`, async () => {
      const { asker, bob, always, never } = await loadFixture(deployed);
      const broken = await make(contract, [...args]);
      const [all, any, not] = [
        await combine("AllOf", [always, broken]),
        await combine("AnyOf", [never, broken]),
        await ethers.deployContract("Not", [broken]),
      ];
      for (const rule of [all, any, not]) {
        const question = rule.interface.encodeFunctionData("checkPermissions", [bob.address, DOCUMENT]);
        const call = ethers.provider.call({ to: await rule.getAddress(), data: question, gasLimit: 1_000_000n });
        await expect(call).to.be.revertedWithCustomError(rule, "CombinedPermissionsBrokenPart").withArgs(broken);
        const deeper = await ethers.deployContract("Not", [rule]);
        const deepest = await combine("AnyOf", [await make("Not", [await deeper.getAddress()])]);
        for (const asked of [rule, deeper, deepest])
          expect([...(await asker.askTwice(asked, bob, DOCUMENT, NONE))]).to.deep.equal([false, false]);
      }
    });

  it("a part behind the one that decides is not asked", async () => {
    const { bob, always, never } = await loadFixture(deployed);
    const broken = await make("RevertingPermissions", ["0x"]);
    expect(await (await combine("AnyOf", [always, broken])).checkPermissions(bob, DOCUMENT)).to.equal(true);
    expect(await (await combine("AllOf", [never, broken])).checkPermissions(bob, DOCUMENT)).to.equal(false);
  });

  it("when a part changes its mind, the answer follows", async () => {
    const { moods, parts, bob } = await loadFixture(deployed);
    const rule = await combine("AllOf", [await make("Not", [parts[0]])]);
    const answers: boolean[] = [];
    for (const mood of [true, false, true]) {
      await moods[0]?.set(mood);
      answers.push(await rule.checkPermissions(bob, DOCUMENT));
    }
    expect(answers).to.deep.equal([false, true, false]);
  });
});

describe("CombinedPermissions: context and gas", () => {
  it("when a part takes context, it is asked with the request's context, also two rules deep", async () => {
    const { asker, bob, mallory, bobs } = await loadFixture(deployed);
    const both = await combine("AllOf", [bobs, await make("ContextPermissions", [CONTEXT])]);
    const deep = await combine("AnyOf", [await both.getAddress()]);
    for (const rule of [both, deep])
      for (const [user, context, permitted] of [
        [bob, CONTEXT, true],
        [bob, NONE, false],
        [bob, ethers.id("another"), false],
        [mallory, CONTEXT, false],
      ] as const)
        expect([...(await asker.askTwice(rule, user, DOCUMENT, context))]).to.deep.equal([permitted, permitted]);
    expect(await deep.checkPermissions(bob, DOCUMENT)).to.equal(false);
  });

  it("when a part says yes to everything it does not know, it is asked without context", async () => {
    const { asker, bob } = await loadFixture(deployed);
    const rule = await combine("AnyOf", [await make("CarelessPermissions")]);
    expect((await asker.askTwice(rule, bob, DOCUMENT, CONTEXT)).first).to.equal(false);
  });

  it("when a part declares context and does not have it, that is a broken part", async () => {
    const { bob } = await loadFixture(deployed);
    const rule = await ethers.deployContract("Not", [await make("BrokenContextPermissions")]);
    await expect(rule.checkPermissions(bob, DOCUMENT)).to.be.revertedWithCustomError(rule, "CombinedPermissionsBrokenPart");
  });

  it("when there are 8 parts, or 8 rules in one another, it needs no more than PERMISSION_GAS", async () => {
    const { asker, alice, bob, document, registryAddress } = await loadFixture(deployed);
    const grants = await ethers.deployContract("AccessGrants", [registryAddress]);
    await grants.connect(alice).grant(document, bob, 0);
    const parts: string[] = [];
    for (let i = 0; i < 8; i++) parts.push(await make("AccessGrants", [registryAddress]));
    await (await ethers.getContractAt("AccessGrants", parts[7] as string)).connect(alice).grant(document, bob, 0);
    const wide = await combine("AnyOf", parts);
    let deep = await grants.getAddress();
    for (let i = 0; i < 8; i++) deep = await make("AllOf", [[deep]]);
    for (const [name, rule] of [
      ["8 parts", await wide.getAddress()],
      ["8 deep", deep],
    ] as const) {
      const question = wide.interface.encodeFunctionData("checkPermissions", [bob.address, document]);
      const [used] = await asker.gasOf(rule, question);
      console.log(`      gas of a rule over AccessGrants, ${name}: ${used}`);
      expect([...(await asker.askTwice(rule, bob, document, NONE))]).to.deep.equal([true, true]);
    }
  });
});
