import { join } from "node:path";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { type Client, createBareClient } from "@keyquorum/client";
import { type Cluster, clientPatience, type LocalChain, stretchMilliseconds, waitFor } from "@keyquorum/cluster";
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

/** The file that makes a keeper lie to readers: nothing that an installed package has. */
const LIAR = join(import.meta.dirname, "../../packages/parity/src/testing/lyingHolder.ts");

type ParityModule = {
  readonly module: string;
  readonly options: { readonly permissions: string; readonly keyServer: object; readonly lie?: "point" | "mask" };
};

const modulesFor = (permissions: string, lie: "point" | "mask" | undefined): readonly [ParityModule] => {
  const options = { permissions, keyServer: { port: 0 } };
  return [lie === undefined ? { module: "@keyquorum/parity/extension", options } : { module: LIAR, options: { ...options, lie } }];
};

/** What a keeper runs: honest, or with a lie. */
export const parityModulesOf = async ({ ocean }: Pick<ParityWorld, "ocean">, lie?: "point" | "mask"): Promise<readonly [ParityModule]> =>
  modulesFor((await ocean.access.getAddress()).toLowerCase(), lie);

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

/** Until a keeper answers clients. */
export const untilReady = (cluster: Pick<Cluster, "keeper">, chain: LocalChain, slot: number): Promise<unknown> =>
  waitFor(`keeper ${slot} is ready`, async () => (await fetch(`${cluster.keeper(slot).url}/readyz`)).status === 200, { chain });

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
