import { addressOfPoint, G, toXY } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { expect } from "chai";
import type { Chain } from "../chain/chain.ts";
import { currentEpochs, readEpochMembers } from "./epochMembers.ts";

const SLOTS = [1, 2, 5];
const identityAt = (slot: number) => G.multiply(BigInt(slot + 7));
const bitsOf = (slots: readonly number[]): bigint => slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);

/** Epoch 4 is open at the head, epoch 3 in the final block, 10 blocks behind; slot 2 was removed. */
const chainAt = (finality: Chain["finality"]): Chain => {
  const keeperRegistry = {
    committeeOf: async (epoch: number) =>
      epoch > 4 ? [] : SLOTS.map((slot) => ({ slot: BigInt(slot), identityKey: toXY(identityAt(slot)) })),
    membersOf: async (epoch: number) => (epoch > 4 ? 0n : bitsOf(SLOTS)),
    absentIn: async (_: number, bits: bigint) => bits & bitsOf([2, 9]),
    currentEpoch: async ({ blockTag }: { readonly blockTag: string | number }) => (blockTag === "latest" ? 4n : 3n),
  };
  return {
    ...{ finality, contracts: { keeperRegistry }, provider: { getBlockNumber: async () => 20 } },
    calls: { read: (_what: string, call: () => Promise<unknown>) => call() },
  } as unknown as Chain;
};

describe("members of an epoch, for whoever checks what they signed", () => {
  it("are those of the chain, each with the account of its identity key, and who is absent", async () => {
    const { members, absent } = await readEpochMembers(chainAt({ kind: "finalized" }), 4);
    expect(members).to.deep.equal(SLOTS.map((slot) => ({ slot, identity: bytesToHex(addressOfPoint(identityAt(slot))) })));
    expect(absent, "none that was never in it").to.deep.equal([2]);
  });

  it("are nobody where the epoch is not open", async () => {
    expect(await readEpochMembers(chainAt({ kind: "finalized" }), 5)).to.deep.equal({ members: [], absent: [], isCurrent: false });
  });

  it("are of an open epoch where it is the newest at the head or in the final block", async () => {
    const isCurrent = async (epoch: number, finality: Chain["finality"] = { kind: "confirmations", blocks: 10 }) =>
      (await readEpochMembers(chainAt(finality), epoch)).isCurrent;
    expect([await isCurrent(2), await isCurrent(3), await isCurrent(4)]).to.deep.equal([false, true, true]);
    const newest = { kind: "confirmations", blocks: 0 } as const;
    expect([await isCurrent(3, newest), await isCurrent(4, newest)]).to.deep.equal([false, true]);
    expect(await currentEpochs(chainAt({ kind: "finalized" }))).to.deep.equal([4, 3]);
    expect(await currentEpochs(chainAt({ kind: "confirmations", blocks: 30 })), "nothing is final yet").to.deep.equal([4]);
  });
});
