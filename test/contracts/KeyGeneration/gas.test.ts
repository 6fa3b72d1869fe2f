import { CURVE_ORDER } from "@keyquorum/threshold";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { network } from "hardhat";
import { complaintOf, forgeDealing, honestDealing } from "../../fixtures/dealings.ts";
import { deployKeyGeneration, openSession } from "../../fixtures/keyGeneration.ts";
import { confirm, dealAll, finalizeArguments, memberAt, reachFinalizing, readyArguments } from "../../fixtures/keySession.ts";

const connection = await network.create();
const { networkHelpers } = connection;

/** Gas of a whole transaction: D42. */
const gasOf = async (response: Promise<ContractTransactionResponse>): Promise<bigint> => (await (await response).wait())?.gasUsed ?? 0n;

const expectGas = (name: string, used: bigint, limit: bigint): void => {
  console.log(`      ${name}: ${used} gas of at most ${limit}`);
  expect(used).to.be.at.most(limit);
};

/** Members at slots 1 to n and the largest t that they allow. */
const openAmong = async (n: number) => {
  const setup = await deployKeyGeneration(connection, { slots: Array.from({ length: n }, (_, i) => i + 1) });
  const threshold = Math.floor((n - 1) / 2);
  const session = await openSession(setup, { threshold });
  return { setup, session };
};

describe("KeyGeneration: gas", () => {
  for (const [n, limit] of [
    [5, 100_000n],
    [16, 150_000n],
    [32, 240_000n],
  ] as const)
    it(`of a dealing among ${n} is at most ${limit}`, async () => {
      const { setup, session } = await openAmong(n);
      let most = 0n;
      // Among five, all deal: the last one ends DEAL.
      for (const { slot, operator } of session.members.slice(0, 5)) {
        const used = await gasOf(setup.keyGeneration.connect(operator).deal(session.sid, honestDealing(session, slot)));
        if (used > most) most = used;
      }
      expectGas(`dealing, n = ${n}`, most, limit);
    });

  for (const [n, limit] of [
    [5, 160_000n],
    [16, 300_000n],
    [64, 900_000n],
  ] as const)
    it(`of a complaint among ${n} is at most ${limit}`, async () => {
      const { setup, session } = await openAmong(n);
      const shareOf = (_slot: number, share: bigint): bigint => (share + 1n) % CURVE_ORDER;
      const wrong = forgeDealing(session, 1, { shareOf });
      await setup.keyGeneration.connect(memberAt(session, 1).operator).deal(session.sid, wrong);
      const given = complaintOf(session, wrong, 1, memberAt(session, n - 1));
      const used = await gasOf(
        setup.keyGeneration.connect(setup.bob).complain(session.sid, { dealer: 1, recipient: n - 1, dealing: wrong, ...given }),
      );
      expectGas(`complaint, n = ${n}`, used, limit);
    });

  it("of a false complaint is its sender's whole loss (attack 18)", async () => {
    const { setup, session } = await openAmong(16);
    const { keyGeneration, bob } = setup;
    const dealings = await dealAll(setup, session, { except: session.members.slice(1).map(({ slot }) => slot) });
    const right = dealings.get(1) as string; // it has dealt
    const given = complaintOf(session, right, 1, memberAt(session, 15));
    const before = await keyGeneration.runner?.provider?.getBalance(bob.address);
    const sent = keyGeneration
      .connect(bob)
      .complain(session.sid, { dealer: 1, recipient: 15, dealing: right, ...given }, { gasLimit: 300_000n, gasPrice: 10n ** 10n });
    await expect(sent).to.be.revertedWithCustomError(keyGeneration, "DealingShareIsValid");
    const after = await keyGeneration.runner?.provider?.getBalance(bob.address);
    const lost = ((before ?? 0n) - (after ?? 0n)) / 10n ** 10n;
    expectGas("false complaint, n = 16", lost, 300_000n);
    expect(lost).to.be.above(21_000n);
  });

  it("of finalize and READY among 16", async () => {
    const { setup, session } = await openAmong(16);
    const dealings = await dealAll(setup, session);
    await reachFinalizing(setup, session);
    const { constants, restHashes, jointKey } = await finalizeArguments(setup, session, dealings);
    expectGas("finalize, n = 16", await gasOf(setup.keyGeneration.finalize(session.sid, constants, restHashes, jointKey)), 330_000n);
    const given = await readyArguments(setup, session, dealings);
    const used: bigint[] = [];
    for (const member of session.members.slice(0, 15)) used.push(await gasOf(confirm(setup, session, member, given)));
    // The first key of an epoch also marks the epoch as in use.
    expectGas("READY that activates", used.at(-1) as bigint, 310_000n);
    expectGas(
      "any other READY",
      used.slice(0, -1).reduce((a, b) => (a > b ? a : b)),
      100_000n,
    );
    await networkHelpers.mine();
  });

  it("of code: the contract has at most 24 576 bytes", async () => {
    const { setup } = await openAmong(3);
    const code = await setup.keyGeneration.getDeployedCode();
    const bytes = BigInt(((code ?? "0x").length - 2) / 2);
    console.log(`      code: ${bytes} bytes`);
    expect(bytes).to.be.at.most(24_576n);
  });
});
