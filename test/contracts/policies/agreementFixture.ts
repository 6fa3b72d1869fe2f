import { combineAnswers, deriveContentSecret, pointFromXY } from "@keyquorum/threshold";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { getBytes, hexlify, ZeroHash } from "ethers";
import type { DealtShare } from "../../fixtures/dealtKey.ts";
import { labelOf } from "../../fixtures/sealedHeader.ts";
import { publication, type SealedDocument, sealDocument } from "../DocumentRegistry/documentFixture.ts";
import { answerContextOf, deployRequests, type MadeRequest, makeAnswer, newReader, requestIdOf } from "../ShareRequests/requestFixture.ts";

export const PRICE = 5_000_000n;
/** Wei per answer; q = 3. */
export const FEE = 1_000n;
export const QUORUM = 3n;
export const COST = PRICE + QUORUM * FEE;
export const STATUS = { unknown: 0n, pending: 1n, served: 2n, expired: 3n };

/** Keepers cost something; alice has published a document whose permissions contract is the agreement, and offers it. */
export const deployAgreement = async (ethers: HardhatEthers) => {
  const base = await deployRequests(ethers);
  await base.requests.connect(base.council).setPrice(FEE);
  const agreement = await ethers.deployContract("ServiceAgreement", [base.address, base.registryAddress, base.alice]);
  const agreementAddress = await agreement.getAddress();
  const sealed = sealDocument({ ...base, owner: base.alice.address, initialPermissions: agreementAddress });
  await base.registry.connect(base.alice).publish(...publication(sealed));
  await agreement.connect(base.alice).offer(sealed.document, PRICE);
  return { ...base, ethers, agreement, agreementAddress, grantsDocument: base.sealed, sealed, document: sealed.document };
};
export type Deployed = Awaited<ReturnType<typeof deployAgreement>>;

/** What the statement of an agreement's request is: the agreement is the requester. */
export const agreementOf = async (base: Deployed, reader: ReturnType<typeof newReader>, sealed: SealedDocument): Promise<MadeRequest> => {
  const statement = {
    number: await base.requests.requestCount(),
    document: sealed.document,
    headerHash: sealed.headerHash,
    requester: base.agreementAddress,
    readerKey: reader.point,
    contextHash: ZeroHash,
  };
  return { requestId: requestIdOf(base.chainId, base.address, statement), statement, ...reader };
};

/** A consumer, bob unless told, opens an agreement. */
export const open = async (base: Deployed, consumer: HardhatEthersSigner = base.bob, value = COST): Promise<MadeRequest> => {
  const reader = newReader();
  await base.agreement.connect(consumer).open(base.document, base.sealed.headerHash, reader.point, { value });
  return agreementOf(base, reader, base.sealed);
};

/** Keepers answer, as many as told. */
export const answer = async ({ requests, key, sealed }: Deployed, made: MadeRequest, count = Number(QUORUM)): Promise<void> => {
  for (const held of key.shares.slice(0, count) as DealtShare[])
    await requests.answer(made.requestId, made.statement, makeAnswer({ key, held, sealed, ...made }).answer);
};

/** The contract's wei beyond credits and open agreements: never negative. What refunds brought for an open agreement counts until it is settled. */
export const surplus = async ({ agreement, alice, bob, mallory, ethers }: Deployed, openAgreements = 0n): Promise<bigint> => {
  const credits = await Promise.all([alice, bob, mallory].map((account) => agreement.creditOf(account)));
  return (await ethers.provider.getBalance(agreement)) - credits.reduce((sum, credit) => sum + credit, 0n) - openAgreements * PRICE;
};

/** What the holder of the reader secret makes of the answers on the chain: the content secret. Throws when they are too few. */
export const openWithAnswers = async ({ requests, key, sealed }: Deployed, made: MadeRequest): Promise<string> => {
  const events = await requests.queryFilter(requests.filters.ShareAnswered(made.requestId));
  const answers = events.map(({ args: { slot, verifyingShare, share } }) => {
    const names = { headerHash: sealed.headerHash, requestId: made.requestId, keyId: key.keyId, epoch: key.epoch, slot: Number(slot) };
    const { c, zs, zk } = share;
    return {
      slot: Number(slot),
      verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y),
      context: getBytes(answerContextOf(names)),
      answer: { k: pointFromXY(share.k.x, share.k.y), v: pointFromXY(share.v.x, share.v.y), c, zs, zk },
    };
  });
  const { u } = sealed.header.own;
  const { shared } = combineAnswers({ quorum: Number(QUORUM), u, readerSecret: made.readerSecret, answers });
  return hexlify(deriveContentSecret({ shared, label: getBytes(labelOf(sealed.names)), u }));
};
