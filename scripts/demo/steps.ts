import { blockMillisecondsFor, startCluster, startLocalChain, stretchMilliseconds } from "@keyquorum/cluster";
import { KeyquorumError, type SignedShareRequest } from "@keyquorum/wire";
import { answersOf, gasOf, sessionCosts } from "./costs.ts";
import type { Step } from "./story.ts";
import { bringPeople, need, type World } from "./world.ts";

const LIAR = "@keyquorum/testing/lyingKeeper";
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b));
export const timed = async <T>(work: Promise<T>): Promise<{ readonly value: T; readonly milliseconds: number }> => {
  const started = performance.now();
  return { value: await work, milliseconds: performance.now() - started };
};

/** The code that a refused promise failed with; undefined when it did not fail. */
const refusal = async (work: Promise<unknown>): Promise<KeyquorumError | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof KeyquorumError) return error;
    throw error;
  }
};

export const startChain: Step<World> = {
  title: "A local chain starts",
  run: async (world, { say, check }) => {
    const blockMilliseconds = blockMillisecondsFor(world.options.patience);
    const { value: chain, milliseconds } = await timed(startLocalChain({ blockMilliseconds }));
    world.chain = chain;
    say(`${chain.kind} at ${chain.rpcUrl}, chain id ${chain.chainId}, a block every ${blockMilliseconds} ms`, { milliseconds });
    check("the chain answers", (await chain.send("eth_chainId", [])) === "0x7a69");
  },
};

/** In blocks. All but DISPUTE end as soon as everybody has done their part. A keeper sleeps in the middle of a reshare, which must not fail for that. */
const WINDOWS = {
  story: { deal: 80, dispute: 8, finalize: 80, ready: 80 },
  reshare: { deal: 80, dispute: 8, finalize: 80, ready: 480 },
};

export const startKeepers: Step<World> = {
  title: "Contracts are deployed; keepers start, are admitted, and open epoch 1",
  run: async (world, { say, check }) => {
    const { chain } = need(world, "chain");
    world.say = say;
    const cluster = await startCluster({
      chain,
      directory: world.directory,
      keepers: world.options.keepers,
      patience: world.options.patience,
      windows: world.options.reshare ? WINDOWS.reshare : WINDOWS.story,
      isHurried: true,
      ...(world.parity === undefined ? {} : { extensions: world.parity.extensions }),
      onStep: (step) => {
        const { say } = world;
        if (say === undefined) return;
        if (step.kind === "deployed") say(`${step.contract} at ${step.address}`, { gas: step.gasUsed });
        if (step.kind === "keeperStarted")
          say(`keeper ${step.slot} (${step.name}): process ${step.pid}, operator ${step.operator}, ${step.url}`);
        if (step.kind === "registered") say(`governance admits ${step.name} at slot ${step.slot}`, { gas: step.gasUsed });
        if (step.kind === "epochOpened") say(`epoch ${step.epoch} opens with ${step.members} members`, { gas: step.gasUsed });
      },
    });
    world.cluster = cluster;
    await bringPeople(world);
    const members = await cluster.contracts.keeperRegistry.committeeOf(1);
    check(`${world.options.keepers} keepers, each with its own process, folder and account`, members.length === world.options.keepers);
  },
};

export const generateKey: Step<World> = {
  title: "The keepers generate a threshold key; its private key exists nowhere",
  run: async (world, { say, check }) => {
    const { cluster } = need(world, "cluster");
    const { threshold } = world.options;
    const { value: key, milliseconds } = await timed(cluster.generateKey({ threshold }));
    if (key.failure !== "") throw new Error(`${key.failure}\nIs the machine busy with other things? Try a larger --patience.`);
    world.key = key;
    for (const { what, gas } of await sessionCosts(cluster, key.sid)) say(what, { gas });
    const { publicKeyAddress, activeEpoch } = await cluster.contracts.keyGeneration.keyOf(key.keyId);
    say(`key ${key.keyId}, address ${publicKeyAddress}: ${threshold} keepers learn nothing, ${world.quorum} are needed`, { milliseconds });
    check("the key is active", activeEpoch === 1n);
  },
};

export const publish: Step<World> = {
  title: "Alice encrypts a file, stores it by its content id and publishes it",
  run: async (world, { say, check }) => {
    const { alice, cluster, key } = need(world, "alice", "cluster", "key");
    const { name, mediaType, bytes } = world.file;
    const started = performance.now();
    const encrypted = await alice.encryptDocument({ file: bytes, name, mediaType }, { keyId: key.keyId });
    say(`${name}, ${bytes.length.toLocaleString("en")} bytes, encrypted for the key`, { milliseconds: performance.now() - started });
    const { value: published, milliseconds } = await timed(alice.publish(encrypted));
    world.published = published;
    say(`stored as ${published.cid}`);
    say(`DocumentRegistry checks the header's proof and records ${published.document}`, {
      gas: published.transaction.gasUsed,
      milliseconds,
    });
    const { owner } = await cluster.contracts.documentRegistry.documentOf(published.document);
    check("the document is Alice's", owner.toLowerCase() === encrypted.owner);
  },
};

export const grant: Step<World> = {
  title: "Alice grants Bob",
  run: async (world, { say, check }) => {
    const { alice, bob, published, cluster } = need(world, "alice", "bob", "published", "cluster");
    const { value: granted, milliseconds } = await timed(alice.grant(published.document, await bob.address()));
    say("AccessGrants records it", { gas: granted.gasUsed, milliseconds });
    check("the contract says yes for Bob", await cluster.contracts.accessGrants.checkPermissions(await bob.address(), published.document));
  },
};

const readOnChain =
  (title: string): Step<World>["run"] =>
  async (world, { say, check }) => {
    const { bob, published, cluster } = need(world, "bob", "published", "cluster");
    const { value: read, milliseconds } = await timed(bob.requestOnChain(published.document));
    const { requestId, used } = read.report;
    say("Bob's request: ShareRequests asks AccessGrants and records it", { gas: await gasOf(cluster, requestId) });
    const answers = await answersOf(cluster, requestId);
    for (const { slot, gas } of answers) say(`${cluster.keeper(slot).name} answers; ShareRequests verifies the proof`, { gas });
    const bytes = await read.bytes();
    say(`${used.length} shares combined, ${bytes.length.toLocaleString("en")} bytes decrypted`, { milliseconds });
    check(`${title}: the bytes are Alice's file`, sameBytes(bytes, world.file.bytes));
    check(`exactly ${world.quorum} answers were accepted`, answers.length === world.quorum);
  };

/** Asks every keeper, and waits `settleMs` for those that are slower than the first t+1, so that the report names each that fails. */
export const readByHttp = async (
  world: World,
  who: "alice" | "bob",
  settleMs: number,
): Promise<{
  readonly used: readonly number[];
  readonly answered: readonly number[];
  readonly failed: readonly string[];
  readonly same: boolean;
  readonly epoch: number;
  readonly asked: SignedShareRequest;
  readonly line: string;
}> => {
  const { cluster, published } = need(world, "cluster", "published");
  const reader = need(world, who)[who];
  const policy = { spare: cluster.keepers.length, settleMs: stretchMilliseconds(settleMs, world.options.patience) };
  const read = await reader.requestOffChain(published.document, { policy });
  const bytes = await read.bytes();
  const { record } = read.report;
  if (record.kind !== "http") throw new Error("this was asked by HTTP");
  const names = read.report.used.map((slot) => cluster.keeper(slot).name).join(", ");
  const failed = read.report.failed.map(({ slot, code, reason }) => `${cluster.keeper(slot).name}: ${code} (${reason})`);
  return {
    used: read.report.used,
    answered: read.report.receipts.map(({ slot }) => slot),
    epoch: read.report.epoch,
    asked: record.asked,
    failed,
    same: sameBytes(bytes, world.file.bytes),
    line: `answers of ${names}, each with a signed receipt (${read.report.receipts.length})`,
  };
};

const bobOnChain: Step<World> = { title: "Bob asks on chain and decrypts", run: readOnChain("on chain") };

const bobByHttp: Step<World> = {
  title: "Bob asks by HTTP, without gas, and decrypts",
  run: async (world, { say, check }) => {
    const { value, milliseconds } = await timed(readByHttp(world, "bob", 0));
    say(value.line, { gas: 0n, milliseconds });
    check("by HTTP: the bytes are Alice's file", value.same);
  },
};

/** The first keeper is killed, the second lies. */
const [KILLED, LYING] = [1, 2] as const;

const faults: Step<World> = {
  title: "One keeper is killed, another lies: both ways still work and the liar is named",
  run: async (world, tell) => {
    const { cluster } = need(world, "cluster");
    const { say, check } = tell;
    await cluster.keeper(KILLED).process().kill();
    say(`kill -9 of ${cluster.keeper(KILLED).name}`);
    await cluster.keeper(LYING).process().stop();
    await cluster.keeper(LYING).start({ extensions: [LIAR] });
    say(`${cluster.keeper(LYING).name} restarts with an extension that alters its share after the proof`);
    const { value, milliseconds } = await timed(readByHttp(world, "bob", 5_000));
    say(value.line, { gas: 0n, milliseconds });
    for (const failure of value.failed) say(`named: ${failure}`);
    check("by HTTP: the bytes are Alice's file", value.same);
    check(
      "the liar's answer was not used and the liar is named",
      !value.used.includes(LYING) && value.failed.some((line) => line.startsWith(`${cluster.keeper(LYING).name}: INVALID`)),
    );
    await readOnChain("on chain")(world, tell);
  },
};

const mallory: Step<World> = {
  title: "Mallory is denied, by the contract and by the keepers",
  run: async (world, { say, check }) => {
    const { mallory, published } = need(world, "mallory", "published");
    const onChain = await refusal(mallory.requestOnChain(published.document));
    say(`on chain: ${onChain?.code}: ${onChain?.message}`);
    check("the contract refuses", onChain?.code === "ACCESS_DENIED");
    const byHttp = await refusal(mallory.requestOffChain(published.document));
    say(`by HTTP: ${byHttp?.code}: ${byHttp?.message}`);
    check("the keepers refuse", byHttp?.code === "ACCESS_DENIED");
  },
};

const revoke: Step<World> = {
  title: "Alice revokes Bob's grant; Bob is denied",
  run: async (world, { say, check }) => {
    const { alice, bob, published } = need(world, "alice", "bob", "published");
    const { value: revoked, milliseconds } = await timed(alice.revoke(published.document, await bob.address()));
    say("AccessGrants records it", { gas: revoked.gasUsed, milliseconds });
    const onChain = await refusal(bob.requestOnChain(published.document));
    check("the contract refuses", onChain?.code === "ACCESS_DENIED");
    const byHttp = await refusal(bob.requestOffChain(published.document));
    say(`by HTTP: ${byHttp?.code}: ${byHttp?.message}`);
    check("the keepers refuse", byHttp?.code === "ACCESS_DENIED");
  },
};

const restart: Step<World> = {
  title: "The killed keeper restarts from its folder and the chain, and serves again",
  run: async (world, { say, check }) => {
    const { cluster } = need(world, "cluster");
    const { milliseconds } = await timed(cluster.keeper(KILLED).start());
    say(`${cluster.keeper(KILLED).name} is back`, { milliseconds });
    // So few others stay awake that nothing can be read without it; the liar is not among them.
    const helpers = cluster.keepers.map(({ slot }) => slot).filter((slot) => slot !== KILLED && slot !== LYING);
    const asleep = [...helpers.slice(world.quorum - 1), LYING];
    for (const slot of asleep) cluster.keeper(slot).process().signal("SIGSTOP");
    say(`${asleep.map((slot) => cluster.keeper(slot).name).join(", ")} are suspended, so that every remaining answer is needed`);
    try {
      const { value, milliseconds: took } = await timed(readByHttp(world, "alice", 0));
      say(value.line, { gas: 0n, milliseconds: took });
      check("its answer was used", value.used.includes(KILLED));
      check("the bytes are Alice's file", value.same);
    } finally {
      for (const slot of asleep) cluster.keeper(slot).process().signal("SIGCONT");
    }
  },
};

/** The story, in order. Each step stands on the ones before it. */
export const STEPS: readonly Step<World>[] = [
  startChain,
  startKeepers,
  generateKey,
  publish,
  grant,
  bobOnChain,
  bobByHttp,
  faults,
  mallory,
  revoke,
  restart,
];
