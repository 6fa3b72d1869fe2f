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
  readonly stranger: string;
  /** A document that the contract knows nothing of. */
  readonly unknownDocument: string;
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

/** Suite that every IPermissions contract passes: canonical answers, no reverts, within the gas, no state. Call it inside a `describe`. */
export const behavesLikePermissions = (setUp: () => Promise<PermissionsUnderTest>): void => {
  const ask = ({ ethers, permissions }: PermissionsUnderTest, user: string, document: string): Promise<string> =>
    ethers.provider.call({ to: permissions, data: questions.encodeFunctionData("checkPermissions", [user, document]) });

  it("behaves like permissions: it says yes to the reader with the canonical 1", async () => {
    const subject = await setUp();
    expect(await ask(subject, subject.reader, subject.document)).to.equal(YES);
  });

  it("behaves like permissions: it says no to a stranger with the canonical 0", async () => {
    const subject = await setUp();
    expect(await ask(subject, subject.stranger, subject.document)).to.equal(NO);
  });

  it("behaves like permissions: it says no, and does not revert, for what it does not know", async () => {
    const subject = await setUp();
    const { reader, document, unknownDocument, permissions } = subject;
    const asked = [
      [reader, unknownDocument],
      [reader, ZeroHash],
      [ZeroAddress, document],
      [ZeroAddress, ZeroHash],
      [permissions, document],
    ] as const;
    for (const [user, id] of asked) expect(await ask(subject, user, id)).to.equal(NO);
  });

  it("behaves like permissions: its answer does not depend on who asks", async () => {
    const subject = await setUp();
    const data = questions.encodeFunctionData("checkPermissions", [subject.reader, subject.document]);
    for (const from of [subject.reader, subject.stranger, ZeroAddress])
      expect(await subject.ethers.provider.call({ to: subject.permissions, from, data })).to.equal(YES);
  });

  it("behaves like permissions: it needs no more than the gas it is given", async () => {
    const subject = await setUp();
    const data = questions.encodeFunctionData("checkPermissions", [subject.reader, subject.document]);
    const intrinsic = 24_000n; // of a transaction with this calldata
    const answer = await subject.ethers.provider.call({ to: subject.permissions, data, gasLimit: PERMISSION_GAS + intrinsic });
    expect(answer).to.equal(YES);
  });

  it("behaves like permissions: where it declares IContextPermissions, that answers canonically too", async () => {
    const subject = await setUp();
    const { ethers, permissions, reader, stranger, document } = subject;
    const selector = questions.getFunction("checkPermissionsFor")?.selector;
    const declared = await ethers.provider
      .call({ to: permissions, data: questions.encodeFunctionData("supportsInterface", [selector]) })
      .catch(() => "0x");
    if (declared !== YES) return;
    for (const user of [reader, stranger]) {
      const data = questions.encodeFunctionData("checkPermissionsFor", [user, document, ZeroHash]);
      expect([YES, NO]).to.include(await ethers.provider.call({ to: permissions, data }));
    }
  });

  it("behaves like permissions: what is taken away is gone in the next block", async () => {
    const subject = await setUp();
    if (subject.deny === undefined) return;
    await subject.deny();
    expect(await ask(subject, subject.reader, subject.document)).to.equal(NO);
  });
};
