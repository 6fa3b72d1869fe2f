import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions, findsOutOrReverts } from "../../behaviors/permissions.ts";
import { GARBAGE } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const ID = 7n;
const DOCUMENT = ethers.id("any document");

/** Bob holds three of everything; a reader needs three. */
const deployTokens = async () => {
  const [, , bob, mallory] = await ethers.getSigners();
  if (bob === undefined || mallory === undefined) throw new Error("unreachable");
  const coin = await ethers.deployContract("MintableERC20");
  const piece = await ethers.deployContract("MintableERC721");
  const multi = await ethers.deployContract("MintableERC1155");
  await coin.mint(bob, 3);
  for (const id of [1, 2, 3]) await piece.mint(bob, id);
  await multi.mint(bob, ID, 3);
  const holders = {
    TokenHolders20: await ethers.deployContract("TokenHolders20", [coin, 3]),
    TokenHolders721: await ethers.deployContract("TokenHolders721", [piece, 3]),
    TokenHolders1155: await ethers.deployContract("TokenHolders1155", [multi, ID, 3]),
  };
  /** Takes one of bob's away; gives it back. */
  const move = {
    TokenHolders20: () => coin.connect(bob).transfer(mallory, 1),
    TokenHolders721: () => piece.connect(bob).transferFrom(bob, mallory, 3),
    TokenHolders1155: () => multi.connect(bob).safeTransferFrom(bob, mallory, ID, 1, "0x"),
  };
  const back = {
    TokenHolders20: () => coin.connect(mallory).transfer(bob, 1),
    TokenHolders721: () => piece.connect(mallory).transferFrom(mallory, bob, 3),
    TokenHolders1155: () => multi.connect(mallory).safeTransferFrom(mallory, bob, ID, 1, "0x"),
  };
  return { bob, mallory, coin, piece, multi, holders, move, back };
};

const KINDS = ["TokenHolders20", "TokenHolders721", "TokenHolders1155"] as const;
const argumentsOf = (kind: (typeof KINDS)[number], token: string, minimum: bigint): unknown[] =>
  kind === "TokenHolders1155" ? [token, ID, minimum] : [token, minimum];

for (const kind of KINDS)
  describe(`TokenHolders: ${kind}`, () => {
    const over = async (name: string, args: unknown[] = []) => {
      const token = await ethers.deployContract(name, args);
      const made = await ethers.deployContract(kind, argumentsOf(kind, await token.getAddress(), 1n));
      return ethers.getContractAt("ITokenHolders", await made.getAddress());
    };

    behavesLikePermissions(async () => {
      const { bob, mallory, holders, move } = await loadFixture(deployTokens);
      return {
        ethers,
        permissions: await holders[kind].getAddress(),
        document: DOCUMENT,
        reader: bob.address,
        stranger: mallory.address,
        deny: move[kind],
      };
    });

    findsOutOrReverts(async () => ({
      ethers,
      document: DOCUMENT,
      reader: (await loadFixture(deployTokens)).bob.address,
      over: async (token) => (await ethers.deployContract(kind, argumentsOf(kind, token, 1n))).getAddress(),
    }));

    it("when there is no contract at the token's address, it reverts with TokenHoldersNoToken", async () => {
      const { bob, holders } = await loadFixture(deployTokens);
      for (const token of [bob.address, ethers.ZeroAddress])
        await expect(ethers.deployContract(kind, argumentsOf(kind, token, 1n)))
          .to.be.revertedWithCustomError(holders[kind], "TokenHoldersNoToken")
          .withArgs(token);
    });

    it("when the minimum is 0, it reverts with TokenHoldersNoMinimum", async () => {
      const { holders } = await loadFixture(deployTokens);
      const token = await holders[kind].token();
      await expect(ethers.deployContract(kind, argumentsOf(kind, token, 0n))).to.be.revertedWithCustomError(
        holders[kind],
        "TokenHoldersNoMinimum",
      );
    });

    it("when all is well, it keeps token, minimum and id", async () => {
      const { holders, coin, piece, multi } = await loadFixture(deployTokens);
      const token = { TokenHolders20: coin, TokenHolders721: piece, TokenHolders1155: multi }[kind];
      expect([await holders[kind].token(), await holders[kind].minimum()]).to.deep.equal([await token.getAddress(), 3n]);
      if (kind === "TokenHolders1155") expect(await holders[kind].id()).to.equal(ID);
    });

    it("when one token moves on, the permission goes, and comes back with it", async () => {
      const { bob, holders, move, back } = await loadFixture(deployTokens);
      await move[kind]();
      expect(await holders[kind].checkPermissions(bob, DOCUMENT)).to.equal(false);
      await back[kind]();
      expect(await holders[kind].checkPermissions(bob, DOCUMENT)).to.equal(true);
    });

    for (const [name, contract, args] of [
      ["reverts", "RevertingPermissions", ["0x"]],
      ["reverts with a big number", "RevertingPermissions", [`0x${"ff".repeat(32)}`]],
      ...GARBAGE.map((data) => [`returns ${(data.length - 2) / 2} bytes`, "RawPermissions", [data]] as const),
      ["bombs", "BombToken", []],
      ["burns all its gas", "BurningPermissions", []],
    ] as const)
      it(`when the token ${name}, it reverts with TokenHoldersNoAnswer at bounded cost`, async () => {
        const { bob } = await loadFixture(deployTokens);
        const permissions = await over(contract, [...args]);
        const asker = await ethers.deployContract("PermissionAsker");
        const question = permissions.interface.encodeFunctionData("checkPermissions", [bob.address, DOCUMENT]);
        const { used } = await asker.gasOf(permissions, question);
        expect(used).to.be.lessThan(110_000n);
        await expect(permissions.checkPermissions(bob, DOCUMENT)).to.be.revertedWithCustomError(permissions, "TokenHoldersNoAnswer");
      });

    it("when the token returns a number of zero, it says no", async () => {
      const { bob } = await loadFixture(deployTokens);
      expect(await (await over("RawPermissions", [ethers.ZeroHash])).checkPermissions(bob, DOCUMENT)).to.equal(false);
    });

    it("when the token says a big number in 32 bytes, it says yes (control)", async () => {
      const { bob } = await loadFixture(deployTokens);
      const permissions = await over("RawPermissions", [`0x${"ff".repeat(32)}`]);
      expect(await permissions.checkPermissions(bob, DOCUMENT)).to.equal(true);
    });

    it("when the user is the zero address, it says no, whatever the token says", async () => {
      const permissions = await over("RawPermissions", [`0x${"ff".repeat(32)}`]);
      expect(await permissions.checkPermissions(ethers.ZeroAddress, DOCUMENT)).to.equal(false);
    });
  });

describe("TokenHolders: tokens and gas", () => {
  it("when the user holds another id of an ERC-1155, it says no", async () => {
    const { mallory, multi, holders } = await loadFixture(deployTokens);
    await multi.mint(mallory, ID + 1n, 100);
    expect(await holders.TokenHolders1155.checkPermissions(mallory, DOCUMENT)).to.equal(false);
  });

  it("when the token writes to its storage, it reverts: the question is a static call", async () => {
    const { bob } = await loadFixture(deployTokens);
    const permissions = await ethers.deployContract("TokenHolders20", [await ethers.deployContract("WritingToken"), 1]);
    await expect(permissions.checkPermissions(bob, DOCUMENT)).to.be.revertedWithCustomError(permissions, "TokenHoldersNoAnswer");
  });

  for (const [appetite, expected] of [
    [95_000n, "yes"],
    [100_000n, "TokenHoldersNoAnswer"],
  ] as const)
    it(`when the token burns ${appetite} gas first, the answer is ${expected}`, async () => {
      const { bob } = await loadFixture(deployTokens);
      const permissions = await ethers.deployContract("TokenHolders20", [await ethers.deployContract("HungryToken", [appetite]), 1]);
      const asked = permissions.checkPermissions(bob, DOCUMENT);
      if (expected === "yes") expect(await asked).to.equal(true);
      else await expect(asked).to.be.revertedWithCustomError(permissions, expected);
    });

  it("when less than the token's gas is left, it reverts with TokenHoldersTooLittleGas, and Not over it is no", async () => {
    const { bob, mallory } = await loadFixture(deployTokens);
    // The token says that everybody holds some, for 90 000 gas. Not over it must never say yes.
    const token = await ethers.deployContract("HungryToken", [90_000n]);
    const holders = await ethers.deployContract("TokenHolders20", [token, 1]);
    const not = await ethers.deployContract("Not", [holders]);
    const asker = await ethers.deployContract("PermissionAsker");
    const spoken: string[] = [];
    for (const appetite of [0n, 100_000n, 150_000n, 170_000n, 180_000n, 190_000n, 200_000n, 250_000n]) {
      const hungry = await ethers.deployContract("HungryPermissions", [appetite]);
      const all = await ethers.deployContract("AllOf", [[await hungry.getAddress(), await not.getAddress()]]);
      const [permitted] = await asker.askTwice(all, mallory, DOCUMENT, ethers.ZeroHash);
      expect(permitted, `after ${appetite} gas`).to.equal(false);
      const question = all.interface.encodeFunctionData("checkPermissions", [bob.address, DOCUMENT]);
      spoken.push((await asker.gasOf(all, question)).answer);
    }
    expect(spoken[0]).to.equal(ethers.ZeroHash);
    expect(spoken.filter((answer) => answer !== ethers.ZeroHash)).to.not.have.length(0);
    const call = holders.checkPermissions.staticCall(bob, DOCUMENT, { gasLimit: 120_000n });
    await expect(call).to.be.revertedWithCustomError(holders, "TokenHoldersTooLittleGas");
  });
});
