import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePoint, G, keccakWords, pointFromXY, toXY } from "@keyquorum/threshold";
import { type Address, ErrorBody, extensionTag, type PeerMessage, peerDigest, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { computeAddress, hexlify, recoverAddress } from "ethers";
import { peerAnswerer } from "../peers/peerTransport.ts";
import { exportAudit } from "../run/auditFile.ts";
import { KeeperError } from "../run/errors.ts";
import { blockHash, emitLog } from "../testing/fakeChain.ts";
import { createLiveKeeper, type LiveKeeper } from "../testing/liveKeeper.ts";
import type { ExtensionStory, KeeperExtension } from "./extension.ts";
import type { ExtensionServices } from "./services.ts";

const OTHER = `0x${"5e".repeat(20)}` as Address;
const TOPIC = `0x${"70".repeat(32)}`;
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const epochProposedAt = (block: number) => ({
  ...emitLog("EpochProposed", [2, 99, 0b1110n], block),
  blockNumber: `0x${block.toString(16)}`,
  logIndex: "0x0",
});

/** An extension that gives the test its services, and is the story that it is told to be. */
const probe = (name: string, story: (services: ExtensionServices) => ExtensionStory = () => ({})) => {
  const given: { services?: ExtensionServices } = {};
  const extension: KeeperExtension = {
    name,
    start: (services) => {
      given.services = services;
      return story(services);
    },
  };
  const services = (): ExtensionServices => {
    if (given.services === undefined) throw new Error("not started");
    return given.services;
  };
  return { extension, services };
};

describe("extensions that are started", () => {
  let live: LiveKeeper;
  afterEach(() => live.remove());

  /** Contracts' answers that a round needs. */
  const startWith = async (...extensions: readonly KeeperExtension[]): Promise<void> => {
    live = await createLiveKeeper("", extensions);
    for (const name of ["shareRequests", "optimisticRequests"]) live.chain.answers[`${name}.requestLifetime`] = () => [3_600n];
    live.chain.answers["optimisticRequests.challengeWindow"] = () => [3_600n];
    await live.start();
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    if (error instanceof KeeperError) return error.code;
    throw new Error("expected a KeeperError", { cause: error });
  };
  const hasLine = (...texts: readonly string[]): boolean => live.lines.some((line) => texts.every((text) => line.includes(text)));
  const statusOf = async (): Promise<{ readonly extensions?: object }> =>
    (await (await fetch(`${live.url()}/status`)).json()) as { extensions?: object };

  describe("given a keeper that sees the chain", () => {
    it("it should see heads and blocks as the keeper does", async () => {
      const { extension, services } = probe("seer");
      await startWith(extension);
      await live.until(() => services().chain.seen() !== undefined);
      expect(services().chain.seen()?.head.number).to.equal(live.chain.head);
      expect((await services().chain.look()).final.number).to.equal(live.chain.head - live.chain.finalLag);
      expect(await services().chain.rpc.send("eth_chainId", [])).to.equal("0x7a69");
      expect(services().chain.contracts.chainId).to.equal(31337n);
    });

    it("it should decide about a permission at the newest and the final block", async () => {
      const { extension, services } = probe("decider");
      await startWith(extension);
      const question = { document: ZERO_HASH, headerHash: ZERO_HASH, initialPermissions: OTHER, requester: OTHER, contextHash: ZERO_HASH };
      const answers: [head: number, final: number, decision: string][] = [
        [1, 1, "PERMITTED"],
        [1, 0, "PERMISSION_NOT_FINAL"],
        [0, 1, "ACCESS_DENIED"],
      ];
      for (const [head, final, decision] of answers) {
        live.chain.answers["shareRequests.decide"] = (_args, block) => [block === live.chain.head ? head : final];
        live.chain.head += 3; // past both blocks of the decision before
        const decided = await services().decidePermission(question);
        expect([decided.decision, decided.heads.head.number]).to.deep.equal([decision, live.chain.head]);
      }
    });

    it("it should write down what it gives out, under its own name, in the keeper's audit log", async () => {
      const { extension, services } = probe("giver");
      await startWith(extension);
      await live.until(() => services().chain.seen() !== undefined);
      const heads = await services().chain.look();
      const requestId = blockHash(0xa5d);
      await services().recordRelease({ kind: "gift", requestId, document: ZERO_HASH, requester: OTHER, heads });
      expect(await live.metric("keeper_audit_records_total 1")).to.equal(true);
      await live.stop();
      const file = join(mkdtempSync(join(tmpdir(), "keyquorum-")), "audit");
      await exportAudit(live.temp.config, file);
      const record = JSON.parse(readFileSync(file, "utf8"));
      expect(record).to.deep.include({ kind: "giver/gift", requestId, document: ZERO_HASH, requester: OTHER, decision: "PERMITTED" });
      expect(record).to.deep.include({ headBlock: heads.head.hash, finalBlock: heads.final.hash });
    });

    it("it should know who serves, and sign as this keeper in an epoch", async () => {
      const { extension, services } = probe("member");
      await startWith(extension);
      await live.until(() => services().chain.seen() !== undefined);
      const heads = await services().chain.look();
      live.chain.answers["keeperRegistry.currentEpoch"] = () => [4];
      live.chain.answers["keeperRegistry.removedKeepers"] = () => [0b1100n];
      live.chain.answers["keeperRegistry.committeeOf"] = () => [
        [
          [1, OTHER, toXY(G), toXY(G)],
          [3, services().transactions.account, toXY(G), live.identityKey],
        ],
      ];
      const { members } = services();
      expect([await members.epochAt(heads.head), await members.absent(4, heads)], "2 is no member").to.deep.equal([4, [3]]);
      expect((await members.of(4, heads)).map(({ slot }) => slot)).to.deep.equal([1, 3]);
      const own = await members.own(4, heads);
      const statement = { kind: 1, domain: { chainId: 1n, contract: OTHER }, about: [4], content: new Uint8Array(32) } as const;
      const digest = peerDigest({ ...statement, tag: extensionTag("member") });
      expect(own?.slot).to.equal(3);
      expect(recoverAddress(digest, hexlify(own?.sign(statement) ?? new Uint8Array())), "under the extension's own tag").to.equal(
        computeAddress(hexlify(encodePoint(pointFromXY(live.identityKey.x, live.identityKey.y)))),
      );
      expect(await members.endpointOf(3, heads), "none is registered").to.equal(undefined);
    });
  });

  it("it should use whatever else a keeper has: transactions, nonces, log, metrics, readiness, status, and end with it", async () => {
    let isClosed = false;
    const { extension, services } = probe("user", () => ({
      status: () => ({ served: 7 }),
      close: () => {
        isClosed = true;
      },
    }));
    await startWith(extension);
    const { transactions, random, metrics, log, setUnready, stopping } = services();
    transactions.post({ kind: "answer", subject: "one", to: OTHER, data: "0x01" });
    expect(transactions.isBusy("answer", "one")).to.equal(true);
    expect(transactions.isBusy("answer", "two")).to.equal(false);
    await live.until(() => hasLine("did not get on chain", "user/answer")); // the made-up chain takes none
    expect(await transactions.balance()).to.equal(live.chain.balance);

    const use = { session: keccakWords(1) };
    const [first, second] = [random(use)(32), random(use)(32)];
    expect([first.length, second.length]).to.deep.equal([32, 32]);
    expect(first, "every use has bytes of its own").not.to.deep.equal(second);

    metrics.counter({ name: "asked_total", help: "Questions." }).inc(3);
    expect(await live.metric("keeper_user_asked_total 3")).to.equal(true);
    log.info("Served", { times: 1 });
    expect(hasLine("Served", '"extension":"user"')).to.equal(true);
    setUnready("no_quorum", true);
    expect(await live.reasons()).to.include("user/no_quorum");
    setUnready("no_quorum", false);
    expect(await live.reasons()).not.to.include("user/no_quorum");
    expect((await statusOf()).extensions).to.deep.equal({ user: { served: 7 } });

    expect([stopping.aborted, isClosed]).to.deep.equal([false, false]);
    await live.stop();
    expect([stopping.aborted, isClosed]).to.deep.equal([true, true]);
  });

  it("it should do work of its own kinds, at every head until it is done, and serve routes of its own", async () => {
    const done: unknown[] = [];
    const { extension, services } = probe("worker", () => ({
      work: {
        greet: {
          handler: async (payload) => {
            done.push(payload);
            return { kind: "done" };
          },
        },
      },
      routes: [(server) => void server.get("/worker", async () => ({ done: done.length }))],
    }));
    await startWith(extension);
    const add = () => services().transaction((tx) => tx.addWork({ kind: "greet", subject: "bob", payload: { name: "Bob" } }));
    expect([await add(), await add()]).to.deep.equal([true, false]);
    live.chain.head += 1;
    await live.until(() => done.length > 0);
    expect(done).to.deep.equal([{ name: "Bob" }]);
    expect(await (await fetch(`${live.url()}/worker`)).json()).to.deep.equal({ done: 1 });
  });

  it("it should ask other keepers, and answer them", async () => {
    const texts = {
      type: "object",
      patternProperties: { "^[a-z]+$": { type: "string" } },
      additionalProperties: false,
      maxProperties: 1,
    } as const;
    const GREETING: PeerMessage<{ readonly name: string }, { readonly text: string }> = {
      route: { method: "POST", path: "/v1/peers/greetings", body: texts, responses: { 200: texts, "4xx": ErrorBody, "5xx": ErrorBody } },
      ...{ maxAskBytes: 1_000, maxAnswerBytes: 1_000 },
      encodeAsk: (ask) => ask,
      parseAsk: (body) => body as { name: string }, // true: this test asks
      encodeAnswer: (answer) => answer,
      parseAnswer: (body) => body as { text: string }, // true: this test answers
    };
    const { extension, services } = probe("greeter", ({ peers }) => ({
      routes: [peers.answer([peerAnswerer(GREETING, async ({ name }) => ({ text: `Hello, ${name}` }))])],
    }));
    await startWith(extension);
    await live.until(() => services().chain.seen() !== undefined);
    expect(await services().peers.ask(GREETING, live.url(), { name: "Bob" })).to.deep.equal({ text: "Hello, Bob" });
  });

  describe("given rows of its own", () => {
    it("it should keep them through a restart, and list and delete them", async () => {
      const { extension, services } = probe("keeping");
      await startWith(extension);
      await services().table("keys").put("b", bytes(2));
      await services().transaction(async (tx) => {
        await tx.table("keys").put("a", bytes(1));
        await tx.table("others").put("a", bytes(9));
      });
      await live.stop();
      await live.start();
      const keys = services().table("keys");
      expect([await keys.get("a"), await keys.get("b"), await keys.get("c")]).to.deep.equal([bytes(1), bytes(2), undefined]);
      expect([await keys.list(), await keys.list({ after: "a", limit: 5 })]).to.deep.equal([["a", "b"], ["b"]]);
      await keys.delete("a");
      expect([await keys.list(), await keys.get("a")]).to.deep.equal([["b"], undefined]);
    });

    it("it should write none of them where its transaction fails", async () => {
      const { extension, services } = probe("undone");
      await startWith(extension);
      const failing = services().transaction(async (tx) => {
        await tx.table("keys").put("a", bytes(1));
        throw new Error("no");
      });
      expect(await failing.catch((error: unknown) => (error as Error).message)).to.equal("no");
      expect(await services().table("keys").list()).to.deep.equal([]);
    });

    it("another extension should see none of them, by whatever name it asks", async () => {
      const [own, other] = [probe("own"), probe("other")];
      await startWith(own.extension, other.extension);
      await own.services().table("keys").put("a", bytes(1));
      expect(await other.services().table("keys").get("a")).to.equal(undefined);
      expect(await other.services().table("keys").list()).to.deep.equal([]);
      for (const name of ["own/keys", "../own/keys", "own"]) {
        const asked = await Promise.resolve()
          .then(() => other.services().table(name).get("keys/a"))
          .catch(() => "refused");
        expect(asked === undefined || asked === "refused", name).to.equal(true);
      }
    });
  });

  describe("given contracts of others", () => {
    const logAt = (block: number, topic: string) => ({
      ...{ address: OTHER, topics: [topic], data: "0x", blockNumber: `0x${block.toString(16)}`, blockHash: blockHash(block) },
      ...{ transactionHash: `0x${"7a".repeat(32)}`, logIndex: "0x0" },
    });

    it("it should follow them from their own first block, and write down what their logs start", async () => {
      const started: number[] = [];
      let next: () => number | undefined = () => undefined;
      const { extension, services } = probe("follower", ({ follow }) => {
        const followed = follow({
          ...{ name: "acl", addresses: [OTHER], topics: [TOPIC], fromBlock: 5 },
          onLogs: async (tx, logs) => {
            for (const { blockNumber } of logs) {
              started.push(blockNumber);
              await tx.table("seen").put(String(blockNumber), bytes(1));
            }
          },
        });
        next = followed.next;
        return {};
      });
      live = await createLiveKeeper("", [extension]);
      live.chain.logs = [logAt(4, TOPIC), logAt(7, TOPIC), logAt(8, `0x${"71".repeat(32)}`)];
      await live.start();
      await live.until(() => next() === live.chain.head + 1);
      expect(started, "neither before its first block, nor of another topic").to.deep.equal([7]);
      expect(await services().table("seen").list()).to.deep.equal(["7"]);
      await live.stop();
      await live.start();
      await live.until(() => next() === live.chain.head + 1);
      expect(started, "once").to.deep.equal([7]);
    });

    it("it should follow a reorganisation, with what was written down for it", async () => {
      const back: number[] = [];
      let next: () => number | undefined = () => undefined;
      const { extension } = probe("reorged", ({ follow }) => {
        ({ next } = follow({
          ...{ name: "acl", addresses: [OTHER], fromBlock: 5 },
          onRollback: async (_tx, toBlock) => void back.push(toBlock),
        }));
        return {};
      });
      await startWith(extension);
      await live.until(() => next() === live.chain.head + 1);
      live.chain.reorgedFrom = live.chain.head - 1;
      live.chain.head += 2;
      await live.until(() => back.length > 0 && next() === live.chain.head + 1);
      expect(back[0]).to.equal(live.chain.reorgedFrom - 1);
    });

    it("it should follow the others, and do its rounds, while one cannot be followed: named until it reads on again", async () => {
      let isBroken = true;
      let rounds = 0;
      let next: () => number | undefined = () => undefined;
      const started: number[] = [];
      const { extension } = probe("several", ({ follow }) => {
        follow({
          ...{ name: "a-bad", addresses: [OTHER], fromBlock: 1 },
          onLogs: async (_tx, logs) => {
            if (isBroken && logs.length > 0) throw new Error("mine");
            started.push(...logs.map(({ blockNumber }) => blockNumber));
          },
        });
        ({ next } = follow({ name: "b-good", addresses: [OTHER], fromBlock: 1 }));
        const eachRound = async (): Promise<void> => {
          rounds += 1;
        };
        return { eachRound, status: () => ({ own: true }) };
      });
      await startWith(extension);
      const block = live.chain.head + 1;
      live.chain.logs = [logAt(block, TOPIC)];
      live.chain.head = block;
      await live.until(() => hasLine("does not read on", '"follower":"a-bad"'));
      const before = rounds;
      await live.until(() => rounds > before + 1 && next() === block + 1);
      expect(await live.metric('keeper_extension_followers_failing{extension="several"} 1')).to.equal(true);
      const { several } = (await statusOf()).extensions as {
        several: { own: boolean; followersFailing: { name: string; reason: string }[] };
      }; // true: it is loaded
      expect([several.own, several.followersFailing.map(({ name, reason }) => [name, reason])]).to.deep.equal([
        true,
        [["a-bad", "FAILED"]],
      ]);
      isBroken = false;
      live.chain.head += 1; // a second, which it pauses for
      await live.until(async () => started.length > 0 && live.metric('keeper_extension_followers_failing{extension="several"} 0'));
      expect([started, (await statusOf()).extensions]).to.deep.equal([[block], { several: { own: true } }]);
    });

    it("it should not follow twice under one name", async () => {
      const followed = { name: "acl", addresses: [OTHER], fromBlock: 1 };
      const { extension } = probe("twice", ({ follow }) => {
        follow(followed);
        follow(followed);
        return {};
      });
      expect(await codeOf(startWith(extension))).to.equal("EXTENSION_INVALID");
    });
  });

  describe("given one that fails", () => {
    it("in start, the keeper should not start, and close what it had opened", async () => {
      let isBroken = true;
      const extension: KeeperExtension = {
        name: "broken",
        start: () => {
          if (isBroken) throw new Error("canary");
          return {};
        },
      };
      expect(await codeOf(startWith(extension))).to.equal("EXTENSION_INVALID");
      isBroken = false;
      await live.start();
    });

    it("in a duty, a round, its status or its end, all others should continue", async () => {
      const fail = (): never => {
        throw new Error("mine");
      };
      let rounds = 0;
      const bad = probe("bad", () => ({
        on: { EpochProposed: async () => fail() },
        eachRound: async () => fail(),
        status: fail,
        close: fail,
      }));
      const good = probe("good", () => ({
        eachRound: async () => {
          rounds += 1;
        },
      }));
      await startWith(bad.extension, good.extension);
      await live.until(() => rounds > 1 && hasLine("An extension's round failed", '"extension":"bad"'));
      live.chain.logs = [epochProposedAt(live.chain.head + 1)];
      live.chain.head += 1;
      await live.until(() => hasLine("An extension's duty failed", "EpochProposed") && hasLine("Epoch proposed"));
      expect((await statusOf()).extensions).to.deep.equal({ bad: {} });
      await live.stop();
      expect(hasLine("Something did not close cleanly", "bad")).to.equal(true);
    });

    it("to come back from a round, the keeper should continue, and stop, without it", async () => {
      const { extension, services } = probe("slow", () => ({ eachRound: () => new Promise<void>(() => undefined) }));
      await startWith(extension);
      await live.until(() => services().chain.seen() !== undefined);
      live.chain.head += 5;
      await live.until(() => services().chain.seen()?.head.number === live.chain.head);
      await live.stop();
      expect(hasLine("does not end", '"extension":"slow"')).to.equal(true);
    });

    it("to end its work, its status or its end, the keeper should continue, and stop, without it", async () => {
      const never = () => new Promise<never>(() => undefined);
      let begun = 0;
      const { extension, services } = probe("stuck", () => ({
        work: {
          wait: {
            handler: () => {
              begun += 1;
              return never();
            },
          },
        },
        status: never,
        close: never,
      }));
      await startWith(extension);
      for (let subject = 0; subject < 12; subject += 1)
        await services().transaction((tx) => tx.addWork({ kind: "wait", subject: String(subject), payload: {} }));
      live.chain.head += 1;
      await live.until(() => begun > 0);
      expect((await statusOf()).extensions).to.deep.equal({ stuck: {} });
      expect(begun, "of its own places, whatever else is to be done").to.equal(4);
      await live.stop();
      expect(hasLine("work does not end", '"extension":"stuck"') && hasLine("does not close", '"extension":"stuck"')).to.equal(true);
    });
  });

  describe("given two that claim the same", () => {
    it("a keeper should refuse one name twice, a route twice, and a name that the vault would not take", async () => {
      const route = (name: string): KeeperExtension => ({ name, routes: [(server) => void server.get("/same", async () => ({}))] });
      for (const extensions of [
        [probe("same").extension, probe("same").extension],
        [probe("sessions").extension],
        [route("one"), route("two")],
        [probe("Not a name").extension],
      ]) {
        expect(await codeOf(startWith(...extensions))).to.equal("EXTENSION_INVALID");
        await live.remove();
      }
    });
  });
});
