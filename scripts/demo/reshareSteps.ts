import { cp } from "node:fs/promises";
import { join } from "node:path";
import { backUp, type ClusterKeeper, dataDirectoryOf, RESHARE_STATUS, restore, stretchMilliseconds, waitFor } from "@keyquorum/cluster";
import { encodeShareRequestBody, parseErrorBody } from "@keyquorum/wire";
import { answersOf, gasOf, reshareCosts } from "./costs.ts";
import { canOpen, type FoundShare, sharesOnDisk } from "./disks.ts";
import { generateKey, grant, publish, readByHttp, sameBytes, startChain, startKeepers, timed } from "./steps.ts";
import type { Step } from "./story.ts";
import { need, type World } from "./world.ts";

/** Two keepers go, at the first slots; as many come. */
const LEAVING = [1, 2] as const;
const COMING = LEAVING.length;

const signal = (keepers: readonly ClusterKeeper[], name: "SIGSTOP" | "SIGCONT"): void => {
  for (const keeper of keepers) keeper.process().signal(name);
};
const namesOf = (keepers: readonly { readonly name: string }[]): string => keepers.map(({ name }) => name).join(", ");
const copyOf = (world: World, { slot }: ClusterKeeper): string => join(world.directory, `old-disk-${slot}`);

const leaversOf = (world: World): readonly ClusterKeeper[] => LEAVING.map((slot) => need(world, "cluster").cluster.keeper(slot));
const newcomersOf = (world: World): readonly ClusterKeeper[] => need(world, "cluster").cluster.keepers.slice(-COMING);
const newFiveOf = (world: World): readonly ClusterKeeper[] =>
  need(world, "cluster").cluster.keepers.filter(({ slot }) => !LEAVING.some((leaver) => leaver === slot));

const readBefore: Step<World> = {
  title: "Bob reads it: the first keepers answer",
  run: async (world, { say, check }) => {
    const { cluster, key } = need(world, "cluster", "key");
    const { value, milliseconds } = await timed(readByHttp(world, "bob", 2_000));
    say(value.line, { gas: 0n, milliseconds });
    check("the bytes are Alice's file", value.same);
    check("it was read in epoch 1", value.epoch === 1);
    world.address = (await cluster.contracts.keyGeneration.keyOf(key.keyId)).publicKeyAddress;
  },
};

const stealDisks: Step<World> = {
  title: "A thief copies the disks of the two keepers that will leave",
  run: async (world, { say, check }) => {
    const { cluster, key } = need(world, "cluster", "key");
    await Promise.all(
      leaversOf(world).map(async (keeper) => {
        await keeper.process().stop();
        await backUp(keeper, copyOf(world, keeper));
        await keeper.start();
      }),
    );
    const shares = await openCopies(world, leaversOf(world));
    world.stolen = shares;
    say(`the disks of ${namesOf(leaversOf(world))}, with what opens them: ${shares.length} shares of key ${key.keyId}`);
    const { publicKeyAddress } = await cluster.contracts.keyGeneration.keyOf(key.keyId);
    check(`${shares.length} shares alone open nothing: ${world.quorum} are needed`, !canOpen(shares, world.quorum, publicKeyAddress));
  },
};

const comeAndGo: Step<World> = {
  title: "Two others are admitted; epoch 2 is announced with them and without the two that leave",
  run: async (world, { say, check }) => {
    const { cluster } = need(world, "cluster");
    world.say = say;
    const newcomers = await cluster.addKeepers(COMING);
    const members = newFiveOf(world).map(({ slot }) => slot);
    const { value: epoch, milliseconds } = await timed(cluster.openEpoch({ members }));
    say(`epoch ${epoch}: ${namesOf(newFiveOf(world))}, each with a new encryption key`, { milliseconds });
    check(
      "the two that leave are not members of it",
      (await cluster.contracts.keeperRegistry.committeeOf(epoch)).length === members.length,
    );
    const { activeEpoch } = await cluster.contracts.keyGeneration.keyOf(need(world, "key").key.keyId);
    check("the key is still in epoch 1: opening an epoch moves no key", activeEpoch === 1n && newcomers.length === COMING);
  },
};

const moveKey: Step<World> = {
  title: "The key moves to epoch 2; Bob asks on chain a moment before, and is served all the same",
  run: async (world, { say, check }) => {
    const { cluster, key, bob, published } = need(world, "cluster", "key", "bob", "published");
    const { threshold } = world.options;
    const newFive = newFiveOf(world);
    // As many new keepers sleep as keep it from completing, so that the request certainly comes before.
    const late = newFive.slice(2 * threshold - newFive.length);
    signal(late, "SIGSTOP");
    say(`${namesOf(late)} sleeps, so that the key cannot move yet`);
    const started = performance.now();
    const sid = await cluster.requestReshare(key.keyId, threshold);
    say("governance asks for the reshare; the old keepers deal their shares again, to the new keepers");
    await waitFor(
      "all awake new keepers have confirmed",
      async () => (bitsOf((await cluster.contracts.keyResharing.reshareOf(sid)).ready) === 2 * threshold ? true : undefined),
      cluster,
    );
    say(`${2 * threshold} new keepers confirm that they hold their share durably; ${2 * threshold + 1} are needed`);
    const awake = cluster.keepers.filter((keeper) => !late.includes(keeper));
    signal(awake, "SIGSTOP");
    const asked = Promise.withResolvers<string>();
    const reading = bob.requestOnChain(published.document, {
      onEvent: (event) => {
        if (event.kind === "requested") asked.resolve(event.requestId);
      },
    });
    reading.catch(asked.reject);
    const requestId = await asked.promise;
    say("Bob asks on chain: his request pins epoch 1; all others sleep now, so nobody answers", { gas: await gasOf(cluster, requestId) });
    signal(late, "SIGCONT");
    const status = await cluster.untilReshare(sid, [RESHARE_STATUS.active, RESHARE_STATUS.failed]);
    const { keyGeneration, shareRequests } = cluster.contracts;
    const moved = await keyGeneration.keyOf(key.keyId);
    check("the key has moved to epoch 2", status === RESHARE_STATUS.active && moved.activeEpoch === 2n);
    check(`its address is the same: ${moved.publicKeyAddress}`, moved.publicKeyAddress === world.address);
    const pending = await shareRequests.requestOf(requestId);
    check("Bob's request is still waiting, in epoch 1", pending.epoch === 1n && pending.answers === 0n);
    signal(awake, "SIGCONT");
    const read = await reading;
    const answers = await answersOf(cluster, requestId);
    for (const { slot, gas } of answers) say(`${cluster.keeper(slot).name} answers with its share of epoch 1`, { gas });
    check("Bob's request from before is served", sameBytes(await read.bytes(), world.file.bytes) && read.report.epoch === 1);
    for (const { what, gas } of await reshareCosts(cluster, sid)) say(what, { gas });
    say("from asking to served", { milliseconds: performance.now() - started });
  },
};

const readAfter: Step<World> = {
  title: "The two that leave are switched off; Bob reads again from the new five",
  run: async (world, { say, check }) => {
    const { cluster, bob, published } = need(world, "cluster", "bob", "published");
    await Promise.all(leaversOf(world).map((keeper) => keeper.process().stop()));
    say(`${namesOf(leaversOf(world))} have stopped`);
    const { value, milliseconds } = await timed(readByHttp(world, "bob", 2_000));
    say(value.line, { gas: 0n, milliseconds });
    check("by HTTP: the bytes are Alice's file, read in epoch 2", value.same && value.epoch === 2);
    const newcomers = newcomersOf(world).map(({ slot }) => slot);
    check(
      "the newcomers answer, too",
      newcomers.every((slot) => value.answered.includes(slot)),
    );
    const { value: read, milliseconds: took } = await timed(bob.requestOnChain(published.document));
    say(`on chain: answers of ${read.report.used.map((slot) => cluster.keeper(slot).name).join(", ")}`, { milliseconds: took });
    check(
      "on chain: the bytes are Alice's file, read in epoch 2",
      sameBytes(await read.bytes(), world.file.bytes) && read.report.epoch === 2,
    );
    world.asked = value.asked;
  },
};

const oldDisks: Step<World> = {
  title: "The thief has the old disks, steals the newcomers' disks as well, and opens nothing",
  run: async (world, { say, check }) => {
    const { stolen, address } = need(world, "stolen", "address");
    const { quorum } = world;
    const stayer = newFiveOf(world)[0] as ClusterKeeper; // there are five
    const taken = [...newcomersOf(world), stayer];
    await Promise.all(
      taken.map(async (keeper) => {
        await keeper.process().stop();
        await cp(dataDirectoryOf(keeper), copyOf(world, keeper), { recursive: true });
        await keeper.start();
      }),
    );
    const fresh = await openCopies(world, newcomersOf(world));
    say(
      `${stolen.length} shares of epoch 1 and ${fresh.length} of epoch 2, ${stolen.length + fresh.length} in all: ${quorum} of one epoch would do`,
    );
    check("no combination of them opens the key", !canOpen([...stolen, ...fresh], quorum, address));
    const ofStayer = await openCopies(world, [stayer]);
    const enough = [...fresh, ...ofStayer.filter(({ epoch }) => epoch === 2)];
    if (enough.length >= quorum) check(`(${quorum} shares of one epoch would: the check can tell)`, canOpen(enough, quorum, address));
    for (const keeper of leaversOf(world)) {
      await restore(keeper, copyOf(world, keeper));
      await keeper.start();
    }
    say(`${namesOf(leaversOf(world))} restart from their old disks and are asked for the document in epoch 2`);
    const codes = await Promise.all(leaversOf(world).map((keeper) => askDirectly(world, keeper, 2)));
    say(`they say: ${codes.join(", ")}`);
    check("they cannot answer", !codes.includes("answered"));
  },
};

const eraseOld: Step<World> = {
  title: "The hand-over ends: when no earlier request can be pending any more, the old shares are erased",
  run: async (world, { say, check }) => {
    const { cluster, chain } = need(world, "cluster", "chain");
    const lifetime = Number(await cluster.contracts.shareRequests.requestLifetime());
    const seconds = 2 * lifetime + 120; // the optimistic ones' lifetime and the keepers' margin are in it
    await chain.send("evm_increaseTime", [seconds]);
    say(`the chain's clock goes ${seconds} s forward: requests lived ${lifetime} s`);
    const staying = newFiveOf(world).filter((keeper) => !newcomersOf(world).includes(keeper));
    await Promise.all(
      staying.map((keeper) =>
        keeper
          .process()
          .waitForLog(({ msg }) => msg === "Key share of a former epoch erased", stretchMilliseconds(120_000, world.options.patience)),
      ),
    );
    say(`${namesOf(staying)} report that they have erased their shares of epoch 1; we search their disks`);
    const left = await oldSharesOf(world, staying);
    check("no serving keeper has a share of epoch 1 left", left === 0);
    const codes = await Promise.all(leaversOf(world).map((keeper) => askDirectly(world, keeper, 1)));
    say(`the leavers, asked in epoch 1: ${codes.join(", ")}`);
    check("they no longer answer in epoch 1", !codes.includes("answered"));
    const { value } = await timed(readByHttp(world, "bob", 0));
    check("Bob still reads", value.same);
  },
};

/** How many shares of epoch 1 are on these keepers' disks. They are stopped for it, and started again. */
const oldSharesOf = async (world: World, keepers: readonly ClusterKeeper[]): Promise<number> => {
  const { cluster, key } = need(world, "cluster", "key");
  const found = await Promise.all(
    keepers.map(async (keeper) => {
      await keeper.process().stop();
      const shares = await sharesOnDisk(cluster, keeper, { keyId: key.keyId });
      await keeper.start();
      return shares.filter(({ epoch }) => epoch === 1);
    }),
  );
  return found.flat().length;
};

const openCopies = async (world: World, keepers: readonly ClusterKeeper[]): Promise<readonly FoundShare[]> => {
  const { cluster, key } = need(world, "cluster", "key");
  const found = await Promise.all(
    keepers.map((keeper) => sharesOnDisk(cluster, keeper, { keyId: key.keyId, directory: copyOf(world, keeper) })),
  );
  return found.flat();
};

/** Bob's own request, sent to one keeper in one epoch: "answered", or the code of its refusal, when it has caught up with the chain. */
const askDirectly = async (world: World, keeper: ClusterKeeper, epoch: number): Promise<string> => {
  const { asked, chain } = need(world, "asked", "chain");
  return waitFor(
    "the keeper has caught up",
    async (saw) => {
      const response = await fetch(`${keeper.url}/v1/share-requests`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(encodeShareRequestBody({ ...asked, epoch })),
      });
      if (response.ok) return "answered";
      const { code } = parseErrorBody(await response.json());
      saw(code);
      return code === "UNAVAILABLE" ? undefined : code;
    },
    { chain },
  );
};

const bitsOf = (bitmap: bigint): number => [...bitmap.toString(2)].filter((bit) => bit === "1").length;

/** The story of `npm start -- --reshare`. Each step stands on the ones before it. */
export const RESHARE_STEPS: readonly Step<World>[] = [
  startChain,
  startKeepers,
  generateKey,
  publish,
  grant,
  readBefore,
  stealDisks,
  comeAndGo,
  moveKey,
  readAfter,
  oldDisks,
  eraseOld,
];
