import { type Logger, systemClock } from "@keyquorum/keeper";
import { createNonceSource } from "@keyquorum/threshold";
import { accountOf, hexToBytes, parseAddress } from "@keyquorum/wire";
import { Wallet } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts, HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { mayGenerateBy } from "../authorRules.ts";
import { createServerKeyBoard } from "../board/serverKeyBoard.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createKeyServerHttp } from "../keyServer/keyServerHttp.ts";
import { parseKeyServerOptions } from "../keyServer/keyServerOptions.ts";
import { secretStoreOver } from "../library/createSecretStore.ts";
import type { KeyServerFailure } from "../library/keyServers.ts";
import type { NamedHolder, SecretStore } from "../library/secretStore.ts";
import type { SecretStorePorts } from "../library/secretStorePorts.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createDocumentKeys } from "../retrieval/documentKeys.ts";
import type { Holder } from "../retrieval/holder.ts";
import type { Acl } from "../retrieval/permission.ts";
import { createKeptProof } from "../wallets/keptProof.ts";
import { createWalletKeyServer } from "../wallets/walletKeyServer.ts";
import type { WalletKeyServer } from "../wallets/walletOperations.ts";
import { withoutSessions } from "./boardHosts.ts";
import { lineLogger } from "./serveKeyServer.ts";

export const ACL = `0x${"ac".repeat(20)}` as Acl;
export const alice = new Wallet(`0x${"a1".repeat(32)}`);
export const bob = new Wallet(`0x${"b0".repeat(32)}`);

/** Keepers with key servers over HTTP, each with a real vault. Tests only. */
export type WalletHosts = ExtensionHosts & {
  readonly urls: readonly string[];
  /** What the permission contract says, of everybody. */
  readonly decide: (decision: (requester: string, block: number) => number) => void;
  /** A wallet's store over some key servers. `contract`: the account is a contract that this wallet signs for. */
  readonly storeOf: (wallet: Wallet, changes?: Partial<SecretStorePorts> & { readonly keyServers?: readonly string[] }) => SecretStore;
  readonly portsOf: (wallet: Wallet) => SecretStorePorts;
  readonly failures: (KeyServerFailure | NamedHolder)[];
  /** Members that keepers named. */
  readonly named: (readonly [number, string])[];
  readonly walletsOf: (slot: number) => WalletKeyServer;
  readonly lines: string[];
};

export const createWalletHosts = async (
  slots: readonly number[],
  options: {
    readonly keyServer?: object;
    readonly holder?: (slot: number) => (holder: Holder) => Holder;
    readonly wallets?: (slot: number) => (wallets: WalletKeyServer) => WalletKeyServer;
  } = {},
): Promise<WalletHosts> => {
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots);
  withoutSessions(hosts);
  const named: (readonly [number, string])[] = [];
  const lines: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  const urls: string[] = [];
  const all = new Map<number, WalletKeyServer>();
  const keyServerOptions = parseKeyServerOptions({ port: 0, authors: "any", ...options.keyServer });

  const start = async (host: ExtensionHost): Promise<void> => {
    const { services, slot } = host;
    const records = createServerKeyRecords(services);
    const report = {
      answered: () => undefined,
      quotaUsed: () => undefined,
      named: (one: number, why: string) => void named.push([one, why]),
    };
    const change = options.holder?.(slot);
    const documentKeys = createDocumentKeys({ services, records, acl: ACL, report, ...(change === undefined ? {} : { change }) });
    const board = await createServerKeyBoard({
      services,
      mayGenerate: mayGenerateBy(keyServerOptions),
      named: report.named,
      patience: 60_000,
    });
    host.answerers = [...board.answerers, ...documentKeys.answerers];
    const made = createWalletKeyServer({
      services,
      records,
      read: documentKeys.read,
      proofOf: createKeptProof(records, board.member.rowOf),
    });
    const wallets = options.wallets?.(slot)(made) ?? made;
    all.set(slot, wallets);
    const { chainId, addresses } = services.chain.contracts;
    const http = createKeyServerHttp({
      ...{ options: keyServerOptions, log: lineLogger(lines) satisfies Logger, report },
      clock: { ...services.clock, sleep: systemClock.sleep },
      keyServer: { ...board, ...documentKeys, wallets },
      domain: { chainId, registry: addresses.keeperRegistry },
    });
    urls.push(await http.listen());
    closers.push(http.close);
  };
  for (const host of hosts.hosts) await start(host);

  const { services } = hosts.hosts[0] as ExtensionHost; // there is one at least
  const { chainId, addresses } = services.chain.contracts;
  const failures: (KeyServerFailure | NamedHolder)[] = [];
  const draws = new Map<string, SecretStorePorts["random"]>(); // one stream for each wallet: no two calls draw the same
  const drawsOf = ({ address }: Wallet): SecretStorePorts["random"] => {
    const dice = rollDice(`wallet ${address}`).bytes;
    const nonces = createNonceSource({ key: dice(32), boot: { id: dice(16), count: 0 }, random: dice });
    const random = draws.get(address) ?? ((length) => nonces({ purpose: "client", session: new Uint8Array(0) })(length));
    draws.set(address, random);
    return random;
  };
  const portsOf = (wallet: Wallet): SecretStorePorts => {
    return {
      domain: { chainId, registry: addresses.keeperRegistry },
      account: async () => parseAddress(wallet.address),
      sign: async ({ typed }) => hexToBytes(await wallet.signTypedData(typed.domain, typed.types, typed.message)),
      epochOf: async (epoch) => {
        const heads = hosts.heads();
        const [members, absent] = [await services.members.of(epoch, heads), await services.members.absent(epoch, heads)];
        return {
          members: members.map(({ slot, identityKey }) => ({ slot, identity: accountOf(identityKey) })),
          ...{ absent, isCurrent: epoch === HOSTS_EPOCH },
        };
      },
      currentEpoch: async () => HOSTS_EPOCH,
      post: async (url, body) => {
        const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
        return { status: response.status, body: await response.json() };
      },
      now: services.clock.now,
      random: drawsOf(wallet),
    };
  };
  const decide: WalletHosts["decide"] = (decision) =>
    hosts.everywhere((chain) => {
      chain.answers["shareRequests.decide"] = (args, block) => [decision(String(args.at(-2)).toLowerCase(), block)];
    });
  decide(() => 1);
  return {
    ...{ ...hosts, urls, decide, failures, named, portsOf, lines },
    walletsOf: (slot) => all.get(slot) as WalletKeyServer, // true: tests ask for those they made
    storeOf: (wallet, { keyServers = urls, ...changes } = {}) =>
      secretStoreOver({ ...portsOf(wallet), ...changes }, { keyServers, onFailure: (failure) => void failures.push(failure) }),
    remove: async () => {
      for (const close of closers) await close();
      await hosts.remove();
    },
  };
};
