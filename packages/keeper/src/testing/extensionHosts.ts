import { type Heads, systemClock } from "@keyquorum/chain";
import { encodeScalar, nobleBackend, type Point, toXY } from "@keyquorum/threshold";
import type { AuditRecord, VaultOptions } from "@keyquorum/vault";
import { type Address, parseAddress } from "@keyquorum/wire";
import { createChainReader } from "../contracts/chainReader.ts";
import { createServices } from "../extensions/createServices.ts";
import { createOwnFollowers } from "../extensions/ownFollowers.ts";
import type { ExtensionServices } from "../extensions/services.ts";
import { identityKeyOf, loadIdentities } from "../membership/identity.ts";
import { memoryTransport } from "../peers/memoryTransport.ts";
import type { PeerAnswerer, PeerTransport } from "../peers/peerTransport.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import type { Core } from "../run/core.ts";
import { openNonces } from "../run/openNonces.ts";
import type { Intent } from "../run/transactions.ts";
import { createCommittees } from "../shares/committees.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "./fakeChain.ts";
import { createTempVault, type TempVault } from "./tempVault.ts";

/** A keeper as its extension sees it: real services over a real vault, a made-up chain, and a network of one process. Tests only. */
export type ExtensionHost = {
  readonly slot: number;
  /** Its own view: another host may be shown another one. */
  readonly chain: FakeChain;
  readonly temp: TempVault;
  readonly lines: string[];
  services: ExtensionServices;
  /** What others get of it; undefined: it is not there. */
  answerers: readonly PeerAnswerer[] | undefined;
  /** New services over the same vault, as after a restart. */
  readonly restart: () => Promise<void>;
  readonly audit: () => Promise<readonly AuditRecord[]>;
  /** What it wanted on chain, the last one last: nothing is sent. */
  readonly posted: Intent[];
  /** What it follows takes a step. */
  follow: () => Promise<void>;
  /** Names of followers that do not read on. */
  failing: () => readonly string[];
};

export type ExtensionHosts = {
  readonly hosts: readonly ExtensionHost[];
  readonly at: (slot: number) => ExtensionHost;
  /** Changes the chain as every host sees it. */
  readonly everywhere: (change: (chain: FakeChain) => void) => void;
  readonly heads: () => Heads;
  readonly remove: () => Promise<void>;
};

export const HOSTS_EPOCH = 4;
const operatorAt = (slot: number): Address => parseAddress(`0x${slot.toString(16).padStart(2, "0").repeat(20)}`);
const identityAt = (slot: number): Uint8Array => new Uint8Array(32).fill(slot);
/** Whether a question to the chain names the identity key of the host at a slot. */
export const isIdentityOf = (slot: number, asked: unknown): boolean =>
  BigInt((asked as { readonly x: bigint }).x) === toXY(identityKeyOf(identityAt(slot))).x;
/** Of the epoch: secret. */
const encryptionSecretAt = (slot: number): bigint => 1_000n + BigInt(slot);
const endpointAt = (slot: number): string => `http://${slot}`;

/**
 * @param options.network what lies between the keepers. Default: nothing
 * @param options.longestSleep milliseconds: a keeper's patience is cut to it
 * @param options.extensionQuota what the extension may store. Default: the vault's
 */
export const createExtensionHosts = async (
  extension: string,
  slots: readonly number[],
  {
    network = (inner) => inner,
    longestSleep = 60_000,
    ...limits
  }: {
    readonly network?: (inner: PeerTransport) => PeerTransport;
    readonly longestSleep?: number;
    readonly extensionQuota?: VaultOptions["extensionQuota"];
  } = {},
): Promise<ExtensionHosts> => {
  const keys = new Map<number, Point>(slots.map((slot) => [slot, identityKeyOf(identityAt(slot))]));
  const encryptionKeys = new Map<number, Point>(slots.map((slot) => [slot, nobleBackend.mulG(encryptionSecretAt(slot))]));
  const hosts: ExtensionHost[] = [];
  const transport = network(memoryTransport((endpoint) => hosts.find(({ slot }) => endpointAt(slot) === endpoint)?.answerers));

  for (const slot of slots) {
    const chain = createFakeChain();
    chain.gas = 100_000n;
    chain.answers["keeperRegistry.currentEpoch"] = () => [HOSTS_EPOCH];
    chain.answers["keeperRegistry.committeeOf"] = ([epoch]) => [
      Number(epoch) === HOSTS_EPOCH
        ? slots.map((one) => [one, operatorAt(one), toXY(encryptionKeys.get(one) as Point), toXY(keys.get(one) as Point)])
        : [],
    ];
    chain.answers["keeperRegistry.keeperAt"] = ([one]) => [
      [operatorAt(Number(one)), one, false, toXY(keys.get(Number(one)) as Point), endpointAt(Number(one)), "", `Keeper ${one}`],
    ];
    const temp = await createTempVault(() => 0, limits);
    await temp.vault.identities.add(identityAt(slot));
    await temp.vault.epochSecrets.save(HOSTS_EPOCH, encodeScalar(encryptionSecretAt(slot)));
    const lines: string[] = [];
    const posted: Intent[] = [];
    const open = () => openServices({ extension, slot, chain, temp, lines, transport, longestSleep, posted });
    const host: ExtensionHost = {
      ...{ slot, chain, temp, lines, posted, ...(await open()), answerers: undefined },
      restart: async () => {
        await temp.reopen();
        Object.assign(host, await open());
      },
      audit: () => temp.vault.audit.find(),
    };
    hosts.push(host);
  }

  return {
    hosts,
    at: (slot) => hosts.find((host) => host.slot === slot) as ExtensionHost, // true: tests ask for those they made
    everywhere: (change) => {
      for (const { chain } of hosts) change(chain);
    },
    heads: () => headsOf((hosts[0] as ExtensionHost).chain),
    remove: async () => {
      for (const { temp } of hosts) await temp.remove();
    },
  };
};

const openServices = async (host: {
  readonly extension: string;
  readonly slot: number;
  readonly chain: FakeChain;
  readonly temp: TempVault;
  readonly lines: string[];
  readonly transport: PeerTransport;
  readonly longestSleep: number;
  readonly posted: Intent[];
}): Promise<Pick<ExtensionHost, "services" | "follow" | "failing">> => {
  const { extension, slot, chain, temp, lines, transport, longestSleep, posted } = host;
  const contracts = fakeContracts();
  const now = (): number => (chain.genesisTime + chain.head) * 1000;
  const reader = createChainReader({ rpc: chain.rpc, contracts, clock: { now } });
  const log = createLogger("trace", { write: (line) => lines.push(line) });
  const metrics = createMetrics({ version: "0", processMetrics: false });
  const look = async (): Promise<Heads> => {
    await chain.rpc.send("eth_chainId", []); // a chain that is not reachable shows no heads
    return headsOf(chain);
  };
  const core = {
    ...{ rpc: chain.rpc, reader, contracts, log, metrics, look },
    config: {
      chain: { maxHeadAgeSeconds: 60, finality: { kind: "finalized" }, maxLogRange: 1_000 },
      ...{ wallets: { factories: [] }, limits: { balanceReserveWei: 10n ** 16n } },
    },
    vault: temp.vault,
    identities: await loadIdentities(temp.vault),
    nonces: await openNonces(temp.vault, (length) => crypto.getRandomValues(new Uint8Array(length))),
    readiness: createReadiness(),
    clock: { now, sleep: (milliseconds: number, signal?: AbortSignal) => systemClock.sleep(Math.min(milliseconds, longestSleep), signal) },
    recentLook: async () => ({ ...(await look()), age: () => 0 }),
    seen: { now: () => ({ ...headsOf(chain), mirrored: chain.head }), mirrored: () => 0 },
    operators: [operatorAt(slot)],
    operator: operatorAt(slot),
    shares: { committees: createCommittees({ reader }) },
    peers: transport,
    within: <Result>(work: () => Promise<Result>) => work(),
    assertServing: () => undefined,
    stopping: new AbortController().signal,
    transactions: { post: (intent: Intent) => void posted.push(intent), isBusy: () => false },
    balance: { read: async () => chain.balance },
  } as unknown as Core; // safe: these are what an extension's services use of it
  const followers = createOwnFollowers(extension, core);
  const failing = () => followers.failing().map(({ name }) => name);
  return { services: createServices(extension, core, followers), follow: followers.round, failing };
};
