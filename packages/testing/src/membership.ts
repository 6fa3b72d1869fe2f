import type { connectContracts } from "@keyquorum/bindings";
import { parseEther, type Signer } from "ethers";
import type { PreparedKeeper } from "./clusterKeeper.ts";
import { pointFromHex } from "./pointFromHex.ts";

/** Gives a keeper's account coin and admits it to the registry, as governance does. Returns the gas of the admission. */
export const admitKeeper = async (
  { slot, operator, identityKey, name }: PreparedKeeper,
  options: { readonly governance: Signer; readonly contracts: ReturnType<typeof connectContracts>; readonly endpoint: string },
): Promise<bigint> => {
  const { governance, contracts, endpoint } = options;
  await (await governance.sendTransaction({ to: operator, value: parseEther("10") })).wait();
  const added = await (await contracts.keeperRegistry.addKeeper(operator, pointFromHex(identityKey), endpoint, "", name)).wait();
  const given = Number(await contracts.keeperRegistry.slotOf(operator));
  if (given !== slot) throw new Error(`The keeper that was prepared for slot ${slot} was given slot ${given}.`);
  return added?.gasUsed ?? 0n;
};
