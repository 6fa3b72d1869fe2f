import type { ClientOptions, KeyquorumClient } from "@keyquorum/client";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { JsonRpcProvider, Network, toBeHex, Wallet } from "ethers";
import { network } from "hardhat";
import type { Behaviour } from "../../../packages/client/src/fakes/fakeKeeper.ts";
import { rollDice } from "../../random/dice.ts";
import { type Readers, startReaders } from "./readingFixture.ts";

const dice = rollDice("contracts/client/holders");
const TEXT = "the well is behind the third oak";
const THRESHOLD = 1;
const [QUORUM, TOLD] = [THRESHOLD + 1, 2 * THRESHOLD + 2];
const unavailable = { error: { code: -32000, message: "the node is busy" } };
const down: Behaviour = { kind: "resets" };

type Call = { readonly to?: string; readonly data: string };

describe("client: which members of a committee it asks the chain about", () => {
  const worlds: Readers[] = [];
  const providers: JsonRpcProvider[] = [];
  /** What the keeper of a slot does; honest where it is not named. */
  let behaviours: (slot: number) => Behaviour = () => ({ kind: "honest" });
  const build = async (members: number, threshold = THRESHOLD): Promise<Readers & { readonly send: JsonRpcProvider["send"] }> => {
    const { ethers } = await network.create();
    const world = await startReaders(ethers, { members, threshold, behaviourOf: (slot) => behaviours(slot) });
    worlds.push(world);
    return { ...world, send: (method, params) => ethers.provider.send(method, params as unknown[]) };
  };
  type World = Awaited<ReturnType<typeof build>>;
  let world: World;
  before(async () => {
    world = await build(9);
  });
  beforeEach(() => {
    behaviours = () => ({ kind: "honest" });
    world.rpc.reset();
  });
  after(async () => {
    for (const provider of providers) provider.destroy();
    for (const one of worlds) await one.stop();
  });

  const connect = ({ rpc, deployment }: World): JsonRpcProvider => {
    const provider = new JsonRpcProvider(rpc.url, new Network("test", deployment.chainId), { staticNetwork: true, cacheTimeout: -1 });
    providers.push(provider);
    return provider;
  };
  const readerOf = (of: World, options: Partial<ClientOptions> = {}): KeyquorumClient => {
    const provider = connect(of);
    return of.clientOf({ provider, signer: new Wallet(dice.hex(32), provider), finality: { kind: "finalized" }, ...options });
  };
  const publish = async ({ asAlice, keyId }: World) => asAlice.publish(await asAlice.encryptDocument(TEXT, { keyId }));
  const isJoined = (method: string, [call]: readonly unknown[]): boolean => method === "eth_call" && (call as Call).to === undefined;
  /** Reads, and says who was asked, in that order. */
  const read = async (client: KeyquorumClient, document: string) => {
    const asked: { readonly slot: number; readonly name: string }[] = [];
    const result = await client.requestOffChain(document as never, {
      policy: { attempts: 3, retryMs: 20 },
      onEvent: (event) => {
        if (event.kind === "asking") asked.push({ slot: event.slot, name: event.name });
      },
    });
    return { text: await result.text(), report: result.report, asked, slots: [...new Set(asked.map(({ slot }) => slot))] };
  };
  /** Only who comes last answers: the first `count` that are asked are down. */
  const failFirst = (count: number): void => {
    const failed = new Set<number>();
    behaviours = (slot) => {
      if (failed.size < count) failed.add(slot);
      return failed.has(slot) ? down : { kind: "honest" };
    };
  };

  it("what the node returns for a read should not grow with the committee", async () => {
    const larger = await build(23);
    const returned = async (of: World): Promise<number> => {
      const { document } = await publish(of);
      const bob = readerOf(of);
      await read(bob, document);
      of.rpc.reset();
      expect((await read(bob, document)).text).to.equal(TEXT);
      return of.rpc.state.returned;
    };
    expect(await returned(larger)).to.equal(await returned(world));
  });

  it("a committee of 2t+1 should be known whole", async () => {
    const small = await build(2 * THRESHOLD + 1);
    const { document } = await publish(small);
    const bob = readerOf(small);
    await read(bob, document);
    small.rpc.reset();
    failFirst(THRESHOLD);
    expect((await read(bob, document)).slots).to.have.length(2 * THRESHOLD + 1);
    expect(small.rpc.state.requests.flat().filter((method) => method === "eth_call")).to.have.length(2);
  });

  it("who was removed should not be asked, though the newest final block does not know it yet", async () => {
    const own = await build(9);
    const { document } = await publish(own);
    const bob = readerOf(own);
    const final = await own.send("eth_blockNumber", []);
    await own.keeperRegistry.removeKeeper(4);
    own.rpc.state.instead = async (method, [call, tag]) =>
      tag === "finalized" && method === "eth_call" ? { result: await own.send(method, [call, final]) } : undefined;
    failFirst(TOLD);
    const { text, slots } = await read(bob, document);
    expect(text).to.equal(TEXT);
    expect(slots).not.to.include(4);
  });

  describe("where more than t of those asked fail", () => {
    it("all others should be read by one further question, and asked, by their names", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world);
      await read(bob, document);
      world.rpc.reset();
      failFirst(TOLD + 1);
      const { text, slots, asked } = await read(bob, document);
      expect(text).to.equal(TEXT);
      expect(slots.length).to.be.greaterThan(TOLD);
      expect(asked.map(({ name }) => name)).to.deep.equal(asked.map(({ slot }) => `Keeper ${slot}`));
      const calls = world.rpc.state.requests.flat().filter((method) => method === "eth_call");
      expect(calls, "the two joined ones, members and records").to.have.length(4);
    });

    it("while the node does not tell them, they should be named by their slots, and asked for again", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world);
      let refused = 0;
      world.rpc.state.instead = async (method, params) => {
        const { to } = (params[0] ?? {}) as Partial<Call>;
        if (method !== "eth_call" || to?.toLowerCase() !== world.deployment.contracts.keeperRegistry || refused === 2) return undefined;
        refused += 1;
        return unavailable;
      };
      failFirst(TOLD);
      const names: string[] = [];
      const result = await bob.requestOffChain(document, {
        policy: { attempts: 9, retryMs: 20 },
        onEvent: (event) => {
          if (event.kind === "retrying" && event.reason.includes("chain")) names.push(event.name);
        },
      });
      expect(await result.text()).to.equal(TEXT);
      expect(refused).to.equal(2);
      expect(names.length).to.be.greaterThan(0);
      for (const name of names) expect(name).to.match(/^keeper [0-9]$/);
    });
  });

  it("entries that do not fit into one answer should be read when they are needed", async () => {
    const [members, threshold] = [30, 14];
    const large = await build(members, threshold);
    for (const [index, operator] of large.operators.entries())
      await large.keeperRegistry.connect(operator).moveKeeper(large.keepers[index]?.url ?? "", "p".repeat(256));
    const { document } = await publish(large);
    const bob = readerOf(large);
    await read(bob, document);
    large.rpc.reset();
    expect((await read(bob, document)).text).to.equal(TEXT);
    expect(large.rpc.state.returned / 2 / 2, "two answers, below what code may have").to.be.within(22_900, 24_576);
    failFirst(members - threshold - 1);
    const { text, slots } = await read(bob, document);
    expect([text, slots.length]).to.deep.equal([TEXT, members]);
  });

  describe("what the node tells beside the answers", () => {
    /** Changes what comes behind the fixed answers of joined questions: entries of 64 + 32 + length bytes. */
    const changeEntries = (change: (entries: readonly string[]) => readonly string[]): void => {
      world.rpc.state.instead = async (method, params) => {
        if (!isJoined(method, params)) return undefined;
        const result: string = await world.send(method, params);
        const fixed = 2 + 64 * (1 + 6 + 1 + 1 + 3 + 7 + 5 + 1);
        if (result.length < fixed) return { result }; // the look for code
        const entries: string[] = [];
        for (let at = fixed; at < result.length; ) {
          const end = at + 192 + 2 * Number(`0x${result.slice(at + 128, at + 192)}`);
          entries.push(result.slice(at, end));
          at = end;
        }
        return { result: result.slice(0, fixed) + change(entries).join("") };
      };
    };

    it("that is cut off should be read one by one, and what is left out when it is needed", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world);
      for (const change of [(entries: readonly string[]) => [...entries, "00".repeat(95)], () => []]) {
        changeEntries(change);
        expect((await read(bob, document)).text).to.equal(TEXT);
      }
    });

    it("with another's identity key should convict nobody and cost one keeper (attack)", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world);
      changeEntries(([first = "", second = "", ...rest]) => [second.slice(0, 128) + first.slice(128), second, ...rest]);
      const { text, report } = await read(bob, document);
      expect(text).to.equal(TEXT);
      for (const { code, evidence } of report.failed) expect([code, evidence]).to.deep.equal(["INVALID_RECEIPT", undefined]);
    });

    it("and where others are asked too, should not be believed alone (attack)", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world, { otherProviders: [connect(world)] });
      await read(bob, document);
      let changed = 0;
      changeEntries((entries) => {
        changed += entries.length;
        return entries.map((entry, index) => (entries.at(index - 1) ?? "").slice(0, 128) + entry.slice(128));
      });
      const { text, report } = await read(bob, document);
      expect([text, report.failed]).to.deep.equal([TEXT, []]);
      expect(changed).to.equal(2 * TOLD);
    });

    it("members that other providers name differently should end the reading (attack)", async () => {
      const { document } = await publish(world);
      const honest = connect(world);
      const liar = withoutMember(honest, world);
      const bob = readerOf(world, { otherProviders: [liar] });
      const error = await read(bob, document).catch((reason: unknown) => reason);
      expect(error instanceof KeyquorumError && [error.code, error.details.field]).to.deep.equal(["KEY_DISPUTED", "members"]);
    });

    it("members that other providers name differently later should end the reading, too (attack)", async () => {
      const { document } = await publish(world);
      let isLying = false;
      const bob = readerOf(world, { otherProviders: [withoutMember(connect(world), world, () => isLying)] });
      expect((await read(bob, document)).text).to.equal(TEXT);
      isLying = true;
      changeEntries((entries) => entries.map((entry, index) => (entries.at(index - 1) ?? "").slice(0, 128) + entry.slice(128)));
      const error = await read(bob, document).catch((reason: unknown) => reason);
      expect(error instanceof KeyquorumError && [error.code, error.details.field]).to.deep.equal(["KEY_DISPUTED", "members"]);
    });

    it("about members that it would like to be asked should change nothing (attack)", async () => {
      const { document } = await publish(world);
      const bob = readerOf(world);
      const wanted = new Set([1, 2]);
      changeEntries((entries) => entries.filter((entry) => wanted.has(Number(`0x${entry.slice(192 + 64 + 64, 192 + 64 + 128)}`))));
      const seen = new Set<number>();
      for (let run = 0; run < 8; run += 1) for (const slot of (await read(bob, document)).slots) seen.add(slot);
      expect(seen.size).to.be.greaterThan(wanted.size + QUORUM);
    });
  });

  it("a member's new endpoint should count in the next request", async () => {
    const { document } = await publish(world);
    const bob = readerOf(world);
    await read(bob, document);
    const [first, ...rest] = world.keepers; // all but one now answer where that one does: with nothing for them
    for (const operator of world.operators) await world.keeperRegistry.connect(operator).moveKeeper(first?.url ?? "", "");
    const before = rest.map((keeper) => keeper.requests());
    const error = await read(bob, document).catch((reason: unknown) => reason);
    expect(error instanceof KeyquorumError && error.code).to.equal("UNAVAILABLE");
    expect(rest.map((keeper) => keeper.requests())).to.deep.equal(before);
    for (const [index, operator] of world.operators.entries())
      await world.keeperRegistry.connect(operator).moveKeeper(world.keepers[index]?.url ?? "", "");
    expect((await read(bob, document)).text).to.equal(TEXT);
  });
});

/** A provider that names the members of an epoch without the last one, as long as it lies. */
const withoutMember = (provider: JsonRpcProvider, { deployment }: Readers, isLying = () => true): JsonRpcProvider =>
  new Proxy(provider, {
    get: (target, name) => {
      if (name === "call")
        return async (call: { readonly to?: string }): Promise<string> => {
          const answer = await target.call(call as never);
          if (!isLying() || String(call.to).toLowerCase() !== deployment.contracts.keeperRegistry) return answer;
          const count = BigInt(`0x${answer.slice(66, 130)}`);
          return `${answer.slice(0, 66)}${toBeHex(count - 1n, 32).slice(2)}${answer.slice(130, -6 * 64)}`; // of a list of members of six words
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
