import type { Cluster } from "@keyquorum/cluster";
import { checkHolderEvidence, createSecretStore } from "@keyquorum/parity/library";
import { failureOf, keyServerOf, publishPatiently, serverKeyIdOf } from "../../test/system/support/oceanClient.ts";
import { deployOceanContracts } from "../../test/system/support/oceanContracts.ts";
import { commitmentsBrokenBy } from "./parityReader.ts";
import {
  bringOceansPeople,
  generationMilliseconds,
  oceanClientOf,
  type ParityWorld,
  parityModulesOf,
  untilReady,
  untilSeen,
  walletOf,
} from "./parityWorld.ts";
import { startChain, startKeepers, timed } from "./steps.ts";
import type { Step } from "./story.ts";
import { need, type World } from "./world.ts";

/** The keeper that clients ask, the one that lies, the one that is killed: the first two are asked for every reading, the third as long as it lives. */
const [ASKED, LYING, KILLED] = [1, 2, 3] as const;
const DOCUMENT = { files: [{ url: "https://example.com/data.csv", contentType: "text/csv" }] };

const isDocument = (read: unknown): boolean => JSON.stringify(read) === JSON.stringify(DOCUMENT);

/** What the steps work on, once the agent runs. */
const stageOf = (world: World) => {
  const { cluster, chain, parity } = need(world, "cluster", "chain", "parity");
  const { threshold } = world.options;
  return {
    ...{ cluster, chain, parity },
    client: (who: "alice" | "bob", slot: number) => oceanClientOf(parity, cluster, { who, slot, threshold }),
    wallet: (who: "alice" | "bob") => walletOf(parity, cluster, { who, patience: world.options.patience }),
    published: publishedOf(parity),
    did: `0x${publishedOf(parity).id}`,
    people: peopleOf(parity),
  };
};
const publishedOf = ({ published }: ParityWorld) => published ?? { id: "", encrypted: "" };
const peopleOf = ({ people }: ParityWorld) => {
  if (people === undefined) throw new Error("the agent has not been started");
  return people;
};

/** Lines of a keeper's log about members that it named, since there were `after` of them. */
const namedBy = (cluster: Cluster, slot: number) =>
  cluster
    .keeper(slot)
    .process()
    .logs.flatMap((line) => (/A member is dropped/.test(line.msg) ? [line as { readonly slot?: number; readonly reason?: string }] : []));

const deployOcean: Step<World> = {
  title: "Ocean's published contracts are deployed: they will say who may read",
  run: async (world, { say, check }) => {
    const { chain } = need(world, "chain");
    const { value: ocean, milliseconds } = await timed(deployOceanContracts(chain, chain.account(9)));
    const slots = Array.from({ length: world.options.keepers }, (_, index) => index + 1);
    const { patience } = world.options;
    const modules = await parityModulesOf({ ocean, patience });
    world.parity = { ocean, patience, extensions: Object.fromEntries(slots.map((slot) => [slot, modules])) };
    say(`DIDRegistry at ${await ocean.didRegistry.getAddress()}, from @oceanprotocol/keeper-contracts 0.13.2`);
    say(`AccessSecretStoreCondition at ${await ocean.access.getAddress()}`, { milliseconds });
    check(
      "it says no of what nobody registered",
      !(await ocean.access.getFunction("checkPermissions")(`0x${"11".repeat(20)}`, `0x${"22".repeat(32)}`)),
    );
  },
};

const startAgent: Step<World> = {
  title: "A signing agent starts, with Ocean's own keystores of Alice and Bob",
  run: async (world, { say, check }) => {
    const { cluster, chain, parity } = need(world, "cluster", "chain", "parity");
    const { milliseconds } = await timed(bringOceansPeople(parity, chain));
    for (const { slot } of cluster.keepers) await untilReady(cluster, chain, slot);
    const { alice, bob } = peopleOf(parity);
    say(`secretstore_* at ${parity.agentUrl}: Alice ${alice.address}, Bob ${bob.address}`, { milliseconds });
    const { client } = stageOf(world);
    const unknown = await failureOf(client("bob", ASKED).decryptDocument(serverKeyIdOf("nothing"), "0x00"));
    say(`Ocean's client asks for an id that was never generated: ${unknown}`);
    check("key servers answer its requests", /Not Found$/.test(unknown));
  },
};

const publish: Step<World> = {
  title: "Alice publishes with Ocean's client: the keepers generate a server key among themselves, without the chain",
  run: async (world, { say, check }) => {
    const { parity, cluster, client } = stageOf(world);
    const { value, milliseconds } = await timed(publishPatiently(client("alice", ASKED), "the demo's DID", DOCUMENT));
    parity.published = value;
    const seconds = Math.round(generationMilliseconds(parity.patience) / 1_000);
    if (seconds > 5) say(`this machine is busy: keepers have ${seconds} s for a server key here, where the product has 5`);
    if (value.attempts > 1) say(`attempt ${value.attempts}: those before took longer than that`);
    say(
      `id ${value.id}: server key of ${cluster.keepers.length} keepers, document key stored, ${value.encrypted.length / 2 - 1} bytes encrypted`,
      {
        ...{ gas: 0n, milliseconds },
      },
    );
    const held = await Promise.all(
      cluster.keepers.map(async ({ url }) => {
        const status = (await (await fetch(`${url}/status`)).json()) as {
          readonly extensions: { readonly parity: { readonly serverKeys: number } };
        };
        return status.extensions.parity.serverKeys;
      }),
    );
    check(
      "every keeper holds a share of it",
      held.every((keys) => keys >= 1),
    );
  },
};

const denyAndRegister: Step<World> = {
  title: "Nobody can read before the DID is registered; then its owner can, and a stranger cannot",
  run: async (world, { say, check }) => {
    const { client, published, did, people, parity } = stageOf(world);
    const { id, encrypted } = published;
    const before = await failureOf(client("alice", ASKED).decryptDocument(id, encrypted));
    say(`Alice: ${before}`);
    check("the contract decides: even its author is denied", /Forbidden$/.test(before));
    const registry = parity.ocean.didRegistry.connect(people.alice) as typeof parity.ocean.didRegistry;
    const gas = await untilSeen(
      registry.getFunction("registerAttribute")(did, `0x${"00".repeat(32)}`, [], "https://example.com/ddo"),
      world.options,
    );
    say("Alice registers the DID", { gas });
    const { value: read, milliseconds } = await timed(client("alice", world.options.keepers).decryptDocument(id, encrypted));
    say(`Alice reads, through keeper ${world.options.keepers}`, { gas: 0n, milliseconds });
    check("its owner reads the document", isDocument(read));
    const stranger = await failureOf(client("bob", ASKED).decryptDocument(id, encrypted));
    say(`Bob: ${stranger}`);
    check("Bob is denied", /Forbidden$/.test(stranger));
  },
};

const grantAndRead: Step<World> = {
  title: "Alice grants Bob by Ocean's contract; Bob reads with Ocean's client",
  run: async (world, { say, check }) => {
    const { client, published, did, people, parity } = stageOf(world);
    const access = parity.ocean.access.connect(people.alice) as typeof parity.ocean.access;
    say("AccessSecretStoreCondition.grantPermission", {
      gas: await untilSeen(access.getFunction("grantPermission")(people.bob.address, did), world.options),
    });
    const { value: read, milliseconds } = await timed(client("bob", ASKED).decryptDocument(published.id, published.encrypted));
    say(`${world.quorum} keepers each gave a masked part with a proof`, { gas: 0n, milliseconds });
    check("Bob reads the document", isDocument(read));
  },
};

const openByWallet: Step<World> = {
  title: "Bob's wallet opens the same document: it signs typed data and trusts no single keeper",
  run: async (world, { say, check }) => {
    const { wallet, published, cluster } = stageOf(world);
    const keyServers = cluster.keepers.map(keyServerOf);
    const store = createSecretStore(wallet("bob"), { keyServers });
    const { value, milliseconds } = await timed(store.read(published.id, published.encrypted));
    const { serverKey, failures, named } = value;
    say("ReadDocumentKey by EIP-712; proofs and masks checked by what members signed and by the chain", { gas: 0n, milliseconds });
    check("it is the document that Ocean's client encrypted", isDocument(JSON.parse(new TextDecoder().decode(value.content))));
    check("all members signed its server key, and nobody lied", serverKey.members.length === cluster.keepers.length && named.length === 0);
    for (const { keyServer, code } of failures) say(`${keyServer}: ${code}; the next one was asked`);
    const authors = await createSecretStore(wallet("alice"), { keyServers }).serverKey(published.id);
    check("Alice's wallet finds the same server key", authors.publicKey === serverKey.publicKey);
  },
};

const kill: Step<World> = {
  title: "A keeper is killed: reading continues, generating waits",
  run: async (world, { say, check }) => {
    const { client, published, cluster } = stageOf(world);
    await cluster.keeper(KILLED).process().kill();
    say(`kill -9 of ${cluster.keeper(KILLED).name}`);
    const { value: read, milliseconds } = await timed(client("bob", ASKED).decryptDocument(published.id, published.encrypted));
    const named = namedBy(cluster, ASKED).find(({ slot }) => slot === KILLED);
    say(`Bob reads; ${cluster.keeper(ASKED).name}'s log: keeper ${named?.slot} ${named?.reason}, another one is asked`, {
      gas: 0n,
      milliseconds,
    });
    check("Bob reads the document", isDocument(read));
    const next = await failureOf(client("alice", ASKED).encryptDocument(serverKeyIdOf("while one is away"), "x"));
    say(`Alice publishes another: ${next}`);
    check("no server key is generated without all of its members", /Internal Server Error/.test(next));
  },
};

/** Starts the liar again, with this lie or honest. */
const restartLiar = async (world: World, lie?: "point" | "mask"): Promise<void> => {
  const { cluster, chain, parity } = stageOf(world);
  await cluster.keeper(LYING).process().stop();
  await cluster.keeper(LYING).start({ extensions: await parityModulesOf(parity, lie) });
  await untilReady(cluster, chain, LYING);
};

const lieInPoint: Step<World> = {
  title: "A keeper lies in its part: it is named and another keeper is asked",
  run: async (world, { say, check }) => {
    const { client, published, cluster } = stageOf(world);
    await restartLiar(world, "point");
    say(`${cluster.keeper(LYING).name} restarts with an extension that alters its part and signs it`);
    const { value: read, milliseconds } = await timed(client("bob", ASKED).decryptDocument(published.id, published.encrypted));
    const named = namedBy(cluster, ASKED).findLast(({ slot }) => slot === LYING);
    say(`${cluster.keeper(ASKED).name}'s log: keeper ${named?.slot} ${named?.reason}`, { gas: 0n, milliseconds });
    check("the liar is named by its proof", named?.reason === "BAD_PROOF");
    check("Bob reads the document", isDocument(read));
  },
};

const lieInMask: Step<World> = {
  title: "A keeper lies in its mask: Ocean's client reads noise; Bob's wallet names the liar, and reads",
  run: async (world, { say, check }) => {
    const { client, published, cluster, people, wallet } = stageOf(world);
    await restartLiar(world, "mask");
    say(`${cluster.keeper(LYING).name} restarts with an extension that encrypts another mask to the reader than it committed to`);
    const noise = await client("bob", ASKED).decryptDocument(published.id, published.encrypted);
    say(`Ocean's client: ${JSON.stringify(noise).length} characters of noise and no error: its cipher has no MAC`);
    check("the old format cannot show it", !isDocument(noise));
    const liars = await commitmentsBrokenBy({ keeper: cluster.keeper(ASKED), id: published.id, secret: people.bob.privateKey });
    say(
      `the member "keyquorum" of the same answer: ${liars.map((slot) => `${cluster.keeper(slot).name}'s mask is not what it committed to`).join("; ")}`,
    );
    check("the liar is named, and nobody else", liars.join() === String(LYING));
    const bob = wallet("bob");
    const store = createSecretStore(bob, { keyServers: [keyServerOf(cluster.keeper(ASKED))] });
    const { value, milliseconds } = await timed(store.read(published.id, published.encrypted));
    for (const { slot, code, reason } of value.named) say(`Bob's wallet: keeper ${slot} ${code}: ${reason}`, { gas: 0n, milliseconds });
    check("Bob's wallet names it, asks another one and reads", isDocument(JSON.parse(new TextDecoder().decode(value.content))));
    const convicted = await Promise.all(value.named.map(({ evidence }) => checkHolderEvidence(bob, JSON.parse(JSON.stringify(evidence)))));
    const isConvicted = value.named.map(({ slot }) => slot).join() === String(LYING) && convicted.join() === "true";
    check("the evidence convicts it to anybody who sees the chain", isConvicted);
  },
};

const backAgain: Step<World> = {
  title: "Both are back: every keeper answers, the next document is published, and a revocation takes effect",
  run: async (world, { say, check }) => {
    const { client, published, cluster, chain, people, did, parity } = stageOf(world);
    await Promise.all([cluster.keeper(KILLED).start(), restartLiar(world)]);
    await untilReady(cluster, chain, KILLED);
    const read = await client("bob", KILLED).decryptDocument(published.id, published.encrypted);
    say(`Bob reads through ${cluster.keeper(KILLED).name}, which was killed`);
    check("Bob reads the document", isDocument(read));
    const { value, milliseconds } = await timed(publishPatiently(client("alice", KILLED), "the next", "another"));
    say(`Alice publishes another document, ${value.id}`, { gas: 0n, milliseconds });
    check("a server key can be generated again", value.encrypted.length > 0);
    const access = parity.ocean.access.connect(people.alice) as typeof parity.ocean.access;
    say("AccessSecretStoreCondition.renouncePermission", {
      gas: await untilSeen(access.getFunction("renouncePermission")(people.bob.address, did), world.options),
    });
    const denied = await failureOf(client("bob", LYING).decryptDocument(published.id, published.encrypted));
    say(`Bob: ${denied}`);
    check("Bob is denied", /Forbidden$/.test(denied));
  },
};

/** The story of Parity's clients, in order. Each step stands on the ones before it. */
export const PARITY_STEPS: readonly Step<World>[] = [
  startChain,
  deployOcean,
  startKeepers,
  startAgent,
  publish,
  denyAndRegister,
  grantAndRead,
  openByWallet,
  kill,
  lieInPoint,
  lieInMask,
  backAgain,
];
