import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { concat, keccak256, SigningKey, toBeHex, Wallet } from "ethers";

export const FEE = 1_001n;
export const MAX_PENDING = 3n;
export const REQUEST_BLOCKS = 50n;

/** x and y of a point that depends on a number. */
export const point = (number: bigint): string => `0x${SigningKey.computePublicKey(toBeHex(number, 32)).slice(4)}`;
export const OFF_THE_CURVE = `0x${"11".repeat(64)}`;

/** The hash that names a shadow retrieval. */
export const keyOf = (id: string, requester: string): string => keccak256(concat([id, requester]));

type Signer = HardhatEthersSigner;

/** A set of five key servers, that is what a test says, and the terms of a service over it. `alice` asks; `mallory` is nobody. */
export const deployKeyServers = async (ethers: HardhatEthers) => {
  const [council, mallory, one, two, three, four, five, spare] = (await ethers.getSigners()) as [
    ...[Signer, Signer, Signer, Signer, Signer, Signer, Signer, Signer],
    ...Signer[],
  ];
  const alice = new Wallet(`0x${"a1".repeat(32)}`, ethers.provider);
  await council.sendTransaction({ to: alice.address, value: ethers.parseEther("10") });
  const set = await ethers.deployContract("MockKeyServers");
  const servers = [one, two, three, four, five] as const;
  const at = (place: number): Signer => servers[place] as Signer; // true: places are 0 to 4
  await set.set([...servers]);
  const manager = await ethers.deployContract("AccessManager", [council.address]);
  const terms = { authority: manager, keyServers: set, fee: FEE, maxPending: MAX_PENDING, requestBlocks: REQUEST_BLOCKS };
  return { council, mallory, alice, servers, at, spare, set, terms };
};
