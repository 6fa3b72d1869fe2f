/**
 * The stores of a vault. Every method is atomic and durable (fsync) when its promise resolves; inside `vault.transaction` it is durable when
 * that promise resolves. Integers are block or slot numbers; times are milliseconds since 1970 by the vault's clock.
 */
import type { AnswerStore } from "./answers.ts";
import type { AuditLog } from "./audit.ts";
import type { ChallengeStore } from "./challenges.ts";
import type { DepartureStore, EpochProposalStore } from "./epochs.ts";
import type { FollowerName, LogStore } from "./logs.ts";
import type { OutboxStore } from "./outbox.ts";
import type { RefusalStore } from "./refusals.ts";
import type { SealedTableStore } from "./sealedTables.ts";
import type { EpochSecretStore, IdentityStore, OwnSecretStore, RepairKeyStore } from "./secrets.ts";
import type { DealingStore, KeyShareStore } from "./shares.ts";
import type { PeerBootStore, SigningEvidenceStore, SigningPinStore, SigningShareStore } from "./signing.ts";
import type { WorkStore } from "./work.ts";

/** Counts the lives of the keeper: what is drawn in one differs from what was drawn in another. PROTOCOL section 1.5. */
export type BootCounter = {
  /** The number of the life that begins, from 1; durable when it resolves. */
  next(): Promise<number>;
  /** The number of the newest life; 0: there was none. */
  current(): Promise<number>;
  /**
   * Leaves out so many numbers, so that the next life of a vault that was restored from an older copy comes after those that other keepers saw. Answers with
   * the last one that is left out. Throws VAULT_VALUE_REFUSED unless it is a whole number from 1 to 1,000,000.
   */
  advance(by: number): Promise<number>;
};

/** What a keeper knows of finality that was broken, as plain data: with it nothing is answered until the operator accepts a chain. */
export type BrokenFinalityStore = {
  load<Broken extends object>(): Promise<Broken | undefined>;
  /** Undefined: it is mended. */
  save(broken: object | undefined): Promise<void>;
};

/** Every store, bound either to the vault or to one transaction. */
export type VaultStores = {
  readonly secrets: OwnSecretStore;
  readonly identities: IdentityStore;
  readonly repairKeys: RepairKeyStore;
  readonly epochSecrets: EpochSecretStore;
  readonly epochProposals: EpochProposalStore;
  readonly departures: DepartureStore;
  readonly dealings: DealingStore;
  readonly keyShares: KeyShareStore;
  readonly answers: AnswerStore;
  readonly audit: AuditLog;
  readonly challenges: ChallengeStore;
  readonly refusals: RefusalStore;
  readonly logs: LogStore;
  /** Logs that a follower of an extension mirrored. */
  readonly logsOf: (follower: FollowerName) => LogStore;
  readonly sealedTables: SealedTableStore;
  readonly outbox: OutboxStore;
  readonly work: WorkStore;
  readonly boots: BootCounter;
  readonly signingShares: SigningShareStore;
  readonly signingEvidence: SigningEvidenceStore;
  readonly peerBoots: PeerBootStore;
  readonly signingPins: SigningPinStore;
  readonly brokenFinality: BrokenFinalityStore;
};
