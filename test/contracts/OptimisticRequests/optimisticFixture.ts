import { type ClaimedAnswer, type VesFraudWitnesses, vesFraudEvidence } from "@keyquorum/threshold";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { getBytes, ZeroAddress, ZeroHash } from "ethers";
import type { DealtShare } from "../../fixtures/dealtKey.ts";
import { headerRestOf } from "../../fixtures/sealedHeader.ts";
import { addKeepers, EPOCH_DELAY, postKey } from "../KeeperRegistry/registryFixture.ts";
import {
  answerContextOf,
  deployRequests,
  LIFETIME,
  type MadeRequest,
  makeAnswer,
  newReader,
  PUBLIC_ROLE,
  requestIdOf,
  type Statement,
} from "../ShareRequests/requestFixture.ts";

export const WINDOW = 900n;
export const PRICE = 1_000n;
/** t = 2, so that each request pays for three answers. */
export const QUORUM = 3n;

/** The members of the dealt key are keepers of a real registry's epoch 1, each with an account; bob may read. An answer costs PRICE. */
export const deployOptimistic = async (ethers: HardhatEthers, networkHelpers: NetworkHelpers) => {
  const base = await deployRequests(ethers);
  const accounts = (await ethers.getSigners()).slice(5);
  const keepers = await ethers.deployContract("KeeperRegistry", [base.manager, EPOCH_DELAY, ZeroAddress]);
  const identities = await addKeepers(keepers, accounts.slice(0, 9));
  await keepers.proposeEpoch(0);
  const operatorOf = (slot: number) => accounts[slot - 1] as (typeof accounts)[number]; // slots 1..9 have one
  for (const { slot } of base.key.shares) await postKey(keepers, 1, operatorOf(slot));
  await networkHelpers.time.increase(EPOCH_DELAY);
  await keepers.openEpoch(1);
  const verified = await ethers.deployContract("ShareRequests", [base.manager, keepers, base.keyGeneration, base.registry, LIFETIME]);
  const optimistic = await ethers.deployContract("OptimisticRequests", [
    base.manager,
    keepers,
    base.keyGeneration,
    base.registry,
    verified,
    LIFETIME,
    WINDOW,
  ]);
  for (const contract of [verified, optimistic]) {
    await base.manager.setTargetFunctionRole(contract, [contract.interface.getFunction("request").selector], PUBLIC_ROLE);
    await contract.setPrice(PRICE);
  }
  const optimisticAddress = await optimistic.getAddress();
  return { ...base, keepers, identities, operatorOf, accounts, verified, optimistic, optimisticAddress };
};
export type OptimisticSetup = Awaited<ReturnType<typeof deployOptimistic>>;

/** Bob asks and pays. */
export const ask = async (
  { optimistic, bob, sealed, chainId, optimisticAddress }: OptimisticSetup,
  value = QUORUM * PRICE,
): Promise<MadeRequest> => {
  const reader = newReader();
  await optimistic.connect(bob).request(sealed.document, sealed.headerHash, reader.point, ZeroHash, { value });
  const statement: Statement = {
    number: await optimistic.requestCount(),
    document: sealed.document,
    headerHash: sealed.headerHash,
    requester: bob.address,
    readerKey: reader.point,
    contextHash: ZeroHash,
  };
  return { requestId: requestIdOf(chainId, optimisticAddress, statement), statement, ...reader };
};

/** A member's right answer, and all that is posted or judged with it. */
export const prepare = (base: OptimisticSetup, made: MadeRequest, index: number) => {
  const held = base.key.shares[index] as DealtShare;
  const { answer } = makeAnswer({ ...base, ...made, held });
  const { slot, verifyingShare, path, share } = answer;
  return { slot, posted: { slot, verifyingShare, path, share }, verifiedForm: answer };
};

/** Posts `share` as the member's answer, right or wrong. */
export const post = async (base: OptimisticSetup, made: MadeRequest, index: number, share?: object) => {
  const { slot, posted } = prepare(base, made, index);
  const given = { ...posted, share: share === undefined ? posted.share : { ...posted.share, ...share } };
  const response = await base.optimistic.connect(base.operatorOf(slot)).answer(made.requestId, given);
  return { response, ...given };
};
export type Posted = Awaited<ReturnType<typeof post>>;

/** What shows a posted answer wrong; for a right one, its hints must be given. */
export const challengeOf = (
  base: OptimisticSetup,
  made: MadeRequest,
  { slot, verifyingShare, share }: Pick<Posted, "slot" | "verifyingShare" | "share">,
  hints?: VesFraudWitnesses,
) => {
  const { key, sealed } = base;
  const held = key.shares.find((one) => one.slot === slot) as DealtShare; // posted by a member
  const context = answerContextOf({ headerHash: sealed.headerHash, requestId: made.requestId, keyId: key.keyId, epoch: key.epoch, slot });
  const about = { verifyingShare: held.verifyingShare, u: sealed.header.own.u, readerKey: made.readerKey, context: getBytes(context) };
  const witnesses = hints ?? vesFraudEvidence(about, share as ClaimedAnswer)?.witnesses;
  if (witnesses === undefined) throw new Error("The package finds this answer right.");
  return {
    slot,
    verifyingShare,
    share,
    u: sealed.header.ciphertext.u,
    headerRest: headerRestOf(sealed.names, sealed.header.ciphertext),
    witnesses,
  };
};
