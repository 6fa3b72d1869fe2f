import { createMemoryBlobStore } from "@keyquorum/blobs";
import { type KeyFile, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { AbstractProvider, Network } from "ethers";
import { rollWallet } from "../../../test/random/wallet.ts";
import { createClient } from "./client.ts";
import { verifyReceipts } from "./evidence/verifyReceiptsOffline.ts";
import { fakeDeployment } from "./fakes/fakeDeployment.ts";
import { createFakeKey } from "./fakes/fakeKey.ts";
import type { ClientOptions } from "./options.ts";
import { encryptOffline } from "./publish/encryptOffline.ts";
import { DEFAULT_COLLECT_POLICY } from "./read/collect.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "./read/exchange.ts";
import { discoverWallets } from "./wallets/discoverWallets.ts";
import { signerFromProvider } from "./wallets/wallets.ts";

const { key: KEY } = createFakeKey({ members: 3, threshold: 1 });

/** A node that answers nothing: what fails before it is asked, fails otherwise. */
class DownProvider extends AbstractProvider {
  override _detectNetwork = async (): Promise<Network> => Network.from(31337);
  override _perform = async (): Promise<never> => {
    throw new Error("down");
  };
}
const provider = new DownProvider(31337, { cacheTimeout: -1 });
const signer = rollWallet("alice").connect(provider);
const clock = {
  now: () => 1_700_000_000_000,
  after: (_: number, run: () => void) => {
    const timer = setTimeout(run, 1);
    return () => clearTimeout(timer);
  },
};
const options = (more: object = {}): ClientOptions => ({
  signer,
  deployment: fakeDeployment(),
  blobs: createMemoryBlobStore(),
  clock,
  ...more,
});
const reader = `0x${"b0".repeat(20)}`;
const KEY_FILE = {
  keyId: KEY.keyId,
  publicKey: KEY.publicKey,
  threshold: 1,
  chainId: 31337n,
  documentRegistry: reader,
  accessGrants: reader,
  shareRequests: reader,
  keepers: 3,
} as KeyFile;
const document = `0x${"d0".repeat(32)}`;

type Loose = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
const loose = (client: object): Loose => client as Loose; // as a caller without types has it

/** What a call ends with; a loop's first event. */
const endOf = async (call: () => unknown): Promise<unknown> => {
  try {
    const result = call();
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result && "next" in result)
      return await (result as AsyncGenerator).next();
    return await result;
  } catch (error) {
    return error;
  }
};
const refusalOf = async (call: () => unknown): Promise<unknown> => {
  const end = await endOf(call);
  return end instanceof KeyquorumError ? [end.code, end.details.field] : end;
};

describe("A client's errors", () => {
  const hostile: Readonly<Record<string, () => unknown>> = {
    null: () => null,
    "a text": () => "x",
    "an empty text": () => "",
    "a number": () => Number.NaN,
    "a bigint": () => -1n,
    "a symbol": () => Symbol("s"),
    "a function": () => () => 1,
    "a list": () => [[]],
    "an object": () => ({}),
    "an object without a prototype": () => Object.create(null),
    "an object whose fields throw": () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("no");
          },
        },
      ),
    "an object that throws whatever is asked": () => {
      const refuse = (): never => {
        throw "not even an Error"; // oxlint-disable-line typescript/only-throw-error
      };
      return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse });
    },
    "a signal that is none": () => ({ signal: "x" }),
    "callbacks that are none": () => ({ onProgress: 7, onEvent: 7, signal: null }),
  };
  const client = loose(createClient(options()));
  for (const [what, make] of Object.entries(hostile))
    it(`are ours, whatever method is given ${what}`, async () => {
      const tried = Object.entries(client).flatMap(([name, method]) =>
        [[make()], [document, make()], [document, reader, make()]].map(async (args) => {
          const end = await endOf(() => method(...args));
          if (end instanceof Error) expect(end, `${name}: ${end.stack}`).to.be.instanceOf(KeyquorumError);
          else expect(end, name).to.not.equal("not even an Error");
        }),
      );
      await Promise.all(tried);
      expect(tried.length).to.be.greaterThan(100);
    });

  it("are ours also from functions that need no client", async () => {
    for (const make of Object.values(hostile)) {
      for (const call of [
        () => encryptOffline(make() as never, make() as never, make() as never),
        () => encryptOffline("x", make() as never, make() as never),
        () => createClient(make() as never),
        () => createClient({ ...options(), deployment: make() as never }),
        () => verifyReceipts(make()),
      ]) {
        const end = await endOf(call);
        if (end instanceof Error) expect(end, end.stack).to.be.instanceOf(KeyquorumError);
      }
    }
  });

  it("are ours from wallets that are locked, declined or none", async () => {
    const wallet = (answer: () => unknown) => ({
      request: async ({ method }: { method: string }) => (method === "eth_chainId" ? "0x1" : answer()),
    });
    const decline = (): never => {
      throw Object.assign(new Error("no"), { code: 4001 });
    };
    for (const [each, code] of [
      [wallet(() => []), "WALLET_UNAUTHORIZED"],
      [wallet(decline), "ACTION_REJECTED"],
    ] as const)
      expect(await endOf(() => signerFromProvider(each as never))).to.include({ code });
    for (const none of [{}, null, undefined, 7, { request: 7 }])
      expect(await endOf(() => signerFromProvider(none as never))).to.include({ code: "INVALID_VALUE" });
    const unlocked = (await endOf(() => signerFromProvider(wallet(() => [reader]) as never))) as { readonly address: string };
    expect(unlocked.address.toLowerCase()).to.equal(reader);
  });

  it("are rejections, never thrown at once", async () => {
    for (const [name, method] of Object.entries(client)) {
      const result = method(null, null, null);
      expect(result, name).to.be.an.instanceOf(Object);
      await endOf(() => result);
    }
  });

  it("are the signal's reason where it aborted", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => client.grant?.(document, reader, { signal }),
      () => client.keys?.({ signal }),
      () => client.watch?.({ signal }),
      () => client.encryptDocument?.("x", { signal }),
    ])
      expect(await endOf(call)).to.equal(reason);
  });

  it("tell a part's own failure apart from a bad value, and keep it as the cause", async () => {
    const failure = new Error("the bucket is gone");
    const blobs = { ...createMemoryBlobStore(), add: () => Promise.reject(failure), has: () => Promise.reject(failure) };
    const end = await endOf(() => loose(createClient(options({ blobs }))).store?.({ envelope: [], cid: "x" }));
    expect(end).to.include({ code: "PART_FAILED" }).with.property("cause").with.property("message", failure.message);
  });
});

describe("A client's numbers", () => {
  const bad = [Number.NaN, -1, 2.5, "2", Number.POSITIVE_INFINITY, 2n, null, true, 2 ** 53, [3]];
  const client = loose(createClient(options()));

  const clientFields: readonly (readonly [group: "policy" | "limits" | "timeouts", fields: readonly string[]])[] = [
    ["policy", Object.keys(DEFAULT_COLLECT_POLICY)],
    ["limits", Object.keys(DEFAULT_EXCHANGE_LIMITS)],
    ["timeouts", ["readMs", "transactMs", "retrievalMs", "onChainMs", "pollMs"]],
  ];
  for (const [group, fields] of clientFields)
    for (const field of fields)
      it(`refuse a bad ${group}.${field}, by its name, before anything happens`, async () => {
        for (const value of bad)
          expect(await refusalOf(() => createClient(options({ [group]: { [field]: value } }))), String(value)).to.deep.equal([
            "INVALID_VALUE",
            `${group}.${field}`,
          ]);
        if (group !== "policy") return;
        for (const value of bad)
          expect(await refusalOf(() => client.requestOffChain?.(document, { policy: { [field]: value } })), String(value)).to.deep.equal([
            "INVALID_VALUE",
            `policy.${field}`,
          ]);
      });

  it("are their defaults where they are undefined", () => {
    expect(() => createClient(options({ policy: { spare: undefined }, limits: {}, timeouts: undefined }))).to.not.throw();
  });

  it("are no longer than a timer takes: a longer one would fire at once", async () => {
    for (const timeouts of [{ readMs: 2 ** 31 }, { retrievalMs: 1e12 }, { pollMs: 0 }])
      expect((await refusalOf(() => createClient(options({ timeouts })))) as unknown[]).to.include("INVALID_VALUE");
  });

  const calls: Readonly<Record<string, (value: unknown) => unknown>> = {
    "finality.blocks": (value) => createClient(options({ finality: { kind: "confirmations", blocks: value } })),
    timeoutMs: (value) => client.requestOffChain?.(document, { timeoutMs: value }),
    "timeoutMs ": (value) => client.requestOnChain?.(document, { timeoutMs: value }),
    version: (value) => client.requestOffChain?.({ document, version: value }),
    "version ": (value) => client.rollBack?.(document, value),
    "version  ": (value) => client.withdraw?.(document, value),
    "version   ": (value) => client.describe?.({ document, version: value }),
    limit: (value) => client.listDocuments?.({ limit: value }),
    "limit ": (value) =>
      client.availableDocuments?.(reader, { limit: value, index: { refresh: async () => undefined, candidates: () => [] } }),
    epoch: (value) => client.epoch?.(value),
    slot: (value) => client.challenge?.({ requestId: document, slot: value }),
    "slot ": (value) => client.estimateChallenge?.({ requestId: document, slot: value }),
    until: (value) => client.grant?.(document, reader, { until: value }),
    "until ": (value) => client.grantMany?.(document, [{ reader, until: value }]),
    "until  ": (value) => client.delegate?.(document, reader, { until: value }),
    "until   ": (value) => client.signGrant?.(document, reader, { until: value, nonce: 0 }),
    deadline: (value) => client.signGrant?.(document, reader, { deadline: value, nonce: 0 }),
    nonce: (value) => client.signGrant?.(document, reader, { nonce: value }),
    hours: (value) => client.openSession?.({ owner: reader, hours: value }),
    fromBlock: (value) => client.watch?.({ fromBlock: value }),
    at: (value) => client.watch?.({ at: value }),
    mode: (value) => client.price?.({ mode: value }),
    "mode ": (value) => client.requestOnChain?.(document, { mode: value }),
    publicMetadata: (value) => encryptOffline("x", KEY_FILE, { owner: reader, publicMetadata: value as boolean }),
  };
  /** Of the right kind in that place. */
  const right: Readonly<Record<string, readonly unknown[]>> = {
    until: [2n],
    deadline: [2n],
    hours: [2.5],
    publicMetadata: [true],
  };
  for (const [title, call] of Object.entries(calls)) {
    const field = title.trim();
    it(`refuse a bad ${field} by its name${title === field ? "" : " (another method)"}`, async () => {
      for (const value of bad.filter((each) => !right[field]?.includes(each)))
        expect(await refusalOf(() => call(value)), String(value)).to.deep.equal(["INVALID_VALUE", field]);
    });
  }

  it("refuse an end that the chain cannot keep, by its name", async () => {
    for (const until of [1n << 64n, 1n << 300n, 0n, -1n, 0, new Date(Number.NaN), new Date(-1)])
      expect(await refusalOf(() => client.grant?.(document, reader, { until })), String(until)).to.deep.equal(["INVALID_VALUE", "until"]);
    expect(await refusalOf(() => client.grant?.(document, reader, { until: (1n << 64n) - 1n }))).to.include("CHAIN_UNAVAILABLE");
  });

  it("of wallets' announcements too", async () => {
    for (const timeoutMs of bad)
      expect(await refusalOf(() => discoverWallets({ timeoutMs: timeoutMs as number }))).to.deep.equal(["INVALID_VALUE", "timeoutMs"]);
  });
});
