import {
  type BlockRef,
  confirmAtFinal,
  decideAtHead,
  type Heads,
  isUnavailable,
  type PermissionQuestion,
  type Rpc,
  requireFreshHead,
} from "@keyquorum/chain";
import {
  type AnsweredShareRequest,
  answerShareRequest,
  type CheckedShareRequest,
  checkShareRequest,
  type DecidedShareRequest,
  decideShareRequest,
  denyShareRequest,
  matchShareRequest,
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
import { every } from "../every.ts";
import type { KeeperExtension } from "../extension.ts";
import type { KeeperIdentities } from "../identity.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { refusalOf } from "../refusal.ts";
import { findAnswerIn, saveAnswerIn } from "./answersByEpoch.ts";
import type { Authorization, ReaderProof } from "./authorizeReader.ts";
import { createDenials, type Denials } from "./denials.ts";
import type { KeyMaterial, KeyMaterials } from "./keyMaterial.ts";
import type { Refusals } from "./refusals.ts";
import type { RequestLimits } from "./requestLimits.ts";
import { requireServed, withoutShare } from "./servedEpoch.ts";

/** An answer that may be sent now: it and its audit record are durable. */
export type GivenAnswer = {
  /** Body of POST /v1/share-requests: the same bytes for the same request. */
  readonly body: string;
  readonly answer: VesAnswer;
  readonly header: DocumentHeader;
  readonly material: KeyMaterial;
};

export type AnswerService = {
  /**
   * Decides about a request as of now and gives this keeper's answer. To be called before every send, stored answers included (D27).
   * Throws KeyquorumError with the code of the refusal.
   * @param input.now seconds since 1970, for the deadline: the keeper's clock (HTTP) or the head's timestamp (chain)
   * @param input.proof what shows that who asks is the requester. Requests on chain need none: who sent the transaction is the requester
   */
  readonly answer: (input: {
    readonly request: ReceivedShareRequest;
    readonly header: DocumentHeader;
    readonly now?: bigint;
    readonly proof?: ReaderProof;
  }) => Promise<GivenAnswer>;
};

type Options = {
  readonly vault: Pick<Vault, "answers" | "keyShares" | "transaction">;
  readonly rpc: Rpc;
  /** Reads the newest blocks, not before it is called. */
  readonly look: () => Promise<Heads>;
  readonly limits: RequestLimits;
  readonly refusals: Refusals;
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
const SAY_AGAIN_MILLISECONDS = 10_000;

export const createAnswerService = (options: Options): AnswerService => {
  const denials = createDenials();
  /** Once in a while: as long as the node is away, every request fails so. */
  const sayUnavailable = every(SAY_AGAIN_MILLISECONDS, options.clock, async (error: unknown) =>
    options.log.warn("The chain could not be asked for a decision", describeError(error)),
  );
  return {
    answer: async (input) => {
      const { channel } = input.request;
      const asked: AskedRequest = { isVerified: channel === "chain" };
      try {
        const given = await giveAnswer({ ...options, denials }, input, asked);
        options.metrics.shareRequests.inc({ channel, outcome: "ANSWERED" });
        options.metrics.sharesReleased.inc();
        return given;
      } catch (error) {
        const refusal = refusalOf(error, options.log, "A share request");
        if (isUnavailable(error)) await sayUnavailable(error);
        options.metrics.shareRequests.inc({ channel, outcome: refusal.code });
        options.refusals.note(refusal, refusal.code, refusedRequest(input, asked));
        throw refusal;
      }
    },
  };
};

/** What is known so far about a request that is being decided. */
type AskedRequest = { isVerified: boolean; heads?: Heads };

const refusedRequest = (
  { request: { channel, requestId, document, requester }, proof }: Asked,
  { isVerified, heads }: AskedRequest,
): Parameters<Refusals["note"]>[2] => ({
  ...{ isVerified, channel, requestId, document, requester },
  ...(proof?.sessionKey === undefined ? {} : { sessionKey: proof.sessionKey }),
  ...(heads === undefined ? {} : blocksOf(heads)),
});

type Asked = Parameters<AnswerService["answer"]>[0];
type Deciding = Options & { readonly denials: Denials };

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

/** The order is PROTOCOL section 5.1's: what costs least is refused first, and nothing is counted against a requester or a document that is not proved. */
const giveAnswer = async (options: Deciding, input: Asked, asked: AskedRequest): Promise<GivenAnswer> => {
  const { vault, contracts, reader, limits } = options;
  const { request, header, now, proof } = input;
  const deployment = { chainId: contracts.chainId, documentRegistry: contracts.addresses.documentRegistry };
  const unmatched = matchShareRequest({ request, header, deployment });
  if (unmatched !== undefined) orRefuse(unmatched);
  const isProved = (): void => {
    asked.isVerified = true;
    limits.countRequester(request.requester);
  };
  if (proof?.kind === "signed") isProved();

  const minHeadNumber = options.minHeadNumber(); // before the heads are read: the follower may get further meanwhile
  const heads = { ...(await options.look()), minHeadNumber };
  asked.heads = heads;
  requireFreshHead({ ...options, minHeadNumber }, heads.head);
  if (proof?.kind === "session") await proof.proveRequester(heads).then(isProved);
  await requirePermittedAtHead(options, input, heads);
  if (proof?.kind === "claimed") await proof.proveRequester(heads).then(isProved);
  const authorization = (await proof?.proveStatement(heads)) ?? {};
  if (request.channel === "http") limits.countDocument(request.document);

  const [key, answered] = await Promise.all([reader.at(heads.final.hash).keyOf(header.keyId), vault.answers.find(request.requestId)]);
  const checked = orRefuse<CheckedShareRequest>(
    checkShareRequest({
      request,
      header,
      key: key === undefined ? undefined : { keyId: header.keyId, ...key },
      deployment,
      now: now ?? BigInt(heads.head.timestamp),
      ...(answered === undefined ? {} : { answeredHeader: answered.headerHash }),
    }),
  );
  if (checked.epoch !== key?.activeEpoch) await requireServed(options, checked, heads.final);
  const material = await options.materials.load(checked.keyId, checked.epoch, heads.final);
  if (material === undefined) throw await withoutShare(options, checked, heads);
  const decided = await decide(options, checked, heads);

  const stored = await findAnswerIn(vault.answers, decided);
  const given = await writeDown(options, decided, authorization, stored ?? (await makeAnswer(options, decided, material)));
  return { body: given.receipt, answer: parseVesAnswer(given.answer), header, material };
};

type SeenHeads = Heads & { readonly minHeadNumber: number };

/** Refuses what the newest block refuses. A yes is only half of the decision: `decide` takes the other half at the final block. */
const requirePermittedAtHead = async (options: Deciding, { request, header }: Asked, heads: SeenHeads): Promise<void> => {
  const { denials } = options;
  const { head } = heads;
  let denial = denials.find(hashOf(head), request);
  if (denial === undefined) {
    const decision = await decideAtHead(settingsOf(options, heads), questionOf(request, header), head);
    if (decision === "PERMITTED") return;
    denials.remember(hashOf(head), request, decision);
    denial = decision;
  }
  orRefuse(denyShareRequest(request.requestId, denial), blocksOf(heads));
};

/** The decision at F and H (D27): H was asked before, by this very hash. */
const decide = async (options: Options, checked: CheckedShareRequest, heads: SeenHeads): Promise<DecidedShareRequest> => {
  const decision = await confirmAtFinal(settingsOf(options, heads), questionOf(checked, checked.header), heads);
  const blocks = blocksOf(heads);
  return orRefuse<DecidedShareRequest>(decideShareRequest(checked, decision, blocks), blocks);
};

const settingsOf = ({ rpc, contracts, maxHeadAge, clock }: Options, { minHeadNumber }: SeenHeads) => ({
  ...{ rpc, maxHeadAge, minHeadNumber, clock },
  shareRequests: contracts.addresses.shareRequests,
});

const questionOf = (
  { document, headerHash, requester, contextHash }: Pick<CheckedShareRequest, "document" | "headerHash" | "requester" | "contextHash">,
  { initialPermissions }: DocumentHeader,
): PermissionQuestion => ({ document, headerHash, initialPermissions, requester, contextHash });

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
    await tx.audit.append({ ...releaseOf(request), ...authorization });
    return saved;
  });
  options.metrics.auditRecords.inc();
  return stored;
};

const releaseOf = ({ requestId, document, requester, finalBlock, headBlock }: DecidedShareRequest): AuditEntry => ({
  ...{ kind: "answer", requestId, document, requester, decision: "PERMITTED", finalBlock, headBlock },
});
