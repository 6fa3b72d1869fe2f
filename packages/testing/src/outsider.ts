import type { connectContracts, Deployment } from "@keyquorum/bindings";
import { G, provePossession, randomScalar, SecretScalar, toXY } from "@keyquorum/threshold";
import { epochKeyMessageOf, parseAddress } from "@keyquorum/wire";
import { parseEther, Wallet } from "ethers";
import type { LocalChain } from "./localChain.ts";

/** A member of the keeper set without a keeper process: a test plays it, honestly or not, by transactions. */
export type Outsider = { readonly slot: number; readonly wallet: Wallet; readonly encryptionSecret: SecretScalar };

type Contracts = ReturnType<typeof connectContracts>;

/** Registers members whose keys the test holds. */
export const admitOutsiders = async (options: {
  readonly chain: LocalChain;
  readonly contracts: Contracts;
  readonly first: number;
  readonly count: number;
}): Promise<readonly Outsider[]> => {
  const outsiders: Outsider[] = [];
  for (let slot = options.first; slot < options.first + options.count; slot += 1) {
    const wallet = new Wallet(Wallet.createRandom().privateKey, options.chain.provider);
    await (await options.chain.account(0).sendTransaction({ to: wallet.address, value: parseEther("10") })).wait();
    const identity = toXY(G.multiply(randomScalar()));
    await (await options.contracts.keeperRegistry.addKeeper(wallet.address, identity, "", "", `Outsider ${slot}`)).wait();
    outsiders.push({ slot, wallet, encryptionSecret: SecretScalar.from(randomScalar()) });
  }
  return outsiders;
};

/** Posts an outsider's epoch encryption key with its proof of possession. */
export const postOutsiderKey = async (
  { slot, wallet, encryptionSecret }: Outsider,
  options: { readonly chain: LocalChain; readonly deployment: Deployment; readonly contracts: Contracts; readonly epoch: number },
): Promise<void> => {
  const message = epochKeyMessageOf({
    chainId: options.chain.chainId,
    registry: parseAddress(options.deployment.contracts.keeperRegistry),
    epoch: options.epoch,
    slot,
    operator: parseAddress(wallet.address),
  });
  const registry = options.contracts.keeperRegistry.connect(wallet);
  await (
    await registry.postEpochKey(options.epoch, toXY(G.multiply(encryptionSecret.reveal())), provePossession(encryptionSecret, message))
  ).wait();
};
