import type { LocalChain } from "@keyquorum/cluster";
import { createSecretStoreSigner } from "@keyquorum/parity/library";
import { type BaseContract, type EventLog, getBytes, getCreateAddress, type Log, type Signer, type Wallet } from "ethers";
import { DocumentKeyShadowRetrievalService__factory } from "../../../typechain-types/factories/contracts/parity/DocumentKeyShadowRetrievalService__factory.ts";
import { DocumentKeyStoreService__factory } from "../../../typechain-types/factories/contracts/parity/DocumentKeyStoreService__factory.ts";
import { ParityKeyServerSet__factory } from "../../../typechain-types/factories/contracts/parity/ParityKeyServerSet__factory.ts";
import { ServerKeyGenerationService__factory } from "../../../typechain-types/factories/contracts/parity/ServerKeyGenerationService__factory.ts";
import { ServerKeyRetrievalService__factory } from "../../../typechain-types/factories/contracts/parity/ServerKeyRetrievalService__factory.ts";

const FEE = 1_000n;

type Chain = Pick<LocalChain, "send" | "provider">;

/** Where the set and the four services will be, as keepers' configurations name them: before they are deployed, by the same account. */
export const parityServicesAhead = async (
  { provider }: Chain,
  deployer: Signer,
): Promise<{ readonly keyServerSet: string; readonly services: readonly { contract: string; fromBlock: number }[] }> => {
  const from = await deployer.getAddress();
  const [nonce, fromBlock] = [await provider.getTransactionCount(from), await provider.getBlockNumber()];
  const at = (place: number): string => getCreateAddress({ from, nonce: nonce + place }).toLowerCase();
  return { keyServerSet: at(0), services: [1, 2, 3, 4].map((place) => ({ contract: at(place), fromBlock })) };
};

export type ParityServices = Awaited<ReturnType<typeof deployParityServices>>;

/** The set of KeeperRegistry's keepers, and the four services over it. */
export const deployParityServices = async (
  { send }: Chain,
  deployer: Signer,
  contracts: { readonly keeperRegistry: string; readonly accessManager: string },
) => {
  const mined = async <C extends BaseContract>(deploying: Promise<C>): Promise<C> => {
    const made = await deploying;
    await send("evm_mine", []);
    await made.waitForDeployment();
    return made;
  };
  const set = await mined(new ParityKeyServerSet__factory(deployer).deploy(contracts.keeperRegistry));
  const terms = { authority: contracts.accessManager, keyServers: set, fee: FEE, maxPending: 8, requestBlocks: 100_000 };
  return {
    set,
    generation: await mined(new ServerKeyGenerationService__factory(deployer).deploy(terms)),
    retrieval: await mined(new ServerKeyRetrievalService__factory(deployer).deploy(terms)),
    store: await mined(new DocumentKeyStoreService__factory(deployer).deploy(terms)),
    shadows: await mined(new DocumentKeyShadowRetrievalService__factory(deployer).deploy(terms)),
  };
};

/** What an event has, once as many of it are there as are wanted. Undefined: not yet. */
export const eventsOf = async (
  contract: BaseContract,
  name: string,
  about: readonly string[],
  wanted = 1,
): Promise<readonly EventLog[] | undefined> => {
  const found = await contract.queryFilter(contract.filters[name]?.(...about) ?? name);
  const events = found.filter((log: Log | EventLog): log is EventLog => "args" in log);
  return events.length >= wanted ? events : undefined;
};

/** A person's key, in Parity's ways. */
export const parityKeyOf = (wallet: Pick<Wallet, "privateKey">) => createSecretStoreSigner(getBytes(wallet.privateKey));
/** 64 bytes: what shadows are encrypted to. */
export const publicKeyOf = ({ signingKey }: Pick<Wallet, "signingKey">): string => `0x${signingKey.publicKey.slice(4)}`;
export const PAID = { value: FEE };
