// What a session's transactions cost together, on the contracts themselves, at n keepers with the largest t.
import { network } from "hardhat";
import { generateKey } from "../../../test/fixtures/heldKey.ts";
import { deployKeyGeneration, type KeyGenerationSetup, openEpoch, openSession } from "../../../test/fixtures/keyGeneration.ts";
import { confirm, dealAll, finalize, reachFinalizing, readyArguments } from "../../../test/fixtures/keySession.ts";
import { confirmReshare, dealReshare, endResharePhase, requestReshare, reshareReadyArguments } from "../../../test/fixtures/reshare.ts";
import { largestThreshold } from "./sessionWork.ts";

/** Of all transactions of a session: gas, and bytes of calldata. */
export type SessionGas = { readonly gas: number; readonly calldata: number };

const WINDOWS = { deal: 400n, dispute: 21n, finalize: 100n, ready: 200n } as const;

const slotsTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Runs a session, and adds up the transactions of its blocks. */
const spentIn = async ({ ethers }: KeyGenerationSetup, session: () => Promise<void>): Promise<SessionGas> => {
  const before = await ethers.provider.getBlockNumber();
  await session();
  const after = await ethers.provider.getBlockNumber();
  let [gas, calldata] = [0, 0];
  for (let number = before + 1; number <= after; number += 1) {
    const block = await ethers.provider.getBlock(number, true);
    gas += Number(block?.gasUsed ?? 0n);
    for (const { data } of block?.prefetchedTransactions ?? []) calldata += (data.length - 2) / 2;
  }
  return { gas, calldata };
};

/** All n deal, and as many confirm as make the key active. */
export const generationGas = async (n: number): Promise<SessionGas> => {
  const setup = await deployKeyGeneration(await network.create(), { slots: slotsTo(n), windows: WINDOWS });
  const threshold = largestThreshold(n);
  return spentIn(setup, async () => {
    const session = await openSession(setup, { threshold });
    const dealings = await dealAll(setup, session);
    await reachFinalizing(setup, session);
    await finalize(setup, session, dealings);
    const given = await readyArguments(setup, session, dealings);
    for (const member of session.members.slice(0, 2 * threshold + 1)) await confirm(setup, session, member, given);
  });
};

/** A key of t = 1, dealt by two, moves from n keepers to as many with the largest t': all old ones deal, and as many new ones confirm as move it. */
export const reshareGas = async (n: number): Promise<SessionGas> => {
  const setup = await deployKeyGeneration(await network.create(), { slots: slotsTo(n), windows: WINDOWS });
  const key = await generateKey(setup, { threshold: 1, dealers: [1, 2] });
  const next = await openEpoch(setup, slotsTo(n));
  const threshold = largestThreshold(n);
  return spentIn(setup, async () => {
    const reshare = await requestReshare(setup, key, next, threshold);
    const dealings = await dealReshare(setup, reshare);
    await endResharePhase(setup, reshare);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    for (const member of reshare.members.slice(0, 2 * threshold + 1)) await confirmReshare(setup, reshare, member, given);
  });
};
