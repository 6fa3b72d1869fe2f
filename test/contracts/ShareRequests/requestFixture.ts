import { backend, encryptShare, type Point, randomScalar, SecretScalar, secureRandom, vesHints } from "@keyquorum/threshold";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { getBytes, ZeroHash } from "ethers";
import { type DealtKey, type DealtShare, dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { headerRestOf } from "../../fixtures/sealedHeader.ts";
import { rollDice } from "../../random/dice.ts";
import { deployDocuments, publication, type SealedDocument, sealDocument } from "../DocumentRegistry/documentFixture.ts";

const dice = rollDice("contracts/ShareRequests/requestFixture");

export const LIFETIME = 600n;
export const PUBLIC_ROLE = 2n ** 64n - 1n;

/** What `answer` shows again. */
export type Statement = {
  readonly number: bigint;
  readonly document: string;
  readonly headerHash: string;
  readonly requester: string;
  readonly readerKey: SolidityPoint;
  readonly contextHash: string;
};

/** A request that was made, with the secret that only its reader has. */
export type MadeRequest = {
  readonly requestId: string;
  readonly statement: Statement;
  readonly readerSecret: SecretScalar;
  readonly readerKey: Point;
};

/** PROTOCOL section 5.1. */
export const requestIdOf = (chainId: bigint, requests: string, statement: Statement): string =>
  abiHash(
    ["bytes32", "uint256", "address", "uint64", "bytes32", "bytes32", "address", "uint256", "uint256", "bytes32"],
    [
      domainTag("request"),
      chainId,
      requests,
      statement.number,
      statement.document,
      statement.headerHash,
      statement.requester,
      statement.readerKey.x,
      statement.readerKey.y,
      statement.contextHash,
    ],
  );

/** PROTOCOL section 5.2. */
export const answerContextOf = (names: { headerHash: string; requestId: string; keyId: string; epoch: number; slot: number }): string =>
  abiHash(
    ["bytes32", "bytes32", "bytes32", "bytes32", "uint32", "uint8"],
    [domainTag("share"), names.headerHash, names.requestId, names.keyId, names.epoch, names.slot],
  );

/** Alice has published a document under AccessGrants and granted it to bob. `request` is open to everybody. */
export const deployRequests = async (ethers: HardhatEthers) => {
  const base = await deployDocuments(ethers);
  const manager = await ethers.deployContract("AccessManager", [base.council.address]);
  const grants = await ethers.deployContract("AccessGrants", [base.registryAddress]);
  const absences = await ethers.deployContract("MockKeeperRegistry");
  const requests = await ethers.deployContract("ShareRequests", [
    await manager.getAddress(),
    await absences.getAddress(), // is asked who is absent, and nothing else
    await base.keyGeneration.getAddress(),
    base.registryAddress,
    LIFETIME,
  ]);
  const address = await requests.getAddress();
  await manager.setTargetFunctionRole(address, [requests.interface.getFunction("request").selector], PUBLIC_ROLE);

  const grantsAddress = await grants.getAddress();
  const sealed = sealDocument({ ...base, owner: base.alice.address, initialPermissions: grantsAddress });
  await base.registry.connect(base.alice).publish(...publication(sealed));
  await grants.connect(base.alice).grant(sealed.document, base.bob, 0);
  return { ...base, manager, grants, grantsAddress, absences, requests, address, sealed, document: sealed.document };
};
export type Deployed = Awaited<ReturnType<typeof deployRequests>>;

export const newReader = () => {
  const secret = randomScalar(dice.bytes);
  const readerKey = backend.mulG(secret);
  return { readerSecret: SecretScalar.from(secret), readerKey, point: solidityPoint(readerKey) };
};

/** Bob asks, and pays `value`. */
export const makeRequest = async (
  { requests, bob, sealed, chainId, address }: Pick<Deployed, "requests" | "bob" | "sealed" | "chainId" | "address">,
  contextHash = ZeroHash,
  value = 0n,
): Promise<MadeRequest> => {
  const reader = newReader();
  await requests.connect(bob).request(sealed.document, sealed.headerHash, reader.point, contextHash, { value });
  const statement: Statement = {
    number: await requests.requestCount(),
    document: sealed.document,
    headerHash: sealed.headerHash,
    requester: bob.address,
    readerKey: reader.point,
    contextHash,
  };
  return { requestId: requestIdOf(chainId, address, statement), statement, ...reader };
};

/** What an answer is made from; a test replaces what it wants to be wrong. */
export type AnswerParts = {
  readonly key: Pick<DealtKey, "keyId" | "epoch">;
  readonly held: DealtShare;
  readonly sealed: SealedDocument;
  readonly requestId: string;
  readonly readerKey: Point;
  readonly slot?: number;
  readonly epoch?: number;
};

/** A keeper's answer, in the package's form and as the contract takes it. */
export const makeAnswer = ({ key, held, sealed, requestId, readerKey, slot = held.slot, epoch = key.epoch }: AnswerParts) => {
  const { u } = sealed.header.own;
  const context = answerContextOf({ headerHash: sealed.headerHash, requestId, keyId: key.keyId, epoch, slot });
  const own = encryptShare({ share: held.share, u, readerKey, context: getBytes(context), nonceKey: secureRandom(32) });
  const hints = vesHints({ u, readerKey }, own);
  return {
    own,
    context,
    answer: {
      slot,
      verifyingShare: solidityPoint(held.verifyingShare),
      path: held.path,
      u: solidityPoint(u),
      headerRest: headerRestOf(sealed.names, sealed.header.ciphertext),
      share: { ...own, k: solidityPoint(own.k), v: solidityPoint(own.v) },
      hints: { ...hints, zsU: solidityPoint(hints.zsU), zkX: solidityPoint(hints.zkX), cV: solidityPoint(hints.cV) },
    },
  };
};

/** The key in another epoch: other shares, other members. */
export const moveToEpoch = async ({ keyGeneration, key }: Deployed, epoch: number, slots: readonly number[]): Promise<DealtKey> => {
  const moved = dealKey({ keyId: key.keyId, epoch, slots });
  await keyGeneration.setKey(key.keyId, keyRecord(key, { activeEpoch: epoch }));
  await keyGeneration.setKeyEpoch(key.keyId, epoch, moved.keyEpoch);
  return moved;
};
