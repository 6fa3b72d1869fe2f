import type { Contracts, Deployment } from "@keyquorum/bindings";
import type { AdmitOthers, LocalChain, OtherMember } from "@keyquorum/cluster";
import { backend, provePossession, randomScalar, SecretScalar, toXY } from "@keyquorum/threshold";
import { epochKeyMessageOf, parseAddress } from "@keyquorum/wire";
import { parseEther, Wallet } from "ethers";

/** A member of the keeper set without a keeper process: a test plays it, honestly or not, by transactions. */
export type Outsider = OtherMember & { readonly wallet: Wallet; readonly encryptionSecret: SecretScalar };

export type Outsiders = {
  /** By ascending slot; empty until they are admitted. */
  readonly members: readonly Outsider[];
  /** The option `admitOthers` of the cluster that they are members of. */
  readonly admitOthers: AdmitOthers;
};

/** So many outsiders, for one cluster. */
export const createOutsiders = (count: number): Outsiders => {
  const members: Outsider[] = [];
  const admitOthers: AdmitOthers = async (context) => {
    for (let index = 0; index < count; index += 1) members.push(await admitOutsider({ ...context, slot: context.first + index }));
    return members;
  };
  return { members, admitOthers };
};

type Context = { readonly chain: LocalChain; readonly contracts: Contracts; readonly deployment: Deployment };

const admitOutsider = async ({ slot, ...context }: Context & { readonly slot: number }): Promise<Outsider> => {
  const { chain, contracts } = context;
  const wallet = new Wallet(Wallet.createRandom().privateKey, chain.provider);
  await (await chain.account(0).sendTransaction({ to: wallet.address, value: parseEther("10") })).wait();
  const identity = toXY(backend.mulG(randomScalar()));
  await (await contracts.keeperRegistry.addKeeper(wallet.address, identity, "", "", `Outsider ${slot}`)).wait();
  const encryptionSecret = SecretScalar.from(randomScalar());
  return { slot, wallet, encryptionSecret, postKey: (epoch) => postEpochKey({ slot, wallet, encryptionSecret }, { ...context, epoch }) };
};

/** Posts an outsider's encryption key of an epoch, with its proof of possession. */
const postEpochKey = async (
  { slot, wallet, encryptionSecret }: Omit<Outsider, "postKey">,
  { chain, contracts, deployment, epoch }: Context & { readonly epoch: number },
): Promise<void> => {
  const message = epochKeyMessageOf({
    chainId: chain.chainId,
    registry: parseAddress(deployment.contracts.keeperRegistry),
    epoch,
    slot,
    operator: parseAddress(wallet.address),
  });
  const registry = contracts.keeperRegistry.connect(wallet);
  await (
    await registry.postEpochKey(epoch, toXY(backend.mulG(encryptionSecret.reveal())), provePossession(encryptionSecret, message))
  ).wait();
};
