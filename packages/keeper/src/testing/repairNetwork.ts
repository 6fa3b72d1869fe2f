import { interfaceOf } from "@keyquorum/bindings";
import { readyDigestOf } from "@keyquorum/protocol";
import {
  assembleKeyShare,
  createDealing,
  encodePoint,
  encodeScalar,
  type KeyShare,
  nobleBackend,
  openShare,
  type Point,
  parseDealing,
  pointFromXY,
  randomScalar,
  SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { type Address, bytesToHex, hexToBytes, type KeyId, parseAddress, type SessionId } from "@keyquorum/wire";
import { AbiCoder, id, keccak256 } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { createInlineBulk } from "../bulk/inlineBulk.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { identityKeyOf, loadIdentities } from "../membership/identity.ts";
import { memoryTransport } from "../peers/memoryTransport.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import { createRepairHelp, type RepairHelp, repairAnswerers } from "../repairing/helpRepair.ts";
import { createShareRepairs, type ShareRepairs } from "../repairing/shareRepairs.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createCommittees } from "../shares/committees.ts";
import { createKeyMaterials } from "../shares/keyMaterials.ts";
import { blockHash, createFakeChain, emitLog, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "./fakeChain.ts";
import { createTempVault, type TempVault } from "./tempVault.ts";
import { testNonces } from "./testNonces.ts";

const dice = rollDice("repairNetwork");

/** One keeper of the network. Its share is in its vault, unless it lost it. */
export type RepairKeeper = {
  readonly slot: number;
  readonly operator: Address;
  readonly identitySecret: Uint8Array;
  readonly encryptionSecret: SecretScalar;
  readonly encryptionKey: Point;
  readonly share: SecretScalar;
  temp: TempVault;
  help: RepairHelp;
};

export const KEY_ID = `0x${"ce".repeat(32)}` as KeyId;
export const EPOCH = 1;
export const LOST = 2;
const SID = `0x${"5d".repeat(32)}` as SessionId;
const SLOTS = [1, 2, 4, 5, 9];
const THRESHOLD = 2;
const KEY_BLOCK = 9;

const operatorAt = (slot: number): Address => parseAddress(`0x${slot.toString(16).padStart(2, "0").repeat(20)}`);
const identityAt = (slot: number): Uint8Array => encodeScalar(BigInt(1000 + slot));

/**
 * Five keepers with a key of t = 2 on a made-up chain, each with a vault of its own; the one at slot 2 lost its share. Requests for repairs that it
 * sends are put on the chain by `announce`. Tests only.
 */
export type RepairNetwork = {
  readonly chain: FakeChain;
  readonly keepers: readonly RepairKeeper[];
  readonly lost: RepairKeeper;
  readonly lines: string[];
  /** How helpers are reached; change it to make one lie or be silent. */
  readonly peers: Map<number, RepairHelp>;
  /** The keeper's own repairs, as after a restart. */
  readonly start: (options?: {
    readonly operator?: Address;
    readonly isAutomatic?: boolean;
    /** What lies between the keepers. Default: nothing. */
    readonly network?: (inner: PeerTransport) => PeerTransport;
  }) => Promise<ShareRepairs>;
  /** One look of the lost keeper. */
  readonly look: (repairs: ShareRepairs) => Promise<void>;
  /** Puts what was sent on the chain, at the newest block; makes it final when `isFinal`. Answers with how many announcements there are now. */
  readonly announce: (isFinal?: boolean) => Promise<number>;
  readonly holdsShare: () => Promise<boolean>;
  /** Of the keeper that lost its share. The helpers have the chain's time. */
  readonly moveClock: (milliseconds: number) => void;
  readonly remove: () => Promise<void>;
};

/** Made once: it takes a second. */
let key: ReturnType<typeof makeKey> | undefined;

export const createRepairNetwork = async (): Promise<RepairNetwork> => {
  const chain = createFakeChain();
  const contracts = fakeContracts();
  const lines: string[] = [];
  const log = createLogger("trace", { write: (line) => lines.push(line) });
  const metrics = createMetrics({ version: "0", processMetrics: false });
  let elapsed = 0;
  const chainTime = (): number => (chain.genesisTime + chain.head) * 1000;
  const clock = { now: () => chainTime() + elapsed, sleep: async () => undefined };
  key ??= makeKey();
  const made = key;

  chain.answers["keyGeneration.keyEpochOf"] = () => [
    [THRESHOLD, SLOTS.length, made.qual, bytesToHex(made.commitmentsHash), bytesToHex(made.verifyingRoot)],
  ];
  chain.answers["keyGeneration.keyOf"] = () => [[0, EPOCH, operatorAt(1), toXY(made.jointKey), operatorAt(1), `0x${"00".repeat(32)}`]];
  chain.answers["keeperRegistry.committeeOf"] = () => [
    made.members.map(({ slot, encryptionKey }) => [slot, operatorAt(slot), toXY(encryptionKey), toXY(identityKeyOf(identityAt(slot)))]),
  ];
  chain.answers["keeperRegistry.removedKeepers"] = () => [0n];
  chain.answers["keeperRegistry.keeperAt"] = ([slot]) => [
    [operatorAt(Number(slot)), slot, false, toXY(identityKeyOf(identityAt(Number(slot)))), `http://${slot}`, "", `Keeper ${slot}`],
  ];

  const reader = createChainReader({ rpc: chain.rpc, contracts });
  const common = {
    rpc: chain.rpc,
    reader,
    contracts,
    committees: createCommittees({ reader }),
    clock,
    log,
    metrics,
    bulk: createInlineBulk({ nonces: testNonces() }),
  };
  const helpOf = async (vault: Vault): Promise<RepairHelp> =>
    createRepairHelp({
      ...{ ...common, clock: { ...clock, now: chainTime } },
      ...{
        vault,
        materials: createKeyMaterials({ vault, reader, contracts, mirroredFinal: () => chain.head }),
        identities: await loadIdentities(vault),
      },
      finality: { kind: "finalized" },
      maxHeadAge: 60,
      minHeadNumber: () => 0,
      checkFinality: async () => undefined,
    });

  const keepers = await Promise.all(
    SLOTS.map(async (slot): Promise<RepairKeeper> => {
      const temp = await createTempVault(clock.now);
      const { vault } = temp;
      await vault.identities.add(identityAt(slot));
      await vault.epochSecrets.save(EPOCH, made.encryptionSecretOf(slot).toBytes());
      await vault.follower().commit({ logs: made.logs, state: {} });
      if (slot !== LOST) {
        const record = made.recordOf(slot);
        await vault.keyShares.save(record);
        await vault.keyShares.activate(record);
      }
      const { share } = made.shareOf(slot);
      const help = await helpOf(vault);
      return {
        slot,
        operator: operatorAt(slot),
        identitySecret: identityAt(slot),
        encryptionSecret: made.encryptionSecretOf(slot),
        encryptionKey: nobleBackend.mulG(made.encryptionSecretOf(slot).reveal()),
        share,
        temp,
        help,
      };
    }),
  );
  const lost = keepers.find(({ slot }) => slot === LOST) as RepairKeeper;
  const peers = new Map<number, RepairHelp>(keepers.map((keeper) => [keeper.slot, keeper.help]));

  const transport = memoryTransport((endpoint) => {
    const peer = peers.get(Number(endpoint.replace("http://", "")));
    return peer === undefined ? undefined : repairAnswerers(peer);
  });

  let sent: string | undefined;
  const post = ({ data }: { readonly data: string }): void => {
    sent = data;
  };
  const announced: MirroredLog[] = [];

  return {
    chain,
    keepers,
    lost,
    lines,
    peers,
    start: async ({ operator = lost.operator, isAutomatic = true, network = (inner: PeerTransport) => inner } = {}) => {
      const vault = await lost.temp.reopen();
      return createShareRepairs({
        ...common,
        ...{ vault, operator, nonces: testNonces(), identities: await loadIdentities(vault) },
        materials: { forget: () => undefined },
        transactions: { post, isBusy: () => false, idle: async () => undefined },
        transport: network(transport),
        wanted: async () => (isAutomatic ? undefined : []),
      });
    },
    look: async (repairs) => {
      await repairs.round([{ keyId: KEY_ID, epoch: EPOCH, slot: LOST }], headsOf(chain));
      await repairs.idle();
    },
    announce: async (isFinal = true) => {
      chain.head += 1;
      if (sent !== undefined) {
        const [keyId, epoch, point] = interfaceOf("shareRepairs").decodeFunctionData("requestRepair", sent) as unknown as [
          string,
          bigint,
          { x: bigint; y: bigint },
        ];
        const readerKey = pointFromXY(point.x, point.y);
        const { x, y } = toXY(readerKey);
        const repairId = repairIdOf([announced.length + 1, keyId, epoch, LOST, x, y]);
        const args = [repairId, keyId, LOST, epoch, announced.length + 1, lost.operator, { x, y }];
        announced.push(emitLog("RepairRequested", args, chain.head));
        sent = undefined;
        for (const { temp } of keepers) await temp.vault.follower().commit({ logs: [announced.at(-1) as MirroredLog], state: {} });
      }
      if (isFinal) chain.head += chain.finalLag;
      return announced.length;
    },
    holdsShare: async () => {
      const material = await createKeyMaterials({ vault: lost.temp.vault, reader, contracts, mirroredFinal: () => chain.head }).load(
        KEY_ID,
        EPOCH,
        headsOf(chain).final,
      );
      return material?.share.reveal() === lost.share.reveal();
    },
    moveClock: (milliseconds) => {
      elapsed += milliseconds;
    },
    remove: async () => {
      for (const { temp } of keepers) await temp.remove();
    },
  };
};

const makeKey = () => {
  const secrets = new Map(SLOTS.map((slot) => [slot, SecretScalar.from(randomScalar(dice.bytes))]));
  const encryptionSecretOf = (slot: number): SecretScalar => secrets.get(slot) as SecretScalar;
  const members = SLOTS.map((slot) => ({ slot, encryptionKey: nobleBackend.mulG(encryptionSecretOf(slot).reveal()) }));
  const sid = hexToBytes(SID);
  const shift = randomScalar(dice.bytes);
  const bytes = new Map(SLOTS.map((dealer) => [dealer, createDealing({ sid, dealer, threshold: THRESHOLD, members })]));
  const computeShareOf = (slot: number) => {
    const qual = SLOTS.map((dealer) => {
      const dealing = parseDealing(bytes.get(dealer) as Uint8Array, { threshold: THRESHOLD, members: SLOTS.length });
      const opened = openShare({ sid, dealer, recipient: slot, encryptionSecret: encryptionSecretOf(slot), members, dealing });
      if (opened.kind === "invalid") throw new Error("an honest dealing opens");
      return { dealer, dealing, share: opened.share };
    });
    return assembleKeyShare({ keyId: hexToBytes(KEY_ID), epoch: EPOCH, slot, qual, shift, members });
  };
  const shares = new Map(SLOTS.map((slot) => [slot, computeShareOf(slot)]));
  const shareOf = (slot: number) => shares.get(slot) as KeyShare; // of every slot
  const { jointKey, commitmentsHash, verifyingRoot, verifyingShares } = shareOf(1);
  const qual = SLOTS.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
  const digest = readyDigestOf({ sid: SID, jointKey, qual, commitmentsHash, verifyingRoot });
  const unshifted = jointKey.subtract(nobleBackend.mulG(shift));
  const ready = [KEY_ID, SID, EPOCH, THRESHOLD, toXY(jointKey), operatorAt(1), bytesToHex(commitmentsHash), bytesToHex(verifyingRoot)];
  const logs = [
    ...SLOTS.map((dealer) => emitLog("Dealt", [SID, dealer, bytesToHex(bytes.get(dealer) as Uint8Array)], 5, dealer)),
    emitLog("KeyFinalized", [SID, KEY_ID, qual, toXY(unshifted), shift, toXY(jointKey), operatorAt(1)], KEY_BLOCK - 1),
    emitLog("KeyReady", ready, KEY_BLOCK),
  ];
  const recordOf = (slot: number) => ({
    ...{ sid: SID, keyId: KEY_ID, epoch: EPOCH, slot, qual, digest },
    share: shareOf(slot).share.toBytes(),
    jointKey: encodePoint(jointKey),
    verifyingShare: encodePoint(verifyingShares.get(slot) as Point),
    commitmentsHash: bytesToHex(commitmentsHash) as KeyId,
    verifyingRoot: bytesToHex(verifyingRoot) as KeyId,
    path: [],
    dealingsHash: blockHash(0),
  });
  return { jointKey, commitmentsHash, verifyingRoot, members, qual, logs, shareOf, recordOf, encryptionSecretOf };
};

/** As ShareRepairs.sol makes it, by another encoder: number, key, epoch, slot and X. */
const repairIdOf = (parts: readonly unknown[]): string =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "uint256", "address", "uint64", "bytes32", "uint32", "uint8", "uint256", "uint256"],
      [id("keyquorum/v1/repair"), 31337n, FAKE_ADDRESSES.shareRepairs, ...parts],
    ),
  );
