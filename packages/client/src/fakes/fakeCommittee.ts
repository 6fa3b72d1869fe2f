import type { Address, DocumentHeader, SigningDomain } from "@keyquorum/wire";
import { Wallet } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { createWebCipher } from "../content/webCipher.ts";
import type { KeeperContact } from "../keys/committee.ts";
import type { KeyHolders } from "../keys/holders.ts";
import { type EncryptionContext, encryptDocument } from "../publish/encrypt.ts";
import { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "../read/collect.ts";
import type { RetrievalListener } from "../read/events.ts";
import type { ExchangeLimits } from "../read/exchange.ts";
import { requestOffChain } from "../read/requestOffChain.ts";
import { type RequestSigner, walletRequestSigner } from "../read/requestSigner.ts";
import { systemClock } from "../time/clock.ts";
import type { EncryptedDocument } from "../types.ts";
import { type Behaviour, type FakeKeeper, startFakeKeeper } from "./fakeKeeper.ts";
import { createFakeKey } from "./fakeKey.ts";

const dice = rollDice("client/fakes/fakeCommittee");

const REGISTRY = `0x${"aa".repeat(20)}` as Address;
const REQUESTS = `0x${"bb".repeat(20)}` as Address;
const GRANTS = `0x${"cc".repeat(20)}` as Address;

/** Keepers on 127.0.0.1 that share one key, and a reader who asks them. */
export const startFakeCommittee = async (options: { readonly members: number; readonly threshold: number }) =>
  startHolders(createFakeKey(options));

/** The same, with a key that was dealt already. */
export const startHolders = async ({ key, committee, secret }: ReturnType<typeof createFakeKey>) => {
  const domain: SigningDomain = { chainId: 31337n, shareRequests: REQUESTS };
  const behaviours = new Map<number, Behaviour>();
  const servers: FakeKeeper[] = await Promise.all(
    committee.map((member) => startFakeKeeper({ member, key, domain, behaviour: () => behaviours.get(member.slot) ?? { kind: "honest" } })),
  );
  const keepers: KeeperContact[] = committee.map(({ slot, identityAddress }, index) => ({
    slot,
    name: `Keeper ${slot}`,
    identity: identityAddress,
    endpoint: servers[index]?.url ?? "",
  }));
  const alice = new Wallet(dice.hex(32));
  const bob = new Wallet(dice.hex(32));
  const context: EncryptionContext = {
    chainId: domain.chainId,
    documentRegistry: REGISTRY,
    keyId: key.keyId,
    publicKey: key.publicKey,
    owner: alice.address.toLowerCase() as Address,
    initialPermissions: GRANTS,
  };
  const cipher = createWebCipher();

  return {
    key,
    secret,
    keepers,
    cipher,
    context,
    /** What each keeper does from now on; the others are honest. */
    behave: (bySlot: Readonly<Record<number, Behaviour>>): void => {
      behaviours.clear();
      for (const [slot, behaviour] of Object.entries(bySlot)) behaviours.set(Number(slot), behaviour);
    },
    requestsTo: (slot: number): number => servers.find((server) => server.slot === slot)?.requests() ?? 0,
    stopKeeper: async (slot: number): Promise<void> => servers.find((server) => server.slot === slot)?.stop(),
    encrypt: (content: Parameters<typeof encryptDocument>[0]): EncryptedDocument => encryptDocument(content, context, { cipher }),
    ask: async (
      header: DocumentHeader,
      options: {
        readonly policy?: Partial<CollectPolicy>;
        readonly limits?: Partial<ExchangeLimits>;
        readonly timeoutMs?: number;
        /** Milliseconds that bound the wallet's answer, too. */
        readonly totalMs?: number;
        readonly signal?: AbortSignal;
        /** Default: all, as contacts. In whatever order. */
        readonly keepers?: KeyHolders["keepers"];
        /** Default: Bob's wallet. */
        readonly signer?: RequestSigner;
        readonly onEvent?: RetrievalListener;
        /** What the chain says when it is looked at again. Default: the same. */
        readonly lookAgain?: () => Promise<KeyHolders>;
      } = {},
    ) =>
      requestOffChain(
        {
          domain,
          fetchAt: () => (url, init) => globalThis.fetch(url, init),
          clock: systemClock,
          random: dice.bytes,
          limits: { overallMs: 3_000, idleMs: 1_200, maxBytes: 64 * 1024, ...options.limits },
        },
        {
          header,
          signer: options.signer ?? (await walletRequestSigner(bob)),
          policy: { ...DEFAULT_COLLECT_POLICY, hedgeMs: 100, retryMs: 20, ...options.policy },
          key,
          keepers: shuffled(options.keepers ?? keepers),
          lookAgain: options.lookAgain ?? (async () => ({ key, keepers: shuffled(keepers) })),
          timeoutMs: options.totalMs ?? options.timeoutMs ?? 5_000,
          stopAt: options.totalMs === undefined ? undefined : systemClock.now() + options.totalMs,
          signal: options.signal,
          onEvent: options.onEvent,
        },
      ),
    domain,
    bob,
    /** The keepers with their secrets. */
    members: committee,
    stop: async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
};

export type FakeCommittee = Awaited<ReturnType<typeof startFakeCommittee>>;

/** In the random order in which a client asks. */
const shuffled = <T>(items: readonly T[]): readonly T[] => {
  const rest = [...items];
  return items.flatMap(() => rest.splice(dice.below(rest.length), 1));
};
