import type { Contracts } from "@keyquorum/bindings";
import { parseEther, type Signer } from "ethers";
import type { PreparedKeeper } from "./clusterKeeper.ts";
import { pointFromHex } from "./pointFromHex.ts";

/** Gives a keeper's account coin, before it starts: a keeper with none answers nothing on chain. */
export const fundKeeper = async ({ operator }: PreparedKeeper, governance: Signer): Promise<void> => {
  await (await governance.sendTransaction({ to: operator, value: parseEther("10") })).wait();
};

/** Admits a keeper to the registry, as governance does. Returns the gas of it. */
export const admitKeeper = async (
  { slot, operator, identityKey, name }: PreparedKeeper,
  options: { readonly contracts: Contracts; readonly endpoint: string },
): Promise<bigint> => {
  const { contracts, endpoint } = options;
  const added = await (await contracts.keeperRegistry.addKeeper(operator, pointFromHex(identityKey), endpoint, "", name)).wait();
  const given = Number(await contracts.keeperRegistry.slotOf(operator));
  if (given !== slot) throw new Error(`The keeper that was prepared for slot ${slot} was given slot ${given}.`);
  return added?.gasUsed ?? 0n;
};
