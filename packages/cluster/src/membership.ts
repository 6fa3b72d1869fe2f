import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Contracts } from "@keyquorum/bindings";
import { parseEther, type Signer, toQuantity, Wallet } from "ethers";
import type { PreparedKeeper } from "./clusterKeeper.ts";
import type { LocalChain } from "./localChain.ts";
import { pointFromHex } from "./pointFromHex.ts";

/** Gives a keeper's account coin, before it starts: a keeper with none answers nothing on chain. */
export const fundKeeper = async ({ operator }: PreparedKeeper, governance: Signer): Promise<void> => {
  await (await governance.sendTransaction({ to: operator, value: parseEther("10") })).wait();
};

/** Gives a keeper's account as much by the node itself, without a transaction. */
export const giveCoin = async ({ operator }: PreparedKeeper, chain: Pick<LocalChain, "send">): Promise<void> => {
  await chain.send("hardhat_setBalance", [operator, toQuantity(parseEther("10"))]);
};

/** Tells the registry a keeper's new endpoint, as its operator does, who has the key's file. */
export const moveKeeper = async (
  { directory }: PreparedKeeper,
  { contracts, endpoint }: { readonly contracts: Contracts; readonly endpoint: string },
): Promise<void> => {
  const { runner } = contracts.keeperRegistry;
  const operator = new Wallet((await readFile(join(directory, "operator.key"), "utf8")).trim(), runner?.provider);
  await (await contracts.keeperRegistry.connect(operator).moveKeeper(endpoint, "")).wait();
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
