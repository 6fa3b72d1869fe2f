import { verifyReceipts } from "@keyquorum/client";
import {
  type Address,
  type DocumentId,
  type Hash32,
  KeyquorumError,
  moduleContextHash,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseReceiptFile,
  parseRunRecord,
  recoverSigner,
  runDigest,
  secretDocumentOf,
} from "@keyquorum/wire";

/** What a record proves, without a network: that this runner signed it, and that keepers answered this runner for this module in this run. */
export type VerifiedRun = {
  readonly chainId: bigint;
  readonly runner: Address;
  /** Which run: the nonce of each request to keepers. By a service, the digest of what its caller signed. */
  readonly run: Hash32;
  readonly module: Hash32;
  readonly outcome: string;
  readonly exitCode: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly secrets: readonly {
    readonly name: string;
    /** Whether owner and name give the document. Otherwise its name is private, and what stands here is the runner's word. */
    readonly isNameProved: boolean;
    readonly document: DocumentId;
    readonly owner: Address;
    /** As the runner says. */
    readonly version: number | undefined;
    /** Of the keepers whose receipts are in the record; `quorum` of them were needed. */
    readonly slots: readonly number[];
    readonly quorum: number;
    /** To be compared with `KeeperRegistry.committeeRootOf`: that its keepers are the real ones, no file can say. */
    readonly committeeRoot: Hash32 | undefined;
  }[];
};

/**
 * Verifies a run record offline, with the keepers' receipts, down to the module's hash in the context that they answered, and the run's id
 * in what was asked: receipts of an earlier run are refused. Two records of one id are one of them a lie. Of limits, figures, times, outputs
 * and outcome it proves no more than that the runner says so. Throws INVALID_RECORD with `details.field`.
 */
export const verifyRunRecord = async (value: unknown): Promise<VerifiedRun> => {
  const record = parseRunRecord(value);
  const runner = parseAddress(record.runner);
  const signature = Buffer.from(record.signature.slice(2), "hex");
  if (recoverSigner(runDigest(record), signature) !== runner)
    throw invalid("signature", "The signature is not the runner's over this record.");
  const [module, chainId] = [parseHash32(record.module), BigInt(record.chainId)];
  const contextHash = moduleContextHash({ chainId, module, runner });
  const secrets = await Promise.all(
    record.secrets.map(async ({ name, document, receipts }, index) => {
      const field = `secrets.${index}`;
      const proved = await verifyReceipts(receipts).catch((cause: unknown) => {
        if (!(cause instanceof KeyquorumError)) throw cause;
        throw invalid(field, `The receipts of ${name} do not hold: ${cause.message}`, cause);
      });
      const file = parseReceiptFile(receipts);
      const asked = file.kind === "http" ? file.asked.request : undefined;
      if (asked?.contextHash !== contextHash)
        throw invalid(field, `The receipts of ${name} are not of a request for this module by this runner.`);
      if (asked.nonce !== record.run) throw invalid(field, `The receipts of ${name} are of another run.`);
      if (proved.chainId !== chainId || file.shareRequests !== record.shareRequests)
        throw invalid(field, `The receipts of ${name} are of another chain or deployment.`);
      if (proved.requester !== runner) throw invalid(field, `The receipts of ${name} are of another account's request.`);
      if (proved.document !== parseDocumentId(document)) throw invalid(field, `The receipts of ${name} are of another document.`);
      const slots = proved.keepers.map(({ slot }) => slot);
      if (new Set(slots).size < proved.quorum) throw invalid(field, `Fewer keepers answered for ${name} than are needed.`);
      const { owner, quorum, committeeRoot, documentVersion: version } = proved;
      const isNameProved = secretDocumentOf(owner, name) === proved.document;
      return { name, isNameProved, document: proved.document, owner, version, slots, quorum, committeeRoot };
    }),
  );
  const { outcome, exitCode } = record;
  const [run, startedAt, endedAt] = [parseHash32(record.run), new Date(record.startedAt), new Date(record.endedAt)];
  return { chainId, runner, run, module, outcome, exitCode, startedAt, endedAt, secrets };
};

const invalid = (field: string, message: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_RECORD", message, { details: { field }, ...(cause === undefined ? {} : { cause }) });
