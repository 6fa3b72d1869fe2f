import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { ZeroAddress } from "ethers";
import type { DealtShare } from "../../fixtures/dealtKey.ts";
import { addKeepers, EPOCH_DELAY, postKey } from "../KeeperRegistry/registryFixture.ts";
import { deployRequests, LIFETIME, type MadeRequest, makeAnswer, makeRequest, PUBLIC_ROLE, type Statement } from "./requestFixture.ts";

export const PRICE = 1_000n;
/** t = 2. */
export const QUORUM = 3n;
export const FEE = QUORUM * PRICE;

/** As `deployRequests`, with keepers of a real registry and a price per answer. The key's members are 1, 2, 4, 5, 9: those of epoch 1. */
export const deployFees = async (ethers: HardhatEthers, networkHelpers: NetworkHelpers) => {
  const base = await deployRequests(ethers);
  const operators = (await ethers.getSigners()).slice(5, 14);
  const keepers = await ethers.deployContract("KeeperRegistry", [base.manager, EPOCH_DELAY, ZeroAddress]);
  await addKeepers(keepers, operators);
  const operatorOf = (slot: number): HardhatEthersSigner => operators[slot - 1] as HardhatEthersSigner; // the key's slots are below 10
  await keepers.proposeEpoch(0);
  for (const { slot } of base.key.shares) await postKey(keepers, 1, operatorOf(slot));
  await networkHelpers.time.increase(EPOCH_DELAY);
  await keepers.openEpoch(1);
  const requests = await ethers.deployContract("ShareRequests", [base.manager, keepers, base.keyGeneration, base.registry, LIFETIME]);
  const address = await requests.getAddress();
  await base.manager.setTargetFunctionRole(address, [requests.interface.getFunction("request").selector], PUBLIC_ROLE);
  await requests.setPrice(PRICE);
  return { ...base, keepers, requests, address, operatorOf };
};
export type FeeSetup = Awaited<ReturnType<typeof deployFees>>;

/** Bob asks and pays `fee`. */
export const ask = (base: FeeSetup, fee = FEE): Promise<MadeRequest> => makeRequest(base, undefined, fee);

/** The `index`th member of the key answers; anybody may bring it. */
export const answer = ({ requests, key, sealed, keeper }: FeeSetup, made: Omit<MadeRequest, "readerSecret">, index: number) =>
  requests
    .connect(keeper)
    .answer(made.requestId, made.statement, makeAnswer({ key, sealed, ...made, held: key.shares[index] as DealtShare }).answer);

/** What a contract that acts for a test is told to do. */
export const callOf = {
  refund: ({ requests }: FeeSetup, requestId: string, statement: Statement) =>
    requests.interface.encodeFunctionData("refund", [requestId, statement]),
  withdrawFees: ({ requests }: Pick<FeeSetup, "requests">, { address }: { readonly address: string }) =>
    requests.interface.encodeFunctionData("withdrawFees", [address]),
};
