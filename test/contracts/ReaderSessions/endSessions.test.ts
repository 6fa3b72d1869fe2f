import { expect } from "chai";
import { network } from "hardhat";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const deployed = async () => {
  const [bob, mallory, alice] = await ethers.getSigners();
  if (bob === undefined || mallory === undefined || alice === undefined) throw new Error("no accounts");
  const sessions = await ethers.deployContract("ReaderSessions");
  return { sessions, bob, mallory, alice };
};

describe("ReaderSessions", () => {
  it("when the wallet never ended its sessions, its generation is 0", async () => {
    const { sessions, bob } = await loadFixture(deployed);
    expect(await sessions.generationOf(bob)).to.equal(0);
    expect(await sessions.generationOf(ethers.ZeroAddress)).to.equal(0);
  });

  it("when anybody calls, its generation grows, is returned, and SessionsEnded is emitted", async () => {
    const { sessions, bob } = await loadFixture(deployed);
    expect(await sessions.connect(bob).endSessions.staticCall()).to.be.greaterThan(0n);
    const ended = await sessions.connect(bob).endSessions();
    const generation = await sessions.generationOf(bob);
    expect(generation).to.be.greaterThan(0n);
    await expect(ended).to.emit(sessions, "SessionsEnded").withArgs(bob, generation);
  });

  it("when it is called again, it grows again, by at most 2^40 and by another step: nobody has a later generation signed ahead", async () => {
    const { sessions, bob } = await loadFixture(deployed);
    const steps = new Set<bigint>();
    for (let before = 0n, i = 0; i < 5; i += 1) {
      await sessions.connect(bob).endSessions();
      const after = await sessions.generationOf(bob);
      expect(after - before).to.be.within(1n, 2n ** 40n);
      steps.add(after - before);
      before = after;
    }
    expect(steps.size).to.be.at.least(4); // two of five are equal in one run of 2^36, twice two in one of 2^73
  });

  it("when others call, nobody's generation but the caller's changes", async () => {
    const { sessions, bob, mallory, alice } = await loadFixture(deployed);
    await sessions.connect(bob).endSessions();
    const own = await sessions.generationOf(bob);
    for (let i = 0; i < 3; i += 1) await sessions.connect(mallory).endSessions();
    expect(await sessions.generationOf(bob)).to.equal(own);
    expect(await sessions.generationOf(mallory)).to.be.greaterThan(0n);
    expect(await sessions.generationOf(alice)).to.equal(0);
  });

  it("when a contract wallet calls, it is the contract's generation, not its caller's", async () => {
    const { sessions, bob } = await loadFixture(deployed);
    const wallet = await ethers.deployContract("HostileParty");
    await wallet.connect(bob).act(sessions, sessions.interface.encodeFunctionData("endSessions"));
    expect(await sessions.generationOf(wallet)).to.be.greaterThan(0n);
    expect(await sessions.generationOf(bob)).to.equal(0);
  });

  it("when coin is sent along, it is refused", async () => {
    const { sessions, bob } = await loadFixture(deployed);
    const data = sessions.interface.encodeFunctionData("endSessions");
    await expect(bob.sendTransaction({ to: sessions, data, value: 1n })).to.revert(ethers);
    expect(await sessions.generationOf(bob)).to.equal(0);
  });
});
