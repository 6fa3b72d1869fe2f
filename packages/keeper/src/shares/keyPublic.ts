import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { dealingsHashOf, readyDigestOf, reshareReadyDigestOf } from "@keyquorum/protocol";
import {
  assembleKeyPublic,
  assembleResharedPublic,
  type DkgMember,
  type KeyPublic,
  type Point,
  parseDealing,
  type QualifiedDealing,
} from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Hash32, hexToBytes, type KeyId, parseSessionId, type SessionId, slotsOf } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import { KeeperError } from "../run/errors.ts";
import { mapInTurns } from "../run/inTurns.ts";

/** Which key in which epoch, and what the chain says of it. All public. */
export type KeyInEpoch = {
  readonly keyId: KeyId;
  readonly epoch: number;
  /** t of that epoch. */
  readonly threshold: number;
  /** Members of that epoch by ascending slot. */
  readonly members: readonly DkgMember[];
  /** S, the same in every epoch. */
  readonly jointKey: Point;
};

type Options = { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts };

/** A key in an epoch as its session made it: what the record of a share of it says beside the share. All public. */
export type KeyRecord = KeyPublic & {
  readonly sid: SessionId;
  /** Bitmap of QUAL, or of Q. */
  readonly qual: bigint;
  readonly dealingsHash: Hash32;
  /** What READY confirmed. */
  readonly digest: Hash32;
};

/**
 * The public side of a key in an epoch, with the verifying share of every member, from mirrored logs alone: added up from the dealings of key
 * generation (PROTOCOL section 3.6), or of the reshare that moved it there (section 3.9).
 * Throws KeeperError VAULT_UNUSABLE when a log is missing. Whether the result is what the chain stores, the caller compares.
 */
export const readKeyPublic = async (options: Options, key: KeyInEpoch): Promise<KeyRecord> =>
  (await publicOfReshare(options, key)) ?? (await publicOfGeneration(options, key));

/** An epoch as a topic of an event. */
const epochTopic = (epoch: number): string => `0x${epoch.toString(16).padStart(64, "0")}`;

const publicOfReshare = async ({ vault, contracts }: Options, key: KeyInEpoch): Promise<KeyRecord | undefined> => {
  const address = contracts.addresses.keyResharing;
  const { keyId, epoch, members, jointKey } = key;
  const found = await vault.logs.find({ address, topic0: eventTopic("KeyReshared"), topic1: keyId, topic3: epochTopic(epoch) });
  const [reshared] = found.flatMap((log) => parseContractLogOf(contracts.deployment, log, "KeyReshared") ?? []);
  if (reshared === undefined) return undefined;
  const { qual: bitmap } = reshared.args;
  const sid = parseSessionId(reshared.args.sid);
  const logs = await vault.logs.find({ address, topic0: eventTopic("ReshareDealt"), topic1: sid });
  const dealt = (await mapInTurns(logs, (log) => parseContractLogOf(contracts.deployment, log, "ReshareDealt"))).filter(
    (event) => event !== undefined,
  );
  const qual = qualifiedOf(key, bitmap, dealt);
  const made = assembleResharedPublic({ keyId: hexToBytes(keyId, 32), epoch, jointKey, qual, members });
  const digest = reshareReadyDigestOf({ ...made, sid, qual: bitmap });
  return { ...made, sid, qual: bitmap, dealingsHash: hashOf(bitmap, dealt), digest };
};

const publicOfGeneration = async ({ vault, contracts }: Options, key: KeyInEpoch): Promise<KeyRecord> => {
  const address = contracts.addresses.keyGeneration;
  const { keyId, epoch, members } = key;
  const finalizedLogs = await vault.logs.find({ address, topic0: eventTopic("KeyFinalized"), topic2: keyId });
  // A key may have failed sessions before the one that made it; only that one says ready.
  const readyLogs = await vault.logs.find({ address, topic0: eventTopic("KeyReady"), topic1: keyId, topic3: epochTopic(epoch) });
  const [ready] = readyLogs.flatMap((log) => parseContractLogOf(contracts.deployment, log, "KeyReady") ?? []);
  const finalized = finalizedLogs
    .flatMap((log) => parseContractLogOf(contracts.deployment, log, "KeyFinalized") ?? [])
    .find(({ args }) => args.sid === ready?.args.sid);
  if (finalized === undefined)
    throw new KeeperError("VAULT_UNUSABLE", "The mirrored logs lack the joint key of a session. Check the RPC; mirror again.", {
      keyId,
      epoch,
    });
  const logs = await vault.logs.find({ address, topic0: eventTopic("Dealt"), topic1: finalized.args.sid });
  const dealt = (await mapInTurns(logs, (log) => parseContractLogOf(contracts.deployment, log, "Dealt"))).filter(
    (event) => event !== undefined,
  );
  const bitmap = finalized.args.qual;
  const sid = parseSessionId(finalized.args.sid);
  const qual = qualifiedOf(key, bitmap, dealt);
  const made = assembleKeyPublic({ keyId: hexToBytes(keyId, 32), epoch, qual, shift: shiftOf(finalized.args), members });
  return { ...made, sid, qual: bitmap, dealingsHash: hashOf(bitmap, dealt), digest: readyDigestOf({ ...made, sid, qual: bitmap }) };
};

type DealtEvent = { readonly args: { readonly dealer: bigint; readonly dealing: string } };

const qualifiedOf = (
  { keyId, epoch, threshold, members }: KeyInEpoch,
  qual: bigint,
  dealt: readonly DealtEvent[],
): readonly QualifiedDealing[] =>
  slotsOf(qual).map((dealer) => {
    const event = dealt.find(({ args }) => Number(args.dealer) === dealer);
    if (event === undefined)
      throw new KeeperError("VAULT_UNUSABLE", "The mirrored logs lack a dealing. Check the RPC; mirror again.", { keyId, epoch, dealer });
    return { dealer, dealing: parseDealing(hexToBytes(event.args.dealing), { threshold, members: members.length }) };
  });

/** As `protocol` makes it of the same dealings. */
const hashOf = (qual: bigint, dealt: readonly DealtEvent[]): Hash32 =>
  dealingsHashOf(
    dealt
      .filter(({ args }) => slotsOf(qual).includes(Number(args.dealer)))
      .toSorted((a, b) => Number(a.args.dealer - b.args.dealer))
      .map(({ args }) => hexToBytes(args.dealing)),
  );

/** `shift` is an array's own method name, which ethers' types confuse with the event's field; the plain value has the field. */
const shiftOf = (args: object): bigint => (args as { readonly shift: bigint }).shift;
