import { join } from "node:path";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { type Client, createBareClient } from "@keyquorum/client";
import {
  type Cluster,
  type ClusterKeeper,
  clientPatience,
  type LocalChain,
  type Patience,
  stretchMilliseconds,
  waitFor,
} from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { type HDNodeWallet, parseEther, toQuantity, type Wallet } from "ethers";
import {
  createOceanClient,
  keyServerOf,
  OCEAN_KEYS,
  OCEAN_PASSWORD,
  type OceanClient,
  openOceanKeystore,
} from "../../test/system/support/oceanClient.ts";
import type { OceanContracts } from "../../test/system/support/oceanContracts.ts";
import type { DemoOptions } from "./options.ts";

/** What the story of Parity's clients stands on. */
export type ParityWorld = {
  readonly ocean: OceanContracts;
  /** Of the machine. Default: it is idle. */
  readonly patience?: Patience;
  /** Of every keeper: a key server, where Ocean's contract decides. */
  readonly extensions: Readonly<Record<number, readonly unknown[]>>;
  agent?: Awaited<ReturnType<typeof createSigningAgent>>;
  agentUrl?: string;
  people?: Readonly<Record<Person, Wallet | HDNodeWallet>>;
  /** Alice's document. */
  published?: { readonly id: string; readonly encrypted: string };
};

type Person = "alice" | "bob";

/** Ocean's own keystores of them. */
const KEYSTORES: Readonly<Record<Person, string>> = { alice: "account1.json", bob: "account2.json" };

/** Files that make a keeper lie to readers, or patient: nothing that an installed package has. */
const TESTING = join(import.meta.dirname, "../../packages/parity/src/testing");
const [LIAR, PATIENT] = [join(TESTING, "lyingHolder.ts"), join(TESTING, "patientKeyServer.ts")];
/** Keepers have so many milliseconds for a server key, because clients are told within 5 s who is away. */
const GENERATION_MILLISECONDS = 4_500;

type ParityModule = {
  readonly module: string;
  readonly options: {
    readonly permissions: string;
    readonly keyServer: object;
    readonly lie?: "point" | "mask";
    readonly patience?: number;
  };
};

/** How long keepers of the demo have for a server key. */
export const generationMilliseconds = (patience: Patience = 1): number => stretchMilliseconds(GENERATION_MILLISECONDS, patience);

/** What a keeper runs: honest, or with a lie. The product's own module, unless the machine is too busy for its patience. */
export const parityModulesOf = async (
  { ocean, patience }: Pick<ParityWorld, "ocean" | "patience">,
  lie?: "point" | "mask",
): Promise<readonly [ParityModule]> => {
  const options = { permissions: (await ocean.access.getAddress()).toLowerCase(), keyServer: { port: 0 } };
  if (lie !== undefined) return [{ module: LIAR, options: { ...options, lie } }];
  const milliseconds = generationMilliseconds(patience);
  if (milliseconds === GENERATION_MILLISECONDS) return [{ module: "@keyquorum/parity/extension", options }];
  const keyServer = { port: 0, requestTimeoutMilliseconds: 300_000 }; // the most that it takes: behind what a generation has
  return [{ module: PATIENT, options: { ...options, keyServer, patience: milliseconds } }];
};

/** Starts the agent, and gives Alice and Bob coin for their own transactions. */
export const bringOceansPeople = async (world: ParityWorld, chain: LocalChain): Promise<void> => {
  world.agent = await createSigningAgent({
    ...{ keys: OCEAN_KEYS, host: "127.0.0.1", port: 0, chainId: chain.chainId, version: "demo", clock: systemClock, log: silentLogger },
  });
  world.agentUrl = await world.agent.listen();
  const open = async (person: Person) => (await openOceanKeystore(KEYSTORES[person])).connect(chain.provider);
  world.people = { alice: await open("alice"), bob: await open("bob") };
  for (const { address } of Object.values(world.people)) await chain.send("hardhat_setBalance", [address, toQuantity(parseEther("10"))]);
};

/** Ocean's client, which knows two URLs, an account and a threshold. */
export const oceanClientOf = (
  { people, agentUrl }: ParityWorld,
  cluster: Pick<Cluster, "keeper">,
  { who, slot, threshold }: { readonly who: Person; readonly slot: number; readonly threshold: number },
): OceanClient => {
  const account = people?.[who];
  if (account === undefined || agentUrl === undefined) throw new Error("the agent has not been started");
  const secretStoreUri = keyServerOf(cluster.keeper(slot));
  return createOceanClient({ secretStoreUri, parityUri: agentUrl, address: account.address, password: OCEAN_PASSWORD, threshold });
};

/** A wallet of a person's account: it signs typed data alone, and trusts the chain. */
export const walletOf = (
  { people }: Pick<ParityWorld, "people">,
  { deployment }: Pick<Cluster, "deployment">,
  { who, patience }: { readonly who: Person; readonly patience: DemoOptions["patience"] },
): Client => {
  if (people === undefined) throw new Error("the agent has not been started");
  return createBareClient({ signer: people[who], deployment, blobs: createMemoryBlobStore(), ...clientPatience(patience) });
};

/** Until a keeper answers clients. A busy one may end a connection that it kept. */
export const untilReady = (
  cluster: { readonly keeper: (slot: number) => Pick<ClusterKeeper, "url"> },
  chain: Pick<LocalChain, "provider">,
  slot: number,
): Promise<unknown> => {
  const isReady = () =>
    fetch(`${cluster.keeper(slot).url}/readyz`, { headers: { connection: "close" } }).then(
      ({ status }) => status === 200,
      () => false,
    );
  return waitFor(`keeper ${slot} is ready`, isReady, { chain });
};

/** Keepers look at blocks so often at least, in milliseconds (D76): what was mined before is seen by all of them afterwards. */
const LOOK = 300;

/** Sends a person's transaction and waits until every keeper's decisions stand on it. Answers with its gas. */
export const untilSeen = async (
  sent: Promise<{ readonly wait: () => Promise<{ readonly gasUsed: bigint } | null> }>,
  { patience }: Pick<DemoOptions, "patience">,
): Promise<bigint> => {
  const receipt = await (await sent).wait();
  await systemClock.sleep(stretchMilliseconds(LOOK, patience));
  return receipt?.gasUsed ?? 0n;
};
