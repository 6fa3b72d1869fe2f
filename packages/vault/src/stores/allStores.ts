import { createAnswerStore } from "./answers.ts";
import { createAuditLog } from "./audit.ts";
import { createBootCounter } from "./boots.ts";
import { createBrokenFinalityStore } from "./brokenFinality.ts";
import { createChallengeStore } from "./challenges.ts";
import type { StoreContext } from "./context.ts";
import { createDealingStore } from "./dealings.ts";
import { createDepartureStore } from "./departures.ts";
import { createEpochProposalStore } from "./epochProposals.ts";
import { createEpochSecretStore } from "./epochSecrets.ts";
import { createIdentityStore } from "./identities.ts";
import { createKeyShareStore } from "./keyShares.ts";
import { createLogStore } from "./logs.ts";
import { createOutboxStore } from "./outbox.ts";
import { createOwnSecretStore } from "./ownSecrets.ts";
import { createPeerBootStore } from "./peerBoots.ts";
import { createRefusalStore } from "./refusals.ts";
import { createRepairKeyStore } from "./repairKeys.ts";
import { createSealedTableStore } from "./sealedTables.ts";
import { createSigningEvidenceStore } from "./signingEvidence.ts";
import { createSigningPinStore } from "./signingPins.ts";
import { createSigningShareStore } from "./signingShares.ts";
import type { VaultStores } from "./types/vaultStores.ts";
import { createWorkStore } from "./work.ts";

/** Every store over one context. */
export const createStores = (context: StoreContext): VaultStores => ({
  secrets: createOwnSecretStore(context),
  identities: createIdentityStore(context),
  repairKeys: createRepairKeyStore(context),
  epochSecrets: createEpochSecretStore(context),
  epochProposals: createEpochProposalStore(context),
  departures: createDepartureStore(context),
  dealings: createDealingStore(context),
  keyShares: createKeyShareStore(context),
  answers: createAnswerStore(context),
  audit: createAuditLog(context),
  challenges: createChallengeStore(context),
  refusals: createRefusalStore(context),
  logs: createLogStore(context),
  logsOf: (follower) => createLogStore(context, follower),
  sealedTables: createSealedTableStore(context),
  outbox: createOutboxStore(context),
  work: createWorkStore(context),
  boots: createBootCounter(context),
  signingShares: createSigningShareStore(context),
  signingEvidence: createSigningEvidenceStore(context),
  peerBoots: createPeerBootStore(context),
  signingPins: createSigningPinStore(context),
  brokenFinality: createBrokenFinalityStore(context),
});
