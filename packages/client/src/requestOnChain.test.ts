import { type Contracts, interfaceOf } from "@keyquorum/bindings";
import { encryptShare, G, type Point, parsePoint, pointFromXY, secureRandom, toXY } from "@keyquorum/threshold";
import { type Address, answerContextOf, type DocumentHeader, headerHashOf, type RequestId, requestIdOf, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { Provider } from "ethers";
import { createChainCalls } from "./chainCalls.ts";
import { systemClock } from "./clock.ts";
import type { KeeperContact } from "./committee.ts";
import { decryptDocument } from "./decrypt.ts";
import { encryptDocument } from "./encrypt.ts";
import type { RetrievalEvent } from "./events.ts";
import { errorOf } from "./fakes/errorOf.ts";
import { fakeDeployment } from "./fakes/fakeDeployment.ts";
import { createFakeKey, type FakeMember } from "./fakes/fakeKey.ts";
import { RetrievalError } from "./outcome.ts";
import { requestContractOf } from "./requestContract.ts";
import { requestOnChain } from "./requestOnChain.ts";
import { createWebCipher } from "./webCipher.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const deployment = fakeDeployment();
const bob = address("b");
const { key, committee } = createFakeKey({ members: 3, threshold: 1 });
const keepers = committee.map(
  ({ slot, identityAddress }): KeeperContact => ({ slot, name: `Keeper ${slot}`, identity: identityAddress, endpoint: "" }),
);
const cipher = createWebCipher();

/** A chain with one contract: it takes a request and shows the answers that the test lets keepers give. */
const fakeChain = (header: DocumentHeader) => {
  const events = interfaceOf("shareRequests");
  const state = {
    request: undefined as { readonly number: bigint; readonly readerKey: Point } | undefined,
    logs: [] as { readonly address: string; readonly topics: readonly string[]; readonly data: string }[],
    time: 1_000n,
    decision: 1n,
    isMined: true,
    isKnown: true,
    refusal: undefined as Error | undefined,
  };
  const statement = () => {
    if (state.request === undefined) throw new Error("nobody has asked");
    const { number, readerKey } = state.request;
    return {
      number,
      document: header.document,
      headerHash: headerHashOf(header),
      requester: bob,
      readerKey: encode(readerKey),
      contextHash: ZERO_HASH,
    };
  };
  const requestId = (): RequestId =>
    requestIdOf({ chainId: 31337n, shareRequests: deployment.contracts.shareRequests as Address, statement: statement() });
  const receipt = () => {
    const { number, document, headerHash, requester, contextHash } = statement();
    const readerKey = toXY(parsePoint(statement().readerKey));
    const values = [
      requestId(),
      document,
      requester,
      number,
      key.keyId,
      key.epoch,
      headerHash,
      [readerKey.x, readerKey.y],
      contextHash,
      2_000n,
    ];
    const logOf = (args: readonly unknown[]) => {
      const { topics, data } = events.encodeEventLog("SharesRequested", args as never);
      return { address: deployment.contracts.shareRequests, topics, data };
    };
    // Another request of the same transaction, as a contract account could make it, comes first.
    const foreign = logOf([ZERO_HASH, document, requester, 99n, ...values.slice(4)]);
    return { status: 1, hash: "0xaa", blockNumber: 7, gasUsed: 1n, logs: [foreign, logOf(values)] };
  };
  const provider = {
    getTransactionReceipt: async () => (state.isMined ? receipt() : null),
    getTransaction: async () => (state.isKnown ? {} : null),
    getLogs: async ({ topics }: { topics: readonly string[] }) => state.logs.filter((log) => log.topics[1] === topics[1]),
    getBlock: async () => ({ timestamp: Number(state.time) }),
  } as unknown as Provider; // of a provider, only these are used
  const shareRequests = {
    price: async () => 0n,
    decide: async () => state.decision,
    request: async (_document: string, _header: string, readerKey: { x: bigint; y: bigint }) => {
      if (state.refusal !== undefined) throw state.refusal;
      state.request = { number: 1n, readerKey: pointFromXY(readerKey.x, readerKey.y) };
      return { hash: "0xaa" };
    },
  };
  const contracts = { shareRequests } as unknown as Contracts; // of the contracts, only this one is used
  const answer = ({ slot, share, verifyingShare }: FakeMember, change: (k: Point) => Point = (k) => k): void => {
    if (state.request === undefined) throw new Error("nobody has asked");
    const context = answerContextOf({ headerHash: headerHashOf(header), requestId: requestId(), keyId: key.keyId, epoch: key.epoch, slot });
    const made = encryptShare({ share, u: header.ciphertext.u, readerKey: state.request.readerKey, context, nonceKey: secureRandom(32) });
    const pair = (point: Point): bigint[] => [toXY(point).x, toXY(point).y];
    const values = [requestId(), slot, pair(verifyingShare), [pair(made.k), pair(change(made.v)), made.c, made.zs, made.zk]];
    const { topics, data } = events.encodeEventLog("ShareAnswered", values as never);
    state.logs.push({ address: deployment.contracts.shareRequests, topics, data });
  };
  const chain = {
    deployment,
    provider,
    contracts,
    calls: createChainCalls({ provider, clock: systemClock, readMs: 1_000, transactMs: 1_000, pollMs: 5 }),
    finality: { kind: "confirmations", blocks: 0 } as const,
  };
  return { state, chain, contracts, answer };
};

const encode = (point: Point): Uint8Array => point.toBytes(true);

/** Asks; `script` is called each time the client reports something. */
const ask = async (
  script: (chain: ReturnType<typeof fakeChain>, event: RetrievalEvent) => void,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
) => {
  const encrypted = encryptDocument(
    "read on chain",
    {
      chainId: 31337n,
      documentRegistry: deployment.contracts.documentRegistry as Address,
      keyId: key.keyId,
      publicKey: key.publicKey,
      owner: address("a"),
      initialPermissions: address("5"),
    },
    { cipher },
  );
  const fake = fakeChain(encrypted.header);
  if (before !== undefined) before(fake);
  const contract = requestContractOf(fake.chain, "verified");
  const context = { ...fake, clock: systemClock, random: secureRandom, pollMs: 10 };
  const result = await requestOnChain(context, {
    contract,
    header: encrypted.header,
    key,
    keepers,
    requester: bob,
    timeoutMs: options.timeoutMs ?? 1_000,
    signal: options.signal,
    onEvent: (event) => script(fake, event),
  });
  const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret: result.contentSecret, cipher });
  return { ...result, text: await opened.text() };
};
let before: ((chain: ReturnType<typeof fakeChain>) => void) | undefined;

const [one, two, three] = committee as [FakeMember, FakeMember, FakeMember];

describe("requestOnChain, n = 3, t = 1", () => {
  afterEach(() => {
    before = undefined;
  });

  it("reads with q answers, and tells of each", async () => {
    const told: string[] = [];
    const { text, report } = await ask((chain, event) => {
      told.push(event.kind === "answered" ? `${event.name} ${event.have}/${event.need}` : event.kind);
      if (event.kind === "requested") chain.answer(three);
      if (event.kind === "answered" && event.slot === 3) chain.answer(one);
    });
    expect(text).to.equal("read on chain");
    expect(report.used).to.deep.equal([1, 3]);
    expect(told).to.deep.equal(["requested", "Keeper 3 1/2", "Keeper 1 2/2", "combined"]);
  });

  it("drops an answer whose proof does not verify, and names its keeper", async () => {
    const { report, text } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      chain.answer(one, (v) => v.add(G));
      chain.answer(two);
      chain.answer(three);
    });
    expect(text).to.equal("read on chain");
    expect(report.used).to.deep.equal([2, 3]);
    expect(report.failed.map(({ slot, code }) => [slot, code])).to.deep.equal([[1, "INVALID_PROOF"]]);
  });

  it("says UNAVAILABLE when the deadline passes, and who was silent", async () => {
    const error = await errorOf(
      ask((chain, event) => {
        if (event.kind === "requested") chain.answer(two);
        else chain.state.time = 2_001n;
      }),
    );
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
    if (!(error instanceof RetrievalError)) throw error;
    expect([error.have, error.need, error.perKeeper.map(({ slot }) => slot)]).to.deep.equal([1, 2, [1, 3]]);
  });

  it("says UNAVAILABLE when the caller's time is over", async () => {
    expect((await errorOf(ask(() => undefined, { timeoutMs: 50 }))).code).to.equal("UNAVAILABLE");
  });

  it("says ACCESS_DENIED when the silence has that reason", async () => {
    const error = await errorOf(
      ask((chain) => {
        chain.state.decision = 0n;
        chain.state.time = 2_001n;
      }),
    );
    expect([error.code, error.retryable]).to.deep.equal(["ACCESS_DENIED", false]);
  });

  it("says UNKNOWN_DOCUMENT when the version was withdrawn meanwhile", async () => {
    const error = await errorOf(
      ask((chain) => {
        chain.state.decision = 3n;
        chain.state.time = 2_001n;
      }),
    );
    expect(error.code).to.equal("UNKNOWN_DOCUMENT");
  });

  it("says ACCESS_DENIED when the contract refuses the request", async () => {
    before = ({ state }) => {
      const data = interfaceOf("shareRequests").encodeErrorResult("ShareRequestsDenied", [ZERO_HASH, bob]);
      state.refusal = Object.assign(new Error("execution reverted"), { code: "CALL_EXCEPTION", data });
    };
    expect((await errorOf(ask(() => undefined))).code).to.equal("ACCESS_DENIED");
  });

  it("follows a request that a reorganisation gave another number", async () => {
    let isMoved = false;
    const ids: string[] = [];
    const { text } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      ids.push(event.requestId);
      if (isMoved) {
        chain.answer(one);
        chain.answer(two);
        return;
      }
      isMoved = true;
      setTimeout(() => {
        if (chain.state.request !== undefined) chain.state.request = { ...chain.state.request, number: 2n };
      }, 30);
    });
    expect(text).to.equal("read on chain");
    expect(new Set(ids).size).to.equal(2);
  });

  it("says UNAVAILABLE when a reorganisation removed the request", async () => {
    const started = performance.now();
    const error = await errorOf(
      ask(
        (chain) => {
          chain.state.isMined = false;
          chain.state.isKnown = false;
        },
        { timeoutMs: 5_000 },
      ),
    );
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
    expect(performance.now() - started).to.be.below(2_000);
  });

  it("waits while the transaction waits again", async () => {
    const { text } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      chain.state.isMined = false;
      setTimeout(() => {
        chain.state.isMined = true;
        chain.answer(one);
        chain.answer(three);
      }, 150);
    });
    expect(text).to.equal("read on chain");
  });

  it("does not give up a request that is paid for when the node stumbles", async () => {
    const { text } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      const { provider } = chain.chain;
      const { getLogs, getBlock } = provider;
      const fail = () => Promise.reject(new Error("the node stumbles"));
      Object.assign(provider, { getLogs: fail, getBlock: fail });
      setTimeout(() => {
        Object.assign(provider, { getLogs, getBlock });
        chain.answer(one);
        chain.answer(two);
      }, 60);
    });
    expect(text).to.equal("read on chain");
  });

  it("stops when the caller aborts", async () => {
    const aborting = new AbortController();
    const reason = new Error("enough");
    const error = await ask(() => aborting.abort(reason), { signal: aborting.signal }).catch((caught: unknown) => caught);
    expect(error).to.equal(reason);
  });
});
