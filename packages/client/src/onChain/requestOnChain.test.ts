import { type Contracts, interfaceOf } from "@keyquorum/bindings";
import { encryptShare, G, type Point, parsePoint, pointFromXY, secureRandom, toXY } from "@keyquorum/threshold";
import { type Address, answerContextOf, type DocumentHeader, headerHashOf, type RequestId, requestIdOf, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { id, type Provider } from "ethers";
import { createChainCalls } from "../chain/chainCalls.ts";
import { decryptDocument } from "../content/decrypt.ts";
import { createWebCipher } from "../content/webCipher.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { fakeDeployment } from "../fakes/fakeDeployment.ts";
import { createFakeKey, dealFakeKey, decompress, type FakeMember } from "../fakes/fakeKey.ts";
import type { KeeperContact } from "../keys/committee.ts";
import { encryptDocument } from "../publish/encrypt.ts";
import type { RetrievalEvent } from "../read/events.ts";
import { RetrievalError } from "../read/outcome.ts";
import { systemClock } from "../time/clock.ts";
import { type OnChainMode, requestContractOf } from "./requestContract.ts";
import { requestOnChain } from "./requestOnChain.ts";
import type { RequestsInFlight } from "./requestsInFlight.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const deployment = fakeDeployment();
const bob = address("b");
const { key, committee, secret } = createFakeKey({ members: 3, threshold: 1 });
/** The same key after a hand-over, with another q. */
const moved = dealFakeKey({ keyId: key.keyId, secret, slots: [2, 3, 4, 5, 6], threshold: 2, epoch: 2 });
const keepers = committee.map(
  ({ slot, identityAddress }): KeeperContact => ({ slot, name: `Keeper ${slot}`, identity: identityAddress, endpoint: "" }),
);
const cipher = createWebCipher();

/** A chain with one contract: it takes a request and shows the answers that the test lets keepers give. */
const fakeChain = (header: DocumentHeader, mode: OnChainMode) => {
  const name = mode === "verified" ? "shareRequests" : "optimisticRequests";
  const contractAddress = deployment.contracts[name] as Address; // a deployment's addresses are lower case
  const events = interfaceOf(name);
  const state = {
    request: undefined as { readonly number: bigint; readonly readerKey: Point } | undefined,
    logs: [] as {
      readonly address: string;
      readonly topics: readonly string[];
      readonly data: string;
      readonly transactionHash: string;
    }[],
    /** Merkle paths by slot, as the answers' transactions carry them. */
    paths: new Map<number, readonly string[]>(),
    time: 1_000n,
    decision: 1n,
    isMined: true,
    isKnown: true,
    refusal: undefined as Error | undefined,
    price: 0n,
    /** The epoch in which the key is active at the head. */
    epoch: 1,
    paid: undefined as bigint | undefined,
    /** How many requests were paid for. */
    sends: 0,
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
  const requestId = (): RequestId => requestIdOf({ chainId: 31337n, shareRequests: contractAddress, statement: statement() });
  const receipt = () => {
    const { number, document, headerHash, requester, contextHash } = statement();
    const readerKey = toXY(parsePoint(statement().readerKey));
    const values = [
      requestId(),
      document,
      requester,
      number,
      key.keyId,
      state.epoch,
      headerHash,
      [readerKey.x, readerKey.y],
      contextHash,
      2_000n,
    ];
    const logOf = (args: readonly unknown[]) => {
      const { topics, data } = events.encodeEventLog("SharesRequested", args as never);
      return { address: contractAddress, topics, data };
    };
    // Another request of the same transaction, as a contract account could make it, comes first.
    const foreign = logOf([ZERO_HASH, document, requester, 99n, ...values.slice(4)]);
    return { status: 1, hash: "0xaa", blockNumber: 7, gasUsed: 1n, logs: [foreign, logOf(values)] };
  };
  const provider = {
    getTransactionReceipt: async () => (state.isMined ? receipt() : null),
    getTransaction: async (hash: string) => {
      const slot = committee.find((member) => id(`answer ${member.slot}`) === hash)?.slot;
      if (slot !== undefined) return { data: answerData(slot) };
      return state.isKnown ? {} : null;
    },
    getLogs: async ({ topics }: { topics: readonly string[] }) => state.logs.filter((log) => log.topics[1] === topics[1]),
    getBlock: async () => ({ timestamp: Number(state.time) }),
  } as unknown as Provider; // of a provider, only these are used
  /** A direct call of `answer`, of which only the path matters; another call where the test gives no path. */
  const answerData = (slot: number): string => {
    const path = state.paths.get(slot);
    if (path === undefined) return "0x12345678";
    const point = { x: 1n, y: 1n };
    const share = { k: point, v: point, c: 1n, zs: 1n, zk: 1n };
    return interfaceOf("optimisticRequests").encodeFunctionData("answer", [
      requestId(),
      { slot, verifyingShare: point, path: [...path], share },
    ]);
  };
  const requests = {
    price: async () => state.price,
    decide: async () => state.decision,
    request: async (
      _document: string,
      _header: string,
      readerKey: { x: bigint; y: bigint },
      _context: string,
      { value }: { value: bigint },
    ) => {
      state.paid = value;
      if (state.refusal !== undefined) throw state.refusal;
      const fee = state.price * BigInt(state.epoch === 1 ? 2 : 3);
      if (value !== fee)
        throw Object.assign(new Error("execution reverted"), {
          code: "CALL_EXCEPTION",
          data: interfaceOf("shareRequests").encodeErrorResult("RequestWrongFee", [value, fee]),
        });
      state.sends += 1;
      state.request = { number: 1n, readerKey: pointFromXY(readerKey.x, readerKey.y) };
      return { hash: "0xaa" };
    },
  };
  const keyGeneration = {
    keyOf: async () => ({ activeEpoch: BigInt(state.epoch) }),
    keyEpochOf: async (_keyId: string, epoch: number) => {
      const { threshold, slots, commitmentsHash, verifyingRoot } = epoch === 1 ? key : moved.key;
      const committee = slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
      return { threshold: BigInt(threshold), members: BigInt(slots.length), committee, commitmentsHash, verifyingRoot };
    },
  };
  const keeperRegistry = {
    committeeOf: async () => moved.committee.map(({ slot, identity }) => ({ slot: BigInt(slot), identityKey: decompress(identity) })),
    keepers: async () =>
      moved.committee.map(({ slot }) => ({ slot: BigInt(slot), name: `Keeper ${slot}`, endpoint: "", removed: slot === 6 })),
  };
  const contracts = { shareRequests: requests, optimisticRequests: requests, keyGeneration, keeperRegistry } as unknown as Contracts; // of the contracts, only these are used
  const answer = (
    { slot, share, verifyingShare }: FakeMember,
    change: (v: Point) => Point | { readonly x: bigint; readonly y: bigint } = (v) => v,
  ): void => {
    if (state.request === undefined) throw new Error("nobody has asked");
    const context = answerContextOf({
      headerHash: headerHashOf(header),
      requestId: requestId(),
      keyId: key.keyId,
      epoch: state.epoch,
      slot,
    });
    const made = encryptShare({ share, u: header.ciphertext.u, readerKey: state.request.readerKey, context, nonceKey: secureRandom(32) });
    const pair = (point: Point | { readonly x: bigint; readonly y: bigint }): bigint[] => {
      const { x, y } = "multiply" in point ? toXY(point) : point;
      return [x, y];
    };
    const values = [requestId(), slot, pair(verifyingShare), [pair(made.k), pair(change(made.v)), made.c, made.zs, made.zk]];
    const { topics, data } = events.encodeEventLog("ShareAnswered", values as never);
    state.logs.push({ address: contractAddress, topics, data, transactionHash: id(`answer ${slot}`) });
  };
  const chain = {
    deployment,
    provider,
    contracts,
    calls: createChainCalls({ provider, clock: systemClock, readMs: 1_000, transactMs: 300, pollMs: 5 }),
    finality: { kind: "confirmations", blocks: 0 } as const,
  };
  return { state, chain, contracts, answer };
};

const encode = (point: Point): Uint8Array => point.toBytes(true);

/** Asks; `script` is called each time the client reports something. */
const ask = async (
  script: (chain: ReturnType<typeof fakeChain>, event: RetrievalEvent) => void,
  options: { timeoutMs?: number; signal?: AbortSignal; mode?: OnChainMode } = {},
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
  const mode = options.mode ?? "verified";
  const fake = fakeChain(encrypted.header, mode);
  if (before !== undefined) before(fake);
  const contract = requestContractOf(fake.chain, mode);
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

  it("pays q times the price, and says so", async () => {
    before = ({ state }) => {
      state.price = 7n;
    };
    let told: unknown;
    let paid: unknown;
    await ask((chain, event) => {
      if (event.kind !== "requested") return;
      [told, paid] = [event.fee, chain.state.paid];
      chain.answer(one);
      chain.answer(two);
    });
    expect([told, paid]).to.deep.equal([14n, 14n]);
  });

  it("keeps what is public of it for the receipts", async () => {
    const { report } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      chain.answer(one);
      chain.answer(two);
    });
    const { record } = report;
    if (record.kind !== "chain") throw new Error("this was asked on chain");
    expect(record.contract).to.equal(deployment.contracts.shareRequests);
    expect(record.request).to.include({ number: 1n, requester: bob, transaction: "0xaa", blockNumber: 7 });
    expect(record.answers.map(({ slot, transaction }) => [slot, transaction])).to.deep.equal([
      [1, id("answer 1")],
      [2, id("answer 2")],
    ]);
  });

  describe("that ended without an outcome, and the same call again", () => {
    /** One client's memory, one document, one chain. */
    const createReader = () => {
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
      const fake = fakeChain(encrypted.header, "verified");
      const inFlight: RequestsInFlight = new Map();
      const context = { ...fake, clock: systemClock, random: secureRandom, pollMs: 5, inFlight };
      const contract = requestContractOf(fake.chain, "verified");
      const read = (options: { timeoutMs?: number; signal?: AbortSignal; onEvent?: (event: RetrievalEvent) => void } = {}) =>
        requestOnChain(context, { contract, header: encrypted.header, key, keepers, requester: bob, timeoutMs: 1_000, ...options });
      const textOf = async (contentSecret: Uint8Array): Promise<string> =>
        (await decryptDocument({ envelope: encrypted.envelope, contentSecret, cipher })).text();
      const kept = (): number => [...inFlight.values()].flat().length;
      return { fake, read, textOf, kept };
    };

    it("continues where the reader's time was over, and pays once", async () => {
      const { fake, read, textOf, kept } = createReader();
      expect((await errorOf(read({ timeoutMs: 250 }))).code).to.equal("UNAVAILABLE");
      expect(kept()).to.equal(1);
      fake.answer(one);
      fake.answer(three);
      expect(await textOf((await read()).contentSecret)).to.equal("read on chain");
      expect([fake.state.sends, kept()]).to.deep.equal([1, 0]);
    });

    it("continues where the reader aborted", async () => {
      const { fake, read, textOf } = createReader();
      const aborting = new AbortController();
      const onEvent = (event: RetrievalEvent): void => {
        if (event.kind === "requested") setTimeout(() => aborting.abort(new Error("enough")), 10);
      };
      expect(await read({ signal: aborting.signal, onEvent }).catch((error: Error) => error.message)).to.equal("enough");
      fake.answer(two);
      fake.answer(three);
      expect(await textOf((await read()).contentSecret)).to.equal("read on chain");
      expect(fake.state.sends).to.equal(1);
    });

    it("uses the same key, and the same fee, where nobody knows whether the transaction was mined", async () => {
      const { fake, read, kept } = createReader();
      fake.state.isMined = false;
      const error = await errorOf(read());
      expect([error.code, error.details, kept()]).to.deep.equal(["TRANSACTION_PENDING", { transaction: "0xaa" }, 1]);
      const [before, paid] = [fake.state.request?.readerKey, fake.state.paid];
      await errorOf(read()); // this chain takes any call; a signer of ours continues with the same transaction (afterSend.test.ts)
      expect(fake.state.request?.readerKey.equals(before as Point)).to.equal(true);
      expect([fake.state.paid, kept()]).to.deep.equal([paid, 1]);
    });

    it("asks again where the earlier one is over, with another key", async () => {
      const { fake, read, kept } = createReader();
      expect((await errorOf(read({ timeoutMs: 250 }))).code).to.equal("UNAVAILABLE");
      const before = fake.state.request?.readerKey as Point;
      fake.state.time = 3_000n;
      const onEvent = (): void => {
        if (fake.state.sends < 2) return;
        fake.state.time = 1_000n;
      };
      expect((await errorOf(read({ timeoutMs: 200, onEvent }))).code).to.equal("UNAVAILABLE");
      expect([fake.state.sends, fake.state.request?.readerKey.equals(before), kept()]).to.deep.equal([2, false, 1]);
    });

    it("keeps nothing of what was refused, served or over", async () => {
      const { fake, read, kept } = createReader();
      fake.state.refusal = Object.assign(new Error("execution reverted"), {
        code: "CALL_EXCEPTION",
        data: interfaceOf("shareRequests").encodeErrorResult("RequestDenied", [ZERO_HASH, bob]),
      });
      expect((await errorOf(read())).code).to.equal("ACCESS_DENIED");
      fake.state.refusal = undefined;
      fake.state.time = 3_000n;
      expect((await errorOf(read())).code).to.equal("UNAVAILABLE");
      expect(kept()).to.equal(0);
    });

    it("is not part of another call at the same time: both pay", async () => {
      const { fake, read, kept } = createReader();
      await Promise.all([errorOf(read({ timeoutMs: 250 })), errorOf(read({ timeoutMs: 250 }))]);
      expect([fake.state.sends, kept()]).to.deep.equal([2, 2]);
    });
  });

  describe("of an optimistic request", () => {
    const optimistic = { mode: "optimistic" } as const;
    const pathsOf = (members: readonly FakeMember[]) => new Map(members.map(({ slot, path }) => [slot, path]));

    it("stops at q right answers, past wrong ones, with what convicts their keepers", async () => {
      const { report, text } = await ask((chain, event) => {
        chain.state.paths = pathsOf(committee);
        if (event.kind !== "requested") return;
        chain.answer(one, (v) => v.add(G));
        chain.answer(two);
        chain.answer(three);
      }, optimistic);
      expect(text).to.equal("read on chain");
      expect(report.used).to.deep.equal([2, 3]);
      expect(report.failed).to.have.length(1);
      expect(report.failed[0]).to.deep.include({
        slot: 1,
        code: "INVALID_PROOF",
        evidence: { format: "keyquorum-posted-fault", requestId: report.requestId, slot: 1 },
      });
    });

    it("convicts a keeper whose answer holds no points at all", async () => {
      const { report } = await ask((chain, event) => {
        if (event.kind !== "requested") return;
        chain.answer(one, () => ({ x: 1n, y: 1n }));
        chain.answer(two);
        chain.answer(three);
      }, optimistic);
      expect(report.failed.map(({ slot, code, evidence }) => [slot, code, evidence?.format])).to.deep.equal([
        [1, "INVALID_POINT", "keyquorum-posted-fault"],
      ]);
    });

    it("accuses nobody of a verifying share that the key's root does not commit to: the contract would not have taken it", async () => {
      const { report } = await ask((chain, event) => {
        chain.state.paths = pathsOf([{ ...one, path: two.path }, two, three]);
        if (event.kind !== "requested") return;
        chain.answer(one);
        chain.answer(two);
        chain.answer(three);
      }, optimistic);
      expect(report.used).to.deep.equal([2, 3]);
      expect(report.failed.map(({ slot, code, evidence }) => [slot, code, evidence])).to.deep.equal([
        [1, "INVALID_MERKLE_PATH", undefined],
      ]);
    });

    it("takes no answer of the other contract for its own", async () => {
      const error = await errorOf(
        ask(
          (chain, event) => {
            if (event.kind !== "requested") return;
            chain.answer(one);
            chain.answer(two);
            chain.state.logs = chain.state.logs.map((log) => ({ ...log, address: deployment.contracts.shareRequests }));
          },
          { ...optimistic, timeoutMs: 100 },
        ),
      );
      expect(error.code).to.equal("UNAVAILABLE");
    });

    it("says ACCESS_DENIED when the contract refuses it", async () => {
      before = ({ state }) => {
        const data = interfaceOf("optimisticRequests").encodeErrorResult("RequestDenied", [ZERO_HASH, bob]);
        state.refusal = Object.assign(new Error("execution reverted"), { code: "CALL_EXCEPTION", data });
      };
      expect((await errorOf(ask(() => undefined, optimistic))).code).to.equal("ACCESS_DENIED");
    });
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
      const data = interfaceOf("shareRequests").encodeErrorResult("RequestDenied", [ZERO_HASH, bob]);
      state.refusal = Object.assign(new Error("execution reverted"), { code: "CALL_EXCEPTION", data });
    };
    expect((await errorOf(ask(() => undefined))).code).to.equal("ACCESS_DENIED");
  });

  it("is served in the epoch that it pinned, where the key moved before it was mined", async () => {
    before = ({ state }) => {
      state.epoch = 2;
    };
    const [two2, three2, four2] = moved.committee as [FakeMember, FakeMember, FakeMember];
    const { text, report } = await ask((chain, event) => {
      if (event.kind !== "requested") return;
      for (const member of [two2, three2, four2]) chain.answer(member);
    });
    expect([text, report.epoch, report.quorum, report.used]).to.deep.equal(["read on chain", 2, 3, [2, 3, 4]]);
    if (report.record.kind !== "chain") throw new Error("this was asked on chain");
    expect(report.record.key.verifyingRoot).to.equal(moved.key.verifyingRoot);
  });

  it("pays what that epoch's q costs", async () => {
    before = ({ state }) => {
      state.epoch = 2;
      state.price = 7n;
    };
    let told: unknown;
    await ask((chain, event) => {
      if (event.kind !== "requested") return;
      told = event.fee;
      for (const member of moved.committee) chain.answer(member);
    });
    expect(told).to.equal(21n);
  });

  it("does not name a removed keeper among the silent ones", async () => {
    before = ({ state }) => {
      state.epoch = 2;
    };
    const error = await errorOf(ask(() => undefined, { timeoutMs: 250 }));
    if (!(error instanceof RetrievalError)) throw error;
    expect(error.perKeeper.map(({ slot }) => slot)).to.deep.equal([2, 3, 4, 5]);
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
        { timeoutMs: 100_000 },
      ),
    );
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
    expect(performance.now() - started, "not to the end of its time").to.be.below(50_000);
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
