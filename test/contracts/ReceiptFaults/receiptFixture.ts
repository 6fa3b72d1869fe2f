import {
  type ClaimedAnswer,
  encodePoint,
  type Point,
  type VesAnswer,
  type VesFraudWitnesses,
  vesFraudEvidence,
} from "@keyquorum/threshold";
import { parseAddress, type Receipt, receiptDigest, type ShareRequest, type SigningDomain, shareRequestDigest } from "@keyquorum/wire";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { concat, getBytes, SigningKey, toBeHex, ZeroHash } from "ethers";
import type { DealtShare } from "../../fixtures/dealtKey.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { abiHash } from "../../fixtures/preimages.ts";
import { headerRestOf } from "../../fixtures/sealedHeader.ts";
import type { SealedDocument } from "../DocumentRegistry/documentFixture.ts";
import type { KeyPair } from "../KeeperRegistry/registryFixture.ts";
import { deployOptimistic } from "../OptimisticRequests/optimisticFixture.ts";
import { answerContextOf, makeAnswer, newReader } from "../ShareRequests/requestFixture.ts";

/** The keepers of a real registry, and the judge of their receipts. */
export const deployFaults = async (ethers: HardhatEthers, networkHelpers: NetworkHelpers) => {
  const base = await deployOptimistic(ethers, networkHelpers);
  const verifiedAddress = await base.verified.getAddress();
  const faults = await ethers.deployContract("ReceiptFaults", [base.keepers, base.keyGeneration, verifiedAddress]);
  const domain: SigningDomain = { chainId: base.chainId, shareRequests: parseAddress(verifiedAddress) };
  return { ...base, faults, domain };
};
export type FaultsSetup = Awaited<ReturnType<typeof deployFaults>>;

/** keccak over the answer's seven words. PROTOCOL section 5.4. */
export const answerHashOf = ({ k, v, c, zs, zk }: ClaimedAnswer): string =>
  abiHash(
    Array.from({ length: 7 }, () => "uint256"),
    [k.x, k.y, v.x, v.y, c, zs, zk],
  );

/** 65 bytes by the keeper's identity key. */
export const sign = ({ secret }: Pick<KeyPair, "secret">, digest: string): string =>
  new SigningKey(toBeHex(secret.reveal(), 32)).sign(digest).serialized;

/** What a test changes of a case. */
export type CaseChanges = {
  readonly place?: number;
  readonly sealed?: SealedDocument;
  readonly reader?: ReturnType<typeof newReader>;
  readonly share?: (right: VesAnswer) => ClaimedAnswer;
  readonly receipt?: Partial<Receipt>;
  readonly context?: { readonly epoch?: number; readonly slot?: number; readonly requestId?: string };
  readonly domain?: SigningDomain;
};

/**
 * Bob asked by HTTP; a member answered (its answer made wrong by `share`) and signed a receipt with `receipt` changed. All that convicts it, or, where
 * it is right, all that shows that.
 */
export const caseOf = (base: FaultsSetup, changes: CaseChanges = {}) => {
  const { key, identities, bob } = base;
  const { place = 0, sealed = base.sealed, reader = newReader(), domain = base.domain } = changes;
  const held = key.shares[place] as DealtShare;
  const nonce = abiHash(["uint256"], [reader.point.x]);
  const request = {
    document: sealed.document,
    headerHash: sealed.headerHash,
    requester: bob.address.toLowerCase(),
    readerKey: encodePoint(reader.readerKey),
    contextHash: ZeroHash,
    nonce,
    deadline: 2_000_000_000n,
  } as unknown as ShareRequest; // hex texts of the right lengths
  const requestId = shareRequestDigest(domain, request);
  const made = makeAnswer({ key, held, sealed, requestId, readerKey: reader.readerKey, ...changes.context });
  const share = changes.share?.(made.own) ?? made.own;
  const receipt = {
    requestId,
    document: request.document,
    headerHash: request.headerHash,
    requester: request.requester,
    keyId: key.keyId,
    epoch: key.epoch,
    slot: held.slot,
    finalizedBlock: abiHash(["uint256"], [1n]),
    headBlock: abiHash(["uint256"], [2n]),
    answerHash: answerHashOf(share),
    ...changes.receipt,
  } as Receipt;
  const context = getBytes(
    answerContextOf({ headerHash: sealed.headerHash, requestId, keyId: key.keyId, epoch: key.epoch, slot: held.slot }),
  );
  const { u } = sealed.header.own;
  const found = vesFraudEvidence({ verifyingShare: held.verifyingShare, u, readerKey: reader.readerKey, context }, share);
  const identity = identities[held.slot - 1] as KeyPair;
  return {
    request,
    held,
    reader,
    identity,
    isWrong: found !== undefined,
    evidence: {
      receipt,
      signature: sign(identity, receiptDigest(domain, receipt)),
      asked: { readerKey: reader.point, contextHash: ZeroHash, nonce, deadline: request.deadline },
      verifyingShare: solidityPoint(held.verifyingShare),
      path: held.path,
      share: { c: share.c, zs: share.zs, zk: share.zk, k: { x: share.k.x, y: share.k.y }, v: { x: share.v.x, y: share.v.y } },
      u: solidityPoint(u),
      headerRest: headerRestOf(sealed.names, sealed.header.ciphertext),
      witnesses: found?.witnesses ?? (made.answer.hints as VesFraudWitnesses),
    },
  };
};

/** A lie that is well formed: V is another point. */
export const otherV =
  (v: Point) =>
  (right: VesAnswer): ClaimedAnswer => ({ ...right, v });

/** The signature with s replaced by n - s and v by the other: recovers to the same key. */
export const highS = (signature: string, order: bigint): string => {
  const [r, s, v] = [signature.slice(0, 66), BigInt(`0x${signature.slice(66, 130)}`), Number(`0x${signature.slice(130)}`)];
  return concat([r, toBeHex(order - s, 32), toBeHex(v === 27 ? 28 : 27)]);
};
