import { eventTopic, FAILURE_REASONS, nameOfState, parseContractLogOf, RESHARE_FAILURES } from "@keyquorum/bindings";
import { type KeyId, parseKeyId, parseSessionId, type SessionId, slotsOf } from "@keyquorum/wire";
import type { DealingContract } from "../contracts/dealHash.ts";
import type { Core } from "../run/core.ts";

type Parts = Pick<Core, "contracts"> & { readonly vault: Pick<Core["vault"], "logs"> };

/** A session as the event that asked for it has it. Public. */
export type RequestedSession = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  /** The epoch whose members deal: in key generation `epoch` itself. */
  readonly fromEpoch: number;
  /** The epoch whose members are to hold shares, and its threshold. */
  readonly epoch: number;
  readonly threshold: number;
};

/** A session of the mirrored chain; undefined: nobody asked for it there, or a reorg took it away. */
export const findRequestedSession = async (
  parts: Parts,
  contract: DealingContract,
  sid: SessionId,
): Promise<RequestedSession | undefined> => {
  const event =
    contract === "keyGeneration"
      ? await findEvent(parts, contract, "KeyRequested", sid)
      : await findEvent(parts, contract, "ReshareRequested", sid);
  if (event === undefined) return undefined;
  const { args } = event;
  const epoch = Number(args.epoch);
  return {
    sid: parseSessionId(args.sid),
    keyId: parseKeyId(args.keyId),
    fromEpoch: "fromEpoch" in args ? Number(args.fromEpoch) : epoch,
    epoch,
    threshold: Number(args.threshold),
  };
};

/** Why a session failed, and the slots whose fault it is. Public. */
export type SessionFailure = {
  readonly reason: string;
  readonly notDealt: readonly number[];
  readonly disqualified: readonly number[];
  readonly notReady: readonly number[];
};

/** A failure that somebody recorded; undefined while it is not mirrored. */
export const findFailure = async (parts: Parts, contract: DealingContract, sid: SessionId): Promise<SessionFailure | undefined> => {
  const [event, reasons] =
    contract === "keyGeneration"
      ? [await findEvent(parts, contract, "KeyFailed", sid), FAILURE_REASONS]
      : [await findEvent(parts, contract, "ReshareFailed", sid), RESHARE_FAILURES];
  if (event === undefined) return undefined;
  const { reason, notDealt, disqualified, notReady } = event.args;
  return {
    reason: nameOfState<string>(reasons, reason),
    notDealt: slotsOf(notDealt),
    disqualified: slotsOf(disqualified),
    notReady: slotsOf(notReady),
  };
};

/** Each of these events has the session's id as its second topic, and comes once in a session. */
const findEvent = async <Name extends "KeyRequested" | "KeyFailed" | "ReshareRequested" | "ReshareFailed">(
  { vault, contracts }: Parts,
  contract: DealingContract,
  name: Name,
  sid: SessionId,
) => {
  const [log] = await vault.logs.find({ address: contracts.addresses[contract], topic0: eventTopic(name), topic2: sid });
  return log === undefined ? undefined : parseContractLogOf(contracts.deployment, log, name);
};
