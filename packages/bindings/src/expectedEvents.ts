import { CONTRACT_NAMES, type ContractName, interfaceOf } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { type ContractEvent, type EmitterName, parseContractLog, type RawLog } from "./events.ts";

type EventName = ContractEvent["name"];

/** The event that each function emits when it did what it is for. Functions that only keepers call are left out. */
export const EXPECTED_EVENTS: { readonly [C in EmitterName]?: Readonly<Record<string, EventName>> } = {
  accessGrants: {
    claim: "DocumentClaimed",
    claimFor: "DocumentClaimed",
    grant: "AccessGranted",
    grantMany: "AccessGranted",
    grantBySignature: "AccessGranted",
    cancelSignedGrants: "SignedGrantsCancelled",
    revoke: "AccessRevoked",
    revokeMany: "AccessRevoked",
    appoint: "AdministratorAppointed",
    dismiss: "AdministratorDismissed",
    delegate: "ReadingDelegated",
    endDelegation: "DelegationEnded",
  },
  documentRegistry: {
    publish: "DocumentPublished",
    publishVersion: "DocumentPublished",
    withdrawVersion: "VersionWithdrawn",
    chooseVersion: "VersionChosen",
    movePermissions: "PermissionsMoved",
  },
  readerSessions: { endSessions: "SessionsEnded" },
  signingRequests: { bindRules: "RulesBound", request: "SigningRequested" },
  shareRequests: { request: "SharesRequested", refund: "FeeRefunded", withdrawFees: "FeesWithdrawn", setPrice: "PriceChanged" },
  optimisticRequests: {
    request: "SharesRequested",
    challenge: "AnswerDisproved",
    settle: "RequestSettled",
    refund: "FeeRefunded",
    withdrawFees: "FeesWithdrawn",
    setPrice: "PriceChanged",
  },
  receiptFaults: { prove: "AnswerDisproved" },
  keeperRegistry: {
    addKeeper: "KeeperAdded",
    removeKeeper: "KeeperRemoved",
    moveKeeper: "KeeperMoved",
    setOperator: "KeeperOperatorChanged",
    replaceStolenOperator: "KeeperOperatorChanged",
    revokeFormerOperator: "KeeperOperatorRevoked",
    setIdentityKey: "KeeperIdentityChanged",
    replaceStolenIdentity: "KeeperIdentityChanged",
    revokeFormerIdentity: "KeeperIdentityRevoked",
    proposeEpoch: "EpochProposed",
    openEpoch: "EpochOpened",
    cancelEpoch: "EpochCancelled",
  },
  keyGeneration: { requestKey: "KeyRequested", fail: "KeyFailed" },
  keyResharing: { requestReshare: "ReshareRequested", fail: "ReshareFailed" },
};

/** A call of one of the deployment's contracts, and the event that proves it done. */
export type ExpectedEvent = { readonly contract: ContractName; readonly event: EventName };

/** Which event proves that a call did its work; undefined for calls of other contracts, and of functions that none is known of. */
export const expectedEventOf = (
  deployment: Deployment,
  { to, data }: { readonly to: string | null; readonly data: string },
): ExpectedEvent | undefined => {
  const address = to?.toLowerCase();
  const contract = CONTRACT_NAMES.find((name) => deployment.contracts[name] === address);
  if (contract === undefined || contract === "accessManager") return undefined;
  const called = interfaceOf(contract).getFunction(data.slice(0, 10) as never); // null for selectors that it lacks
  const event = called === null ? undefined : EXPECTED_EVENTS[contract]?.[(called as { readonly name: string }).name];
  return event === undefined ? undefined : { contract, event };
};

/** Whether a receipt's logs hold the event, from the address of that contract. */
export const hasEvent = (deployment: Deployment, logs: readonly RawLog[], { contract, event }: ExpectedEvent): boolean =>
  logs.some((log) => {
    const found = parseContractLog(deployment, log);
    return found?.contract === contract && found.name === event;
  });
