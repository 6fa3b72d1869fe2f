import { createMemoryBlobStore } from "@keyquorum/blobs";
import type { Address, DocumentId, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { BrowserProvider, ContractFactory, getCreateAddress, type Signer, Wallet } from "ethers";
import { createClient, type KeyquorumClient } from "../client.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { createFakeRpcChain, type FakeRpcChain, rpcError } from "../fakes/fakeRpcChain.ts";
import { viemKey, viemWallet } from "../fakes/viemClients.ts";
import { connectSigning } from "../node/connectSigning.ts";
import type { ViemClient } from "../wallets/viem.ts";
import { signerFromProvider } from "../wallets/wallets.ts";
import type { TransactionEvent } from "./transactionEvents.ts";

const document = `0x${"d0".repeat(32)}` as DocumentId;
const reader = `0x${"b0".repeat(20)}` as Address;

/** Whose keys the two kinds of accounts hold: a wallet of its own, or this process. */
const KINDS: Readonly<Record<string, (chain: FakeRpcChain) => Promise<Signer | ViemClient>>> = {
  "a wallet": (chain) => signerFromProvider(chain.wallet),
  "a key in this process": async (chain) => {
    const key = new Wallet(`0x${"11".repeat(32)}`);
    chain.state.account = key.address.toLowerCase();
    return key.connect(new BrowserProvider(chain.wallet, 31337, { cacheTimeout: -1 }));
  },
  "a wallet client of viem's": async (chain) => viemWallet(chain),
  "a key of viem's in this process": async (chain) => viemKey(chain),
};

const sendMethods = ["eth_sendTransaction", "eth_sendRawTransaction"];
const clientOf = (
  chain: FakeRpcChain,
  signer: Signer | ViemClient,
  { transactMs = 5_000, events = [] as TransactionEvent[] } = {},
): KeyquorumClient =>
  createClient({
    signer,
    deployment: chain.deployment,
    blobs: createMemoryBlobStore(),
    timeouts: { pollMs: 2, transactMs, readMs: 200 },
    onTransaction: (event) => events.push(event),
  });
const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
};
/** Fails a method so often, in one of the ways in which nodes fail. */
const failing = (chain: FakeRpcChain, methods: readonly string[], times: number, fail: (method: string) => unknown): void => {
  let left = times;
  chain.state.before = async (method) => {
    if (!methods.includes(method) || left === 0) return undefined;
    left -= 1;
    return fail(method);
  };
};
const throwing = (error: Error) => () => {
  throw error;
};
const HTML = "<html>502 Bad Gateway</html>";
const FAILURES: Readonly<Record<string, () => unknown>> = {
  "-32000 transaction indexing is in progress": throwing(rpcError(-32000, "transaction indexing is in progress")),
  "502": throwing(Object.assign(new Error("server response 502 Bad Gateway"), { code: "SERVER_ERROR" })),
  HTML: () => HTML,
  "a reset": throwing(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })),
  "429 inside of 200": throwing(rpcError(429, "too many requests")),
  null: () => null,
};
const looks = ["eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getTransactionCount"];

it("After the send, by each kind of signer, it says TRANSACTION_PENDING with the hash when its time is over, and tells the hash before and every two seconds", async () => {
  const waitBy = async (kind: string, signerOf: (typeof KINDS)[string]): Promise<void> => {
    const chain = createFakeRpcChain();
    chain.state.automine = false;
    const events: TransactionEvent[] = [];
    const client = clientOf(chain, await signerOf(chain), { transactMs: 2_300, events });
    const error = await errorOf(client.revoke(document, reader));
    const hash = chain.state.pending[0]?.hash;
    expect([error.code, error.retryable, error.details], kind).to.deep.equal(["TRANSACTION_PENDING", true, { transaction: hash }]);
    expect(error.message).to.include(hash);
    expect(
      events.map((event) => [event.kind, event.hash]),
      kind,
    ).to.deep.equal([
      ["signed", hash],
      ["sent", hash],
      ["waiting", hash],
    ]);
  };
  await Promise.all(Object.entries(KINDS).map(([kind, signerOf]) => waitBy(kind, signerOf))); // each waits for two real seconds
});

for (const [kind, signerOf] of Object.entries(KINDS))
  describe(`After the send, by ${kind}`, () => {
    for (const [name, fail] of Object.entries(FAILURES))
      it(`goes on looking where the first looks answer ${name}`, async () => {
        const chain = createFakeRpcChain();
        const client = clientOf(chain, await signerOf(chain));
        let isSent = false;
        let left = 7;
        chain.state.before = async (method) => {
          if (sendMethods.includes(method)) isSent = true;
          if (!isSent || !looks.includes(method) || left === 0) return undefined;
          left -= 1;
          return fail();
        };
        const { hash } = await client.revoke(document, reader);
        expect([left, chain.mined().map((sent) => sent.hash)]).to.deep.equal([0, [hash]]);
      });

    it("continues where a look is never answered", async () => {
      const chain = createFakeRpcChain();
      const client = clientOf(chain, await signerOf(chain));
      failing(chain, ["eth_getTransactionReceipt"], 1, () => new Promise(() => undefined));
      expect((await client.revoke(document, reader)).hash).to.equal(chain.mined()[0]?.hash);
    });

    it("tells the hash before the caller aborts, and throws the caller's reason", async () => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      const events: TransactionEvent[] = [];
      const client = clientOf(chain, await signerOf(chain), { events });
      const aborting = new AbortController();
      const revoking = client.revoke(document, reader, { signal: aborting.signal });
      await until(() => events.some((event) => event.kind === "sent"));
      const reason = new Error("enough");
      aborting.abort(reason);
      expect(await revoking.catch((caught: unknown) => caught)).to.equal(reason);
      expect(events.at(-1)).to.deep.equal({ kind: "sent", what: "The revocation", hash: chain.state.pending[0]?.hash });
    });

    /** Sends, replaces what is sent, and mines that. */
    const replacing = async (change: Parameters<FakeRpcChain["replacementOf"]>[1], isSeen = true) => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      const events: TransactionEvent[] = [];
      const client = clientOf(chain, await signerOf(chain), { events });
      if (!isSeen) chain.state.before = async (method) => (method === "eth_getTransactionByHash" ? null : undefined);
      const revoking = client.revoke(document, reader);
      await until(() => events.some((event) => event.kind === "sent"));
      if (isSeen) await until(() => chain.countOf("eth_getTransactionReceipt") > 2);
      const [sent] = chain.state.pending;
      if (sent === undefined) throw new Error("nothing was sent");
      const other = chain.replacementOf(sent, change);
      chain.mine();
      chain.mine(other);
      return { revoking, sent, other, events, client, chain };
    };

    it("takes the same call with a higher fee for this one (speed up)", async () => {
      const { revoking, sent, other, events } = await replacing({});
      expect((await revoking).hash).to.equal(other.hash);
      expect(events.map((event) => event.kind).slice(-3)).to.deep.equal(["sent", "repriced", "mined"]);
      expect(events.at(-2)).to.deep.equal({ kind: "repriced", what: "The revocation", hash: sent.hash, by: other.hash });
    });

    it("takes it also where the node never showed the first one", async () => {
      const { revoking, other } = await replacing({}, false);
      expect((await revoking).hash).to.equal(other.hash);
    });

    it("says TRANSACTION_CANCELLED, final, with both hashes, where the wallet cancelled it", async () => {
      const chainAccount = createFakeRpcChain();
      await signerOf(chainAccount);
      const { revoking, sent, other } = await replacing({ to: chainAccount.state.account, data: "0x" });
      const error = await errorOf(revoking);
      expect([error.code, error.retryable, error.details]).to.deep.equal([
        "TRANSACTION_CANCELLED",
        false,
        { transaction: sent.hash, replacedBy: other.hash },
      ]);
    });

    for (const [name, change] of Object.entries({
      "another value": { value: 1n },
      "another contract": { to: reader.toLowerCase() },
      "other data": { data: "0x12345678" },
    }))
      it(`says TRANSACTION_REPLACED, with both hashes, where ${name} was sent with its nonce`, async () => {
        const { revoking, sent, other } = await replacing(change);
        const error = await errorOf(revoking);
        expect([error.code, error.details]).to.deep.equal(["TRANSACTION_REPLACED", { transaction: sent.hash, replacedBy: other.hash }]);
      });

    it("waits where a second node lags: the nonce has passed, and the receipt is not there yet", async () => {
      const chain = createFakeRpcChain();
      const client = clientOf(chain, await signerOf(chain));
      failing(chain, ["eth_getTransactionReceipt"], 5, () => null);
      expect((await client.revoke(document, reader)).hash).to.equal(chain.mined()[0]?.hash);
    });

    it("says why a mined transaction failed where the node cannot, with the hash", async () => {
      const chain = createFakeRpcChain();
      const client = clientOf(chain, await signerOf(chain));
      chain.state.before = async (method, params) => {
        if (method === "eth_call" && chain.mined().length > 0) throw rpcError(-32000, "header not found");
        if (method !== "eth_getTransactionReceipt") return undefined;
        const receipt = chain.answer(method, params) as object | null;
        return receipt === null ? undefined : { ...receipt, status: "0x0", logs: [] };
      };
      const error = await errorOf(client.revoke(document, reader));
      expect([error.code, error.details]).to.deep.equal(["TRANSACTION_REFUSED", { transaction: chain.mined()[0]?.hash }]);
    });

    it("continues with it when the same call comes again, and pays once", async () => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      // Long enough for a machine that is busy to see that it was mined; the two before wait for all of it.
      const client = clientOf(chain, await signerOf(chain), { transactMs: 1_000 });
      expect((await errorOf(client.revoke(document, reader))).code).to.equal("TRANSACTION_PENDING");
      expect((await errorOf(client.revoke(document, reader))).code).to.equal("TRANSACTION_PENDING");
      const [sent] = chain.state.pending;
      chain.mine(...chain.state.pending);
      expect((await client.revoke(document, reader)).hash).to.equal(sent?.hash);
      expect(chain.mined()).to.have.length(1);
      chain.state.automine = true;
      await client.revoke(document, reader); // a further one, now that the first is done
      expect(chain.mined()).to.have.length(2);
    });

    it("continues with it after the caller aborted, also where it was replaced since", async () => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      const events: TransactionEvent[] = [];
      const client = clientOf(chain, await signerOf(chain), { events });
      const aborting = new AbortController();
      const revoking = client.revoke(document, reader, { signal: aborting.signal }).catch(() => "aborted");
      await until(() => events.some((event) => event.kind === "sent") && chain.countOf("eth_getTransactionReceipt") > 1);
      aborting.abort();
      expect(await revoking).to.equal("aborted");
      const [sent] = chain.state.pending;
      if (sent === undefined) throw new Error("nothing was sent");
      const other = chain.replacementOf(sent);
      chain.mine(other);
      expect((await client.revoke(document, reader)).hash).to.equal(other.hash);
      expect(chain.mined()).to.have.length(1);
    });

    it("sends it again where another call since may have undone it, and says of none that it is done by the other", async () => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      const client = clientOf(chain, await signerOf(chain), { transactMs: 150 });
      const [one, other] = [reader, `0x${"b1".repeat(20)}` as Address];
      const steps = [
        () => client.dismiss(document, one),
        () => client.appoint(document, one),
        () => client.dismiss(document, other), // undoes nothing of the first
        () => client.dismiss(document, one),
        () => client.dismiss(document, other),
      ];
      for (const step of steps) expect((await errorOf(step())).code).to.equal("TRANSACTION_PENDING");
      const sent = chain.state.pending.map(({ data }) => [data.slice(0, 10), data.slice(-2)]);
      const [dismiss, appoint] = [sent[0]?.[0], sent[1]?.[0]];
      expect(sent).to.deep.equal([
        [dismiss, "b0"],
        [appoint, "b0"],
        [dismiss, "b1"],
        [dismiss, "b0"],
      ]);
    });

    it("sends it again after it was cancelled", async () => {
      const { revoking, client, chain } = await replacing({ data: "0x12345678" });
      await errorOf(revoking);
      chain.state.automine = true;
      await client.revoke(document, reader);
      expect(chain.mined()).to.have.length(2);
    });

    it("sends several calls at the same time, each with a nonce of its own", async () => {
      const chain = createFakeRpcChain();
      const client = clientOf(chain, await signerOf(chain));
      const readers = ["b1", "b2", "b3"].map((byte) => `0x${byte.repeat(20)}` as Address);
      await Promise.all(readers.map((one) => client.revoke(document, one)));
      expect(chain.mined().map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2]);
    });

    it("sends the next call where the one before it was refused", async () => {
      const chain = createFakeRpcChain();
      const client = clientOf(chain, await signerOf(chain));
      failing(chain, sendMethods, 1, throwing(rpcError(-32000, "insufficient funds for gas * price + value")));
      const [first, second] = await Promise.allSettled([client.revoke(document, reader), client.endSessions()]);
      expect([first.status, second.status, chain.mined().length].sort()).to.deep.equal([1, "fulfilled", "rejected"]);
    });

    // The answer to the send itself.
    for (const [name, answer] of Object.entries({
      "already known": rpcError(-32000, "already known"),
      "nonce too low": rpcError(-32000, "nonce too low"),
      "ALREADY_EXISTS: already known": rpcError(-32010, "Transaction with the same hash was already imported."),
      "502": Object.assign(new Error("server response 502 Bad Gateway"), { code: "SERVER_ERROR" }),
      "a reset": Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
      "an internal error": rpcError(-32603, "Internal error"),
    }))
      it(`finds the transaction where the node took it and answered ${name}`, async () => {
        const chain = createFakeRpcChain();
        const client = clientOf(chain, await signerOf(chain));
        let isLost = true;
        chain.state.before = async (method, params) => {
          if (!sendMethods.includes(method) || !isLost) return undefined;
          isLost = false;
          chain.answer(method, params);
          throw answer;
        };
        const { hash } = await client.revoke(document, reader);
        expect(chain.mined().map((sent) => sent.hash)).to.deep.equal([hash]);
      });

    it("finds it too where it is mined only later", async () => {
      const chain = createFakeRpcChain();
      chain.state.automine = false;
      const client = clientOf(chain, await signerOf(chain));
      let isLost = true;
      chain.state.before = async (method, params) => {
        if (!sendMethods.includes(method) || !isLost) return undefined;
        isLost = false;
        chain.answer(method, params);
        setTimeout(() => chain.mine(...chain.state.pending), 60);
        throw rpcError(-32603, "Internal error");
      };
      const { hash } = await client.revoke(document, reader);
      expect(chain.mined().map((sent) => sent.hash)).to.deep.equal([hash]);
    });

    for (const [name, [error, code]] of Object.entries({
      "the user's no": [rpcError(4001, "User rejected the request."), ["ACTION_REJECTED", undefined]],
      "an account that was not given": [rpcError(4100, "Not authorized"), ["WALLET_UNAUTHORIZED", undefined]],
      "too little ether": [rpcError(-32000, "insufficient funds for gas * price + value"), ["TRANSACTION_REFUSED", "INSUFFICIENT_FUNDS"]],
      "a pending one with a higher fee": [
        rpcError(-32000, "replacement transaction underpriced"),
        ["TRANSACTION_REFUSED", "REPLACEMENT_UNDERPRICED"],
      ],
    } as const))
      it(`believes ${name} at once: nothing was sent`, async () => {
        const chain = createFakeRpcChain();
        const client = clientOf(chain, await signerOf(chain));
        failing(chain, sendMethods, 1, throwing(error));
        const refused = await errorOf(client.revoke(document, reader));
        expect([refused.code, refused.details.error]).to.deep.equal(code);
        expect([chain.mined(), sendMethods.map(chain.countOf).reduce((a, b) => a + b)]).to.deep.equal([[], 1]);
      });
  });

describe("An answer to a send that was lost", () => {
  it("by a wallet: a new contract's address is known, which follows from the nonce that the wallet chose", async () => {
    const chain = createFakeRpcChain();
    const { deployment, state } = chain;
    const provider = new BrowserProvider(chain.wallet, 31337, { cacheTimeout: -1 });
    const { signer } = connectSigning({
      ...{ signer: await provider.getSigner(), provider, deployment, signal: new AbortController().signal },
      timeouts: { pollMs: 2, readMs: 200, transactMs: 1_000 },
    });
    const made = await new ContractFactory([], "0x00", signer).deploy();
    expect(await made.getAddress()).to.equal(getCreateAddress({ from: state.account, nonce: 0 }));
  });

  it("by a wallet: says the wallet's own words where the account has sent nothing", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await signerFromProvider(chain.wallet));
    failing(chain, ["eth_sendTransaction"], 1, throwing(rpcError(-32603, "Internal error")));
    const error: KeyquorumError = await errorOf(client.revoke(document, reader));
    expect([error.code, error.retryable, chain.mined()]).to.deep.equal(["CHAIN_UNAVAILABLE", true, []]);
  });

  it("by a wallet: does not take an earlier transaction with the same call for this one", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await signerFromProvider(chain.wallet));
    const before = await client.revoke(document, reader);
    failing(chain, ["eth_sendTransaction"], 1, throwing(rpcError(-32603, "Internal error")));
    expect((await errorOf(client.revoke(document, reader))).code).to.equal("CHAIN_UNAVAILABLE");
    expect(chain.mined().map(({ hash }) => hash)).to.deep.equal([before.hash]);
  });

  it("by a wallet whose user takes a long time: the same call again waits for the same prompt", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await signerFromProvider(chain.wallet), { transactMs: 1_000 });
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    chain.state.before = async (method) => {
      if (method === "eth_sendTransaction") await answered;
      return undefined;
    };
    expect((await errorOf(client.revoke(document, reader))).code).to.equal("WALLET_TIMEOUT");
    const again = client.revoke(document, reader);
    answer();
    expect((await again).hash).to.equal(chain.mined()[0]?.hash);
    expect([chain.countOf("eth_sendTransaction"), chain.mined().length]).to.deep.equal([1, 1]);
  });

  it("by a wallet, and not found in time: the same call again looks at the account before it asks the wallet again", async () => {
    const chain = createFakeRpcChain();
    chain.state.automine = false;
    const client = clientOf(chain, await signerFromProvider(chain.wallet), { transactMs: 1_000 });
    chain.state.before = async (method, params) => {
      if (method !== "eth_sendTransaction") return undefined;
      chain.answer(method, params);
      throw rpcError(-32603, "Internal error");
    };
    const error = await errorOf(client.revoke(document, reader));
    expect([error.code, error.details]).to.deep.equal(["TRANSACTION_PENDING", { account: error.details.account, nonce: 0 }]);
    chain.mine(...chain.state.pending);
    expect((await client.revoke(document, reader)).hash).to.equal(chain.mined()[0]?.hash);
    expect(chain.countOf("eth_sendTransaction")).to.equal(1);
  });

  it("by a wallet that sent something else meanwhile: says the wallet's own words, and the same call again asks it again", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await signerFromProvider(chain.wallet));
    failing(chain, ["eth_sendTransaction"], 1, () => {
      chain.answer("eth_sendTransaction", [{ to: reader, data: "0x12345678" }]); // another page's, or another call's
      throw rpcError(-32603, "Internal error");
    });
    expect((await errorOf(client.revoke(document, reader))).code).to.equal("CHAIN_UNAVAILABLE");
    expect((await client.revoke(document, reader)).hash).to.equal(chain.mined()[1]?.hash);
  });

  it("with the key here: a node that never answers one call does not hold the next one forever", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await (KINDS["a key in this process"] as (typeof KINDS)[string])(chain), { transactMs: 400 });
    failing(chain, ["eth_sendRawTransaction"], 1, () => new Promise(() => undefined));
    const [held, next] = await Promise.allSettled([client.revoke(document, reader), client.endSessions()]);
    expect([held.status, next.status].sort()).to.deep.equal(["fulfilled", "rejected"]);
  });

  it("with the key here: sends the same bytes again, until the node takes them", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await (KINDS["a key in this process"] as (typeof KINDS)[string])(chain));
    failing(chain, ["eth_sendRawTransaction"], 3, throwing(Object.assign(new Error("502"), { code: "SERVER_ERROR" })));
    await client.revoke(document, reader);
    const raws = chain.state.asked.filter(({ method }) => method === "eth_sendRawTransaction").map(({ params }) => params[0]);
    expect([raws.length, new Set(raws).size, chain.mined().length]).to.deep.equal([4, 1, 1]);
  });

  it("with the key here: says TRANSACTION_PENDING with the hash where no answer ever comes", async () => {
    const chain = createFakeRpcChain();
    const events: TransactionEvent[] = [];
    const client = clientOf(chain, await (KINDS["a key in this process"] as (typeof KINDS)[string])(chain), { transactMs: 1_000, events });
    failing(chain, ["eth_sendRawTransaction"], 1e9, throwing(Object.assign(new Error("502"), { code: "SERVER_ERROR" })));
    const error = await errorOf(client.revoke(document, reader));
    expect([error.code, events[0]]).to.deep.equal(["TRANSACTION_PENDING", { kind: "signed", hash: error.details.transaction }]);
  });

  it("with the key here: believes that the nonce is used where another transaction has it, and tells the hash", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, await (KINDS["a key in this process"] as (typeof KINDS)[string])(chain));
    failing(chain, ["eth_sendRawTransaction"], 1e9, throwing(rpcError(-32000, "nonce too low")));
    const error = await errorOf(client.revoke(document, reader));
    expect([error.code, error.details.error]).to.deep.equal(["TRANSACTION_REFUSED", "NONCE_EXPIRED"]);
    expect(error.details).to.have.property("transaction");
  });
});

describe("A wallet that never answers", () => {
  const silent = async (transactMs: number, method: string) => {
    const chain = createFakeRpcChain();
    const answers: (() => void)[] = [];
    const events: TransactionEvent[] = [];
    chain.state.before = async (asked) => {
      if (asked === method) await new Promise<void>((resolve) => answers.push(resolve));
      return undefined;
    };
    const client = clientOf(chain, await signerFromProvider(chain.wallet), { transactMs, events });
    return { chain, client, events, answer: () => answers.splice(0).map((late) => late()) };
  };

  it("with a transaction: it says that it may still be sent, and tells the hash when it is", async () => {
    const { chain, client, events, answer } = await silent(100, "eth_sendTransaction");
    const error = await errorOf(client.revoke(document, reader));
    expect([error.code, error.retryable, error.details.mayBeSent]).to.deep.equal(["WALLET_TIMEOUT", false, true]);
    expect(error.message).not.to.contain("discarded");
    answer();
    await until(() => events.some(({ kind }) => kind === "sent"));
    expect(events.find(({ kind }) => kind === "sent")?.hash).to.equal([...chain.mined(), ...chain.state.pending][0]?.hash);
  });

  it("with a signature: it is given up, and what comes late is thrown away", async () => {
    const { client, answer } = await silent(100, "eth_signTypedData_v4");
    const error = await errorOf(client.signGrant(document, reader, { nonce: 0 }));
    expect([error.code, error.retryable]).to.deep.equal(["WALLET_TIMEOUT", true]);
    answer();
  });
});
