import { expect } from "chai";
import { network } from "hardhat";

const { ethers, networkHelpers, keyquorum } = await network.create();
const { loadFixture, time } = networkHelpers;

/** A club whose members may read its minutes. Five real keepers, a real distributed key generation: once, then from a snapshot. */
const club = async () => {
  const { client } = await keyquorum.deployKeyquorum();
  const [, alice, bob, mallory] = await ethers.getSigners();
  const membership = await ethers.deployContract("Membership", alice);
  const publisher = client(alice);
  const encrypted = await publisher.encryptDocument("the well is behind the third oak", { permissions: await membership.getAddress() });
  const { document } = await publisher.publish(encrypted);
  return { membership, alice, bob, mallory, document, readerOf: client };
};

describe("Membership", () => {
  after(() => keyquorum.stop());

  it("a member reads the minutes, without gas", async () => {
    const { membership, alice, bob, document, readerOf } = await loadFixture(club);
    await membership.connect(alice).admit(bob, 30);
    const read = await readerOf(bob).requestOffChain(document);
    expect(await read.text()).to.equal("the well is behind the third oak");
    expect(read.report.used).to.have.length(3); // t+1 keepers
  });

  it("a member reads by a transaction, and the keepers answer on chain", async () => {
    const { membership, alice, bob, document, readerOf } = await loadFixture(club);
    await membership.connect(alice).admit(bob, 30);
    expect(await (await readerOf(bob).requestOnChain(document)).text()).to.equal("the well is behind the third oak");
  });

  it("a stranger is denied, and so is a member whose time is over", async () => {
    const { membership, alice, bob, mallory, document, readerOf } = await loadFixture(club);
    await membership.connect(alice).admit(bob, 1);
    await time.increase(24 * 60 * 60);
    for (const reader of [mallory, bob]) {
      const denied = await readerOf(reader)
        .requestOffChain(document)
        .catch((error: unknown) => error);
      expect(denied).to.have.property("code", "ACCESS_DENIED");
    }
  });
});
