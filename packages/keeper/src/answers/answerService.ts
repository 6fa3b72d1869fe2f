import {
  type BlockRef,
  decidePermission,
  type Finality,
  type Heads,
  isUnavailable,
  type Rpc,
  readHeads,
  requireFreshHead,
} from "@keyquorum/chain";
import {
  type AnsweredShareRequest,
  answerShareRequest,
  type CheckedShareRequest,
  checkShareRequest,
  type DecidedShareRequest,
  decideShareRequest,
  type PermissionDecision,
  type ReceivedShareRequest,
  type RefusedShareRequest,
} from "@keyquorum/protocol";
import { encodeVesAnswer, type NonceSource, parseVesAnswer, type VesAnswer } from "@keyquorum/threshold";
import type { AuditEntry, StoredAnswer, Vault } from "@keyquorum/vault";
import {
  type Address,
  answerHashOf,
  type DocumentHeader,
  type ErrorDetails,
  encodeShareAnswer,
  headerHashOf,
  KeyquorumError,
  receiptDigest,
} from "@keyquorum/wire";
import type { Clock } from "../clock.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../deployment.ts";
import { describeError } from "../describeError.ts";
import type { Committees } from "../epochs/committees.ts";
import type { HandOver } from "../epochs/handOver.ts";
import type { KeeperExtension } from "../extension.ts";
import type { KeeperIdentities } from "../identity.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { findAnswerIn, saveAnswerIn } from "./answersByEpoch.ts";
import type { KeyMaterial, KeyMaterials } from "./keyMaterial.ts";
import { requireServed, withoutShare } from "./servedEpoch.ts";

/** An answer that may be sent now: it and its audit record are durable. */
export type GivenAnswer = {
  /** Body of POST /v1/share-requests: the same bytes for the same request. */
  readonly body: string;
  readonly answer: VesAnswer;
  readonly header: DocumentHeader;
  readonly material: KeyMaterial;
};

/** In whose name, and with whose word, somebody asks. Goes into the audit record. */
export type Authorization = { readonly sessionKey?: Address; readonly author?: "verified" };

export type AnswerService = {
  /**
   * Decides about a request as of now and gives this keeper's answer. To be called before every send, stored answers included (D27).
   * Throws KeyquorumError with the code of the refusal.
   * @param input.now seconds since 1970, for the deadline: the keeper's clock (HTTP) or the head's timestamp (chain)
   * @param input.authorize whether who asks is the requester, as of the blocks that the permission is asked at; throws the refusal. Requests on
   * chain need none: who sent the transaction is the requester
   */
  readonly answer: (input: {
    readonly request: ReceivedShareRequest;
    readonly header: DocumentHeader;
    readonly now?: bigint;
    readonly authorize?: (heads: Heads) => Promise<Authorization>;
  }) => Promise<GivenAnswer>;
};

type Options = {
  readonly vault: Pick<Vault, "answers" | "keyShares" | "transaction">;
  readonly rpc: Rpc;
  readonly finality: Finality;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  readonly materials: KeyMaterials;
  readonly handOver: HandOver;
  readonly committees: Committees;
  /** This keeper's account, and those that it had before. */
  readonly operators: readonly Address[];
  readonly identities: KeeperIdentities;
  readonly maxHeadAge: number;
  /** The highest block that the follower stands at. */
  readonly minHeadNumber: () => number;
  readonly nonces: NonceSource;
  readonly clock: Clock;
  readonly extensions: readonly KeeperExtension[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sharesReleased" | "auditRecords" | "shareRequests">;
};

/** A keeper forgets an answer this long after its request's deadline, in seconds. PROTOCOL section 5.1. */
const REMEMBER_SECONDS = 120n;

export const createAnswerService = (options: Options): AnswerService => ({
  answer: async (input) => {
    const { channel } = input.request;
    try {
      const given = await giveAnswer(options, input);
      options.metrics.shareRequests.inc({ channel, outcome: "ANSWERED" });
      options.metrics.sharesReleased.inc();
      return given;
    } catch (error) {
      const refusal = refusalOf(error, options.log);
      options.metrics.shareRequests.inc({ channel, outcome: refusal.code });
      throw refusal;
    }
  },
});

const refusalOf = (error: unknown, log: Logger): KeyquorumError => {
  if (error instanceof KeyquorumError) return error;
  // Who asks has gone, or the keeper stops: calls that nobody waits for are ended.
  if (error instanceof DOMException && error.name === "AbortError") return new KeyquorumError("SHUTTING_DOWN", undefined, { cause: error });
  if (isUnavailable(error)) {
    log.warn("The chain could not be asked for a decision", describeError(error));
    return new KeyquorumError("UNAVAILABLE", undefined, { cause: error });
  }
  log.error("A share request failed unexpectedly", describeError(error));
  return new KeyquorumError("INTERNAL", undefined, { cause: error });
};

/** Which part of the request a refusal is about. */
const FIELDS: Partial<Readonly<Record<RefusedShareRequest["code"], string>>> = {
  WRONG_CHAIN: "header",
  INVALID_HEADER: "header",
  UNKNOWN_KEY: "header",
};

const orRefuse = <State extends { readonly state: string }>(state: State | RefusedShareRequest, decidedAt: ErrorDetails = {}): State => {
  if (state.state !== "refused") return state as State; // true: the other half of the union
  const { code, sentence } = state as RefusedShareRequest; // true: by its state
  const field = FIELDS[code];
  throw new KeyquorumError(code, sentence, { details: { ...(field === undefined ? {} : { field }), ...decidedAt } });
};

const giveAnswer = async (options: Options, input: Parameters<AnswerService["answer"]>[0]): Promise<GivenAnswer> => {
  const { vault, contracts, reader } = options;
  const { request, header, now, authorize } = input;
  const minHeadNumber = options.minHeadNumber(); // before the heads are read: the follower may get further meanwhile
  const heads = await readHeads(options.rpc, options.finality);
  requireFreshHead({ ...options, minHeadNumber }, heads.head);
  const authorization = (await authorize?.(heads)) ?? {};
  const [key, answered] = await Promise.all([reader.at(heads.final.hash).keyOf(header.keyId), vault.answers.find(request.requestId)]);
  const checked = orRefuse<CheckedShareRequest>(
    checkShareRequest({
      request,
      header,
      key: key === undefined ? undefined : { keyId: header.keyId, ...key },
      deployment: { chainId: contracts.chainId, documentRegistry: contracts.addresses.documentRegistry },
      now: now ?? BigInt(heads.head.timestamp),
      ...(answered === undefined ? {} : { answeredHeader: answered.headerHash }),
    }),
  );
  if (checked.epoch !== key?.activeEpoch) await requireServed(options, checked, heads.final);
  const material = await options.materials.load(checked.keyId, checked.epoch, heads.final);
  if (material === undefined) throw await withoutShare(options, checked, heads);
  const decided = await decide(options, checked, { ...heads, minHeadNumber }, authorization);
  const stored = await findAnswerIn(vault.answers, decided);
  const given = await writeDown(options, decided, authorization, stored ?? (await makeAnswer(options, decided, material)));
  return { body: given.receipt, answer: parseVesAnswer(given.answer), header, material };
};

type SeenHeads = Heads & { readonly minHeadNumber: number };

const decide = async (
  options: Options,
  checked: CheckedShareRequest,
  heads: SeenHeads,
  authorization: Authorization,
): Promise<DecidedShareRequest> => {
  const decision = await askPermission(options, checked, heads);
  const blocks = blocksOf(heads);
  const decided = decideShareRequest(checked, decision, blocks);
  if (decided.state === "refused" && decided.code !== "UNAVAILABLE")
    await writeRefusalDown(options, { ...auditEntry("refusal", checked, decision, blocks), ...authorization });
  return orRefuse<DecidedShareRequest>(decided, blocks);
};

const askPermission = async (options: Options, checked: CheckedShareRequest, heads: SeenHeads): Promise<PermissionDecision> => {
  const settings = {
    rpc: options.rpc,
    shareRequests: options.contracts.addresses.shareRequests,
    maxHeadAge: options.maxHeadAge,
    minHeadNumber: heads.minHeadNumber,
    clock: options.clock,
  };
  const { document, headerHash, header, requester, contextHash } = checked;
  try {
    return await decidePermission(
      settings,
      { document, headerHash, initialPermissions: header.initialPermissions, requester, contextHash },
      heads,
    );
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    options.log.warn("The chain could not be asked for a permission", describeError(error));
    return "UNAVAILABLE";
  }
};

const hashOf = ({ hash }: BlockRef) => hash as DecidedShareRequest["headBlock"]; // true: chain parses hashes as 32 bytes of lower-case hex
const blocksOf = ({ head, final }: Heads) => ({ finalBlock: hashOf(final), headBlock: hashOf(head) });

type NewAnswer = Omit<StoredAnswer, "createdAt">;

/** Makes the answer with proof and signed receipt. PROTOCOL sections 5.2 and 5.4. */
const makeAnswer = async (options: Options, request: DecidedShareRequest, material: KeyMaterial): Promise<NewAnswer> => {
  const { contracts, identities, extensions } = options;
  const { slot, share, verifyingShare, path } = material;
  const sign = identities.signerOf(material.identityKey);
  if (sign === undefined)
    throw new KeyquorumError("NOT_MEMBER", "This keeper's identity key of the key's epoch is lost: it cannot answer in this epoch.", {
      details: { keyId: request.keyId, epoch: material.epoch },
    });
  const made = answerShareRequest({
    request,
    slot,
    keyShare: share,
    verifyingShare,
    path,
    nonceKey: identities.nonceKey,
    nonces: options.nonces,
  });
  const { requestId } = request;
  const answer = extensions.reduce((sent, { transformAnswer }) => transformAnswer?.(sent, { requestId, slot }) ?? sent, made.answer);
  const receipt: AnsweredShareRequest["receipt"] = { ...made.receipt, answerHash: answerHashOf(answer) };
  const signature = sign(receiptDigest({ chainId: contracts.chainId, shareRequests: contracts.addresses.shareRequests }, receipt));
  const body = encodeShareAnswer({ slot, epoch: made.epoch, verifyingShare, path, answer, receipt: { receipt, signature } });
  return {
    requestId,
    headerHash: headerHashOf(request.header),
    answer: encodeVesAnswer(answer),
    receipt: JSON.stringify(body),
    keepUntil: Number((request.deadline + REMEMBER_SECONDS) * 1000n),
  };
};

/** The answer and the record that it is given now are durable before it leaves; who comes second with the same request gets the first's bytes. */
const writeDown = async (
  options: Options,
  request: DecidedShareRequest,
  authorization: Authorization,
  answer: NewAnswer,
): Promise<StoredAnswer> => {
  const stored = await options.vault.transaction(async (tx) => {
    const saved = await saveAnswerIn(tx.answers, request, answer);
    await tx.audit.append({ ...auditEntry("answer", request, "PERMITTED", request), ...authorization });
    return saved;
  });
  options.metrics.auditRecords.inc();
  return stored;
};

/** A refusal is written down once: who asks the same again and again fills no disk. */
const writeRefusalDown = ({ vault }: Options, entry: AuditEntry): Promise<void> =>
  vault.transaction(async (tx) => {
    const before = await tx.audit.find({ requestId: entry.requestId });
    const last = before.at(-1);
    if (last?.kind !== entry.kind || last.decision !== entry.decision) await tx.audit.append(entry);
  });

const auditEntry = (
  kind: string,
  { requestId, document, requester }: Pick<CheckedShareRequest, "requestId" | "document" | "requester">,
  decision: PermissionDecision,
  { finalBlock, headBlock }: Pick<DecidedShareRequest, "finalBlock" | "headBlock">,
): AuditEntry => ({ kind, requestId, document, requester, decision, finalBlock, headBlock });
