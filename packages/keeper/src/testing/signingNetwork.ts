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
  randomScalar,
  SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import {
  type Address,
  bootIdOf,
  bytesToHex,
  type Hash32,
  type HttpSigningRequest,
  hexToBytes,
  type KeyId,
  kindNumber,
  parseAddress,
  type SessionId,
  type SignedHttpSigningRequest,
  type Statement,
  signDigest,
  signingRequestDigest,
  signingRequestId,
  statementDigest,
  ZERO_HASH,
} from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import { identityKeyOf, loadIdentities } from "../membership/identity.ts";
import { memoryTransport } from "../peers/memoryTransport.ts";
import type { PeerAnswerer, PeerTransport } from "../peers/peerTransport.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createCommittees } from "../shares/committees.ts";
import { createKeyMaterials } from "../shares/keyMaterials.ts";
import type { FoundRequest } from "../signing/foundRequest.ts";
import { openSigning, type Signing } from "../signing/openSigning.ts";
import { type SigningContract, signingContractOf } from "../signing/signingContract.ts";
import { createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "./fakeChain.ts";
import { createTempVault, type TempVault } from "./tempVault.ts";
import { testNonces } from "./testNonces.ts";

export const SIGNING_KEY = `0x${"ce".repeat(32)}` as KeyId;
export const SIGNING_EPOCH = 3;
export const SIGNING_SLOTS = [1, 2, 4, 7];
/** Two sign. */
export const SIGNING_THRESHOLD = 1;
const SID = `0x${"5d".repeat(32)}` as SessionId;

const dice = rollDice("signingNetwork");
const operatorAt = (slot: number): Address => parseAddress(`0x${slot.toString(16).padStart(2, "0").repeat(20)}`);
const identityAt = (slot: number): Uint8Array => encodeScalar(BigInt(1000 + slot));
const endpointAt = (slot: number): string => `http://${slot}`;

/** One keeper of the network. */
export type SigningKeeperHost = {
  readonly slot: number;
  readonly temp: TempVault;
  readonly lines: string[];
  signing: Signing;
  /** What others get of it; undefined: it is not there. */
  answerers: readonly PeerAnswerer[] | undefined;
  /** Its start as others see it. */
  starts: number;
  extensions: readonly KeeperExtension[];
  /** As after a restart: memory is empty, the vault is what it was. */
  readonly restart: (starts?: number) => Promise<void>;
  /** Shares that left, by the audit log. */
  readonly released: () => Promise<number>;
};

/** Four keepers with a Schnorr key of t = 1 on a made-up chain, whose rules say yes to everybody unless a test changes them. Tests only. */
export type SigningNetwork = {
  readonly chain: FakeChain;
  readonly hosts: readonly SigningKeeperHost[];
  readonly at: (slot: number) => SigningKeeperHost;
  readonly contract: SigningContract;
  readonly publicKey: Point;
  /** Milliseconds that are added to everybody's clocks. */
  readonly elapse: (milliseconds: number) => void;
  /** Puts a request on the chain in its newest block; final when `isFinal`. */
  readonly request: (statement: Statement, options?: { readonly requester?: Address; readonly isFinal?: boolean }) => Promise<FoundRequest>;
  readonly remove: () => Promise<void>;
};

let key: ReturnType<typeof makeKey> | undefined;

/** @param options.network what lies between the keepers. Default: nothing */
export const createSigningNetwork = async ({
  network = (inner) => inner,
}: {
  readonly network?: (inner: PeerTransport) => PeerTransport;
} = {}): Promise<SigningNetwork> => {
  key ??= makeKey();
  const made = key;
  const chain = createFakeChain();
  const contracts = fakeContracts();
  let elapsed = 0;
  const now = (): number => (chain.genesisTime + chain.head) * 1000 + elapsed;
  const clock = { now, sleep: async (milliseconds: number) => void (await new Promise((resolve) => setTimeout(resolve, milliseconds))) };
  const ofKey = [1, SIGNING_EPOCH, operatorAt(1), toXY(made.jointKey), operatorAt(1), ZERO_HASH];
  Object.assign(chain.answers, {
    "keyGeneration.keyOf": () => [ofKey],
    "keyGeneration.keyEpochOf": () => [
      [SIGNING_THRESHOLD, SIGNING_SLOTS.length, made.qual, bytesToHex(made.commitmentsHash), bytesToHex(made.verifyingRoot)],
    ],
    "keeperRegistry.committeeOf": () => [
      made.members.map(({ slot, encryptionKey }) => [slot, operatorAt(slot), toXY(encryptionKey), toXY(identityKeyOf(identityAt(slot)))]),
    ],
    "keeperRegistry.keeperAt": ([slot]: readonly unknown[]) => [
      [
        operatorAt(Number(slot)),
        slot,
        false,
        toXY(identityKeyOf(identityAt(Number(slot)))),
        endpointAt(Number(slot)),
        "",
        `Keeper ${slot}`,
      ],
    ],
    "signingRequests.decide": () => [1],
    "signingRequests.statusOf": () => [1],
  });
  const reader = createChainReader({ rpc: chain.rpc, contracts });
  const committees = createCommittees({ reader });
  const contract = signingContractOf({ rpc: chain.rpc, contracts });
  if (contract === undefined) throw new Error("the made-up deployment has SigningRequests");
  const hosts: SigningKeeperHost[] = [];
  const peers = network(memoryTransport((endpoint) => hosts.find(({ slot }) => endpointAt(slot) === endpoint)?.answerers));

  const open = async (host: Pick<SigningKeeperHost, "slot" | "temp" | "lines" | "starts" | "extensions">): Promise<Signing> => {
    const { slot, lines } = host;
    const { vault } = host.temp;
    const core = {
      ...{ vault, contracts, reader, clock, rpc: chain.rpc, operators: [operatorAt(slot)], nonces: testNonces() },
      ...{ extensions: host.extensions, identities: await loadIdentities(vault), stopping: new AbortController().signal },
      boot: bootIdOf({ count: host.starts, id: new Uint8Array(16).fill(slot) }),
      log: createLogger("trace", { write: (line) => lines.push(line) }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
      config: { chain: { maxHeadAgeSeconds: 60 }, wallets: { factories: [] }, limits: { signaturesPerKeyPerDay: 100 } },
      seen: { mirrored: () => 0, mirroredFinal: () => chain.head },
      shares: { committees, materials: createKeyMaterials({ vault, reader, contracts, mirroredFinal: () => chain.head }) },
      assertServing: () => undefined,
      recentLook: async () => ({ ...headsOf(chain), age: () => 0 }),
    };
    return openSigning(core, contract, peers);
  };

  for (const slot of SIGNING_SLOTS) {
    const temp = await createTempVault(now);
    const { vault } = temp;
    await vault.identities.add(identityAt(slot));
    await vault.follower().commit({ logs: made.logs, state: {} });
    const record = made.recordOf(slot);
    await vault.keyShares.save(record);
    await vault.keyShares.activate(record);
    const begun = { slot, temp, lines: [], starts: 1, extensions: [] };
    const signing = await open(begun);
    const host: SigningKeeperHost = {
      ...begun,
      ...{ signing, answerers: signing.answerers },
      restart: async (starts = host.starts + 1) => {
        host.signing.signer.stop();
        await temp.reopen();
        host.starts = starts;
        host.signing = await open(host);
        host.answerers = host.signing.answerers;
      },
      released: async () => (await temp.vault.audit.find()).filter(({ kind }) => kind === "signature").length,
    };
    hosts.push(host);
  }

  let number = 0n;
  return {
    ...{ chain, hosts, contract, publicKey: made.jointKey },
    at: (slot) => {
      const host = hosts.find((one) => one.slot === slot);
      if (host === undefined) throw new Error(`no keeper at slot ${slot}`);
      return host;
    },
    elapse: (milliseconds) => {
      elapsed += milliseconds;
    },
    request: async (statement, { requester = operatorAt(0xaa), isFinal = true } = {}) => {
      chain.head += 1;
      number += 1n;
      const domain = { chainId: contracts.chainId, signingRequests: contract.address };
      const requestId = signingRequestId(domain, { number, requester, statement });
      const digest = statementDigest(statement);
      const deadline = BigInt(Math.floor(now() / 1000) + 3_600);
      const { keyId, derivation, kind, payload } = statement;
      const words = [keyId, derivation, kindNumber(kind), bytesToHex(payload)];
      const log = emitLog("SigningRequested", [requestId, keyId, requester, number, digest, operatorAt(1), deadline, words], chain.head);
      for (const { temp } of hosts) await temp.vault.follower().commit({ logs: [log], state: {} });
      const blockNumber = chain.head;
      if (isFinal) chain.head += chain.finalLag;
      return { channel: "chain", requestId, statement, digest, requester, deadline, blockNumber };
    },
    remove: async () => {
      for (const { temp, signing } of hosts) {
        signing.signer.stop();
        await temp.remove();
      }
    },
  };
};

/** A request by HTTP, signed by a secret key of 32 bytes. */
export const httpRequestBy = (
  { contract, chain }: Pick<SigningNetwork, "contract" | "chain">,
  {
    secret,
    requester,
    statement,
    deadline,
  }: {
    readonly secret: Uint8Array;
    readonly requester: Address;
    readonly statement: Statement;
    readonly deadline?: bigint;
  },
): SignedHttpSigningRequest => {
  const domain = { chainId: 31337n, signingRequests: contract.address };
  const request: HttpSigningRequest = {
    ...{ statement, requester, nonce: bytesToHex(dice.bytes(32)) as Hash32 },
    deadline: deadline ?? BigInt(chain.genesisTime + chain.head + 300),
  };
  return { request, signature: signDigest(signingRequestDigest(domain, request), secret) };
};

const makeKey = () => {
  const secrets = new Map(SIGNING_SLOTS.map((slot) => [slot, SecretScalar.from(randomScalar(dice.bytes))]));
  const encryptionSecretOf = (slot: number): SecretScalar => secrets.get(slot) as SecretScalar; // of every slot
  const members = SIGNING_SLOTS.map((slot) => ({ slot, encryptionKey: nobleBackend.mulG(encryptionSecretOf(slot).reveal()) }));
  const sid = hexToBytes(SID);
  const shift = randomScalar(dice.bytes);
  const threshold = SIGNING_THRESHOLD;
  const dealings = new Map(SIGNING_SLOTS.map((dealer) => [dealer, createDealing({ sid, dealer, threshold, members })]));
  const shareOf = (slot: number): KeyShare => {
    const qual = SIGNING_SLOTS.map((dealer) => {
      const dealing = parseDealing(dealings.get(dealer) as Uint8Array, { threshold, members: members.length });
      const opened = openShare({ sid, dealer, recipient: slot, encryptionSecret: encryptionSecretOf(slot), members, dealing });
      if (opened.kind === "invalid") throw new Error("an honest dealing opens");
      return { dealer, dealing, share: opened.share };
    });
    return assembleKeyShare({ keyId: hexToBytes(SIGNING_KEY), epoch: SIGNING_EPOCH, slot, qual, shift, members });
  };
  const shares = new Map(SIGNING_SLOTS.map((slot) => [slot, shareOf(slot)]));
  const { jointKey, commitmentsHash, verifyingRoot, verifyingShares } = shares.get(1) as KeyShare;
  const qual = SIGNING_SLOTS.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
  const digest = readyDigestOf({ sid: SID, jointKey, qual, commitmentsHash, verifyingRoot });
  const unshifted = jointKey.subtract(nobleBackend.mulG(shift));
  const hashes = [bytesToHex(commitmentsHash), bytesToHex(verifyingRoot)] as const;
  const logs = [
    ...SIGNING_SLOTS.map((dealer) => emitLog("Dealt", [SID, dealer, bytesToHex(dealings.get(dealer) as Uint8Array)], 5, dealer)),
    emitLog("KeyFinalized", [SID, SIGNING_KEY, qual, toXY(unshifted), shift, toXY(jointKey), operatorAt(1)], 8),
    emitLog("KeyReady", [SIGNING_KEY, SID, SIGNING_EPOCH, threshold, toXY(jointKey), operatorAt(1), ...hashes], 9),
  ];
  const recordOf = (slot: number) => ({
    ...{ sid: SID, keyId: SIGNING_KEY, epoch: SIGNING_EPOCH, slot, qual, digest },
    share: (shares.get(slot) as KeyShare).share.toBytes(),
    jointKey: encodePoint(jointKey),
    verifyingShare: encodePoint(verifyingShares.get(slot) as Point),
    commitmentsHash: hashes[0] as Hash32,
    verifyingRoot: hashes[1] as Hash32,
    path: [],
    dealingsHash: ZERO_HASH,
  });
  return { jointKey, commitmentsHash, verifyingRoot, members, qual, logs, recordOf };
};
