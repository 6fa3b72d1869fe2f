import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, Interface, ZeroAddress, ZeroHash } from "ethers";

/** What the suite needs to know of a permissions contract that is set up and ready. */
export type PermissionsUnderTest = {
  readonly ethers: HardhatEthers;
  /** The contract's address. */
  readonly permissions: string;
  /** A document that `reader` may read and `stranger` may not. */
  readonly document: string;
  readonly reader: string;
  /** Absent where the rule does not look at the reader. */
  readonly stranger?: string;
  /** A document that the contract knows nothing of. Absent where the rule is the same for every document. */
  readonly unknownDocument?: string;
  /** The context in which `reader` may read, of a contract that declares IContextPermissions. */
  readonly contextHash?: string;
  /** A negation: it says yes to whom it does not know. */
  readonly permitsUnknown?: true;
  /** Takes the reader's permission away, where the contract has a way to. */
  readonly deny?: () => Promise<unknown>;
};

/** What a permissions contract may use when it is asked. PROTOCOL section 4.4. */
export const PERMISSION_GAS = 300_000n;

const questions = new Interface([
  "function checkPermissions(address user, bytes32 document) view returns (bool)",
  "function checkPermissionsFor(address user, bytes32 document, bytes32 contextHash) view returns (bool)",
  "function supportsInterface(bytes4 interfaceId) view returns (bool)",
]);
const YES = AbiCoder.defaultAbiCoder().encode(["bool"], [true]);
const NO = AbiCoder.defaultAbiCoder().encode(["bool"], [false]);

/** Every way in which a contract that is asked can fail to answer. */
const SILENT = [
  ["reverts", "RevertingPermissions", ["0x"]],
  ["reverts with a number", "RevertingPermissions", [`0x${"ff".repeat(32)}`]],
  ["returns nothing", "RawPermissions", ["0x"]],
  ["returns 31 bytes", "RawPermissions", [`0x${"ff".repeat(31)}`]],
  ["returns 33 bytes", "RawPermissions", [`0x${"ff".repeat(33)}`]],
  ["returns 64 bytes", "RawPermissions", [`0x${"ff".repeat(64)}`]],
  ["returns a bomb", "BombToken", []],
  ["burns all its gas", "BurningPermissions", []],
  ["writes", "WritingToken", []],
  ["burns as much as makes a holder too dear to read", "HungryToken", [100_000n]],
  ["is gone", "HonestPermissions", [ZeroAddress]],
] as const;

/** The question as it is put to this contract: with the context, where it takes one. */
const questionOf = ({ contextHash }: PermissionsUnderTest, user: string, document: string): string =>
  contextHash === undefined
    ? questions.encodeFunctionData("checkPermissions", [user, document])
    : questions.encodeFunctionData("checkPermissionsFor", [user, document, contextHash]);

/** Suite that every IPermissions contract passes: canonical answers, no reverts, within the gas, no state. Call it inside a `describe`. */
export const behavesLikePermissions = (setUp: () => Promise<PermissionsUnderTest>): void => {
  const ask = (subject: PermissionsUnderTest, user: string, document: string): Promise<string> =>
    subject.ethers.provider.call({ to: subject.permissions, data: questionOf(subject, user, document) });

  it("behaves like permissions: it says yes to the reader with the canonical 1", async () => {
    const subject = await setUp();
    expect(await ask(subject, subject.reader, subject.document)).to.equal(YES);
  });

  it("behaves like permissions: it says no to a stranger with the canonical 0", async () => {
    const subject = await setUp();
    if (subject.stranger === undefined) return;
    expect(await ask(subject, subject.stranger, subject.document)).to.equal(NO);
  });

  it("behaves like permissions: it says no, and does not revert, for what it does not know", async () => {
    const subject = await setUp();
    const { reader, stranger, document, unknownDocument, permissions, permitsUnknown } = subject;
    const strangers = stranger === undefined ? [] : [ZeroAddress, ...(permissions === reader ? [] : [permissions])];
    const documents = unknownDocument === undefined ? [] : [unknownDocument, ZeroHash];
    const asked = [...documents.flatMap((id) => [[reader, id] as const]), ...strangers.map((user) => [user, document] as const)];
    expect(asked, "a rule looks at readers, documents or both").to.not.have.length(0);
    for (const [user, id] of asked) expect(permitsUnknown ? [YES, NO] : [NO]).to.include(await ask(subject, user, id));
    expect([YES, NO]).to.include(await ask(subject, ZeroAddress, ZeroHash));
  });

  it("behaves like permissions: its answer does not depend on the caller", async () => {
    const subject = await setUp();
    const data = questionOf(subject, subject.reader, subject.document);
    for (const from of [subject.reader, subject.permissions, ZeroAddress])
      expect(await subject.ethers.provider.call({ to: subject.permissions, from, data })).to.equal(YES);
  });

  it("behaves like permissions: it needs no more than the gas it is given", async () => {
    const subject = await setUp();
    const data = questionOf(subject, subject.reader, subject.document);
    const intrinsic = 24_000n; // of a transaction with this calldata
    const answer = await subject.ethers.provider.call({ to: subject.permissions, data, gasLimit: PERMISSION_GAS + intrinsic });
    expect(answer).to.equal(YES);
  });

  it("behaves like permissions: asked as ShareRequests asks, once cold and once warm, it says the same", async () => {
    const subject = await setUp();
    const { ethers, permissions, reader, stranger, document, contextHash = ZeroHash } = subject;
    const asker = await ethers.deployContract("PermissionAsker");
    expect([...(await asker.askTwice(permissions, reader, document, contextHash))]).to.deep.equal([true, true]);
    if (stranger !== undefined)
      expect([...(await asker.askTwice(permissions, stranger, document, contextHash))]).to.deep.equal([false, false]);
  });

  it("behaves like permissions: where it declares IContextPermissions, that answers canonically too", async () => {
    const subject = await setUp();
    const { ethers, permissions, reader, stranger = ZeroAddress, document } = subject;
    const selector = questions.getFunction("checkPermissionsFor")?.selector;
    const declared = await ethers.provider
      .call({ to: permissions, data: questions.encodeFunctionData("supportsInterface", [selector]) })
      .catch(() => "0x");
    if (declared !== YES) return;
    for (const user of [reader, stranger]) {
      const withContext = questions.encodeFunctionData("checkPermissionsFor", [user, document, ethers.id("no such context")]);
      const without = questions.encodeFunctionData("checkPermissions", [user, document]);
      for (const data of [withContext, without]) expect([YES, NO]).to.include(await ethers.provider.call({ to: permissions, data }));
    }
  });

  it("behaves like permissions: with too little gas it reverts or says the same, and Not over it says no or the same", async () => {
    const subject = await setUp();
    const { ethers, permissions, reader, stranger = ZeroAddress, document, contextHash = ZeroHash } = subject;
    const not = await (await ethers.deployContract("Not", [permissions])).getAddress();
    const withContext = questions.encodeFunctionData("checkPermissionsFor", [reader, document, contextHash]);
    const asked = [
      [permissions, questionOf(subject, reader, document)],
      [permissions, questionOf(subject, stranger, document)],
      [not, withContext],
    ] as const;
    for (const [to, data] of asked) {
      const right = await ethers.provider.call({ to, data });
      for (let gasLimit = 24_000n; gasLimit < 24_000n + PERMISSION_GAS; gasLimit += 4_000n) {
        const said = await ethers.provider.call({ to, data, gasLimit }).catch(() => "reverted");
        expect([right, "reverted"], `with ${gasLimit} gas`).to.include(said);
      }
    }
  });

  it("behaves like permissions: what is taken away is gone in the next block", async () => {
    const subject = await setUp();
    if (subject.deny === undefined) return;
    await subject.deny();
    expect(await ask(subject, subject.reader, subject.document)).to.equal(NO);
  });
};

/** A permissions contract that asks another contract. */
export type AskingPermissions = Pick<PermissionsUnderTest, "ethers" | "document" | "reader"> & {
  /** Makes one that asks the contract at this address. */
  readonly over: (asked: string) => Promise<string>;
};

/** Suite that every permissions contract passes that asks another one: where it cannot find out, it reverts (D62). Call it inside a `describe`. */
export const findsOutOrReverts = (setUp: () => Promise<AskingPermissions>): void => {
  for (const [name, contract, args] of SILENT)
    it(`finds out or reverts: when the contract that it asks ${name}, it reverts, and Not over it says no`, async () => {
      const { ethers, over, reader, document } = await setUp();
      const silent = await (await ethers.deployContract(contract, [...args])).getAddress();
      const permissions = await over(silent);
      if (contract === "HonestPermissions") await ethers.provider.send("hardhat_setCode", [silent, "0x"]);
      const data = questions.encodeFunctionData("checkPermissions", [reader, document]);
      const said = await ethers.provider.call({ to: permissions, data, gasLimit: 1_000_000n }).catch(() => "reverted");
      expect(said).to.equal("reverted");
      const not = await ethers.deployContract("Not", [permissions]);
      const twice = await ethers.deployContract("Not", [not]);
      const asker = await ethers.deployContract("PermissionAsker");
      for (const rule of [not, twice])
        expect([...(await asker.askTwice(rule, reader, document, ZeroHash))], "first, second").to.deep.equal([false, false]);
    });
};
