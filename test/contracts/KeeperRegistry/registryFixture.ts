import { backend, type Point, provePossession, randomScalar, SecretScalar } from "@keyquorum/threshold";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { getBytes, ZeroAddress } from "ethers";
import type { KeeperRegistry } from "../../../typechain-types/index.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { rollDice } from "../../random/dice.ts";

const dice = rollDice("contracts/KeeperRegistry/registryFixture");

export const EPOCH_DELAY = 3600n;

/** A key pair of a keeper's. */
export type KeyPair = { readonly secret: SecretScalar; readonly publicKey: Point };

export const newKeyPair = (): KeyPair => {
  const secret = randomScalar(dice.bytes);
  return { secret: SecretScalar.from(secret), publicKey: backend.mulG(secret) };
};

/** What a keeper proves possession over. PROTOCOL section 6.2. */
export type EpochKeyNames = { chainId: bigint; registry: string; epoch: number; slot: number; operator: string };

export const epochKeyMessage = ({ chainId, registry, epoch, slot, operator }: EpochKeyNames): string =>
  abiHash(
    ["bytes32", "uint256", "address", "uint32", "uint8", "address"],
    [domainTag("epoch-key"), chainId, registry, epoch, slot, operator],
  );

export const proveEpochKey = (pair: KeyPair, names: EpochKeyNames) => provePossession(pair.secret, getBytes(epochKeyMessage(names)));

/** An empty registry: `council` is its governance, without a delay. */
export const deployRegistry = async (ethers: HardhatEthers) => {
  const [council, mallory, ...operators] = (await ethers.getSigners()) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    ...HardhatEthersSigner[],
  ];
  const manager = await ethers.deployContract("AccessManager", [council.address]);
  const registry = await ethers.deployContract("KeeperRegistry", [await manager.getAddress(), EPOCH_DELAY, ZeroAddress]);
  const { chainId } = await ethers.provider.getNetwork();
  return { registry, manager, council, mallory, operators, chainId, address: await registry.getAddress() };
};

/** Admits `operators` one by one: slots 1, 2, ... in a new registry. Returns their identity keys. */
export const addKeepers = async (registry: KeeperRegistry, operators: readonly HardhatEthersSigner[]): Promise<KeyPair[]> => {
  const identities: KeyPair[] = [];
  for (const operator of operators) {
    const identity = newKeyPair();
    await registry.addKeeper(operator.address, solidityPoint(identity.publicKey), "https://keeper.example", "", "keeper");
    identities.push(identity);
  }
  return identities;
};

/** The operator posts a fresh key for an epoch, with an honest proof. */
export const postKey = async (registry: KeeperRegistry, epoch: number, operator: HardhatEthersSigner): Promise<KeyPair> => {
  const pair = newKeyPair();
  const chainId = (await operator.provider?.getNetwork())?.chainId ?? 0n; // a Hardhat signer has a provider
  const slot = Number(await registry.slotOf(operator.address));
  const names = { chainId, registry: await registry.getAddress(), epoch, slot, operator: operator.address };
  await registry.connect(operator).postEpochKey(epoch, solidityPoint(pair.publicKey), proveEpochKey(pair, names));
  return pair;
};
