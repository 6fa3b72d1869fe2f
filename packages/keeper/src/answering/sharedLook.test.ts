import { httpRpc } from "@keyquorum/chain";
import { toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type DocumentHeader, parseAddress, type ShareRequestBody } from "@keyquorum/wire";
import { expect } from "chai";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, type FakeChain } from "../testing/fakeChain.ts";
import { bob, bodyOf, createHeader, createRequest, JOINT_KEY, signRequest } from "../testing/reader.ts";
import { createShareRequestServer, EPOCH, outcomeOf } from "../testing/shareRequestServer.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";

const [DENIED, PERMITTED] = [0, 1];
const START = 1_800_000_020;
const LOOK = 250;

describe("requests that share a look at the heads (D76)", () => {
  let temp: TempVault;
  let chain: FakeChain;
  /** By block; what ShareRequests.decide answers. */
  let decision: (block: number) => number;
  /** Milliseconds on the keeper's clock, and how far that is behind the one that nobody sets. */
  let time: number;
  let putBack: number;
  let header: DocumentHeader;
  let url: string;
  let close: () => Promise<void>;
  /** Methods of each HTTP request to the node. */
  let posts: (readonly string[])[];
  let beforeCommit: () => void;
  /** The highest block that the keeper's work loop has seen. */
  let mirrored: number;

  const now = (): number => START * 1000 + time;
  beforeEach(async () => {
    [time, putBack, decision, posts, beforeCommit, mirrored] = [0, 0, () => PERMITTED, [], () => undefined, 15];
    chain = createFakeChain();
    chain.answers["shareRequests.decide"] = (_args, block) => [decision(block)];
    chain.answers["keyGeneration.keyOf"] = () => [
      [0, EPOCH, parseAddress(bob.address), toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`],
    ];
    chain.answers["keeperRegistry.committeeOf"] = () => [[]];
    temp = await createTempVault(now);
    header = createHeader();
    const vault: Pick<Vault, "answers" | "keyShares" | "transaction"> = {
      ...temp.vault,
      transaction: async (work) => {
        const done = await temp.vault.transaction(work);
        beforeCommit();
        return done;
      },
    };
    const server = await createShareRequestServer({
      ...{ vault, ownVault: temp.vault, headLookMilliseconds: LOOK, steady: () => time + putBack, minHeadNumber: () => mirrored },
      chain: Object.assign(Object.create(chain) as FakeChain, { rpc: httpRpc("http://rpc.example", { post: answering(), retries: 0 }) }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
      clock: { now, sleep: async () => undefined },
      onLine: () => undefined,
    });
    close = server.close;
    url = await server.listen();
  });
  afterEach(async () => {
    await close();
    await temp.remove();
  });

  /** The made-up chain as a node that takes batches. */
  const answering = (): NonNullable<Parameters<typeof httpRpc>[1]>["post"] => {
    type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };
    const answer = async ({ id, method, params }: Call): Promise<object> => {
      try {
        return { jsonrpc: "2.0", id, result: await chain.rpc.send(method, params) };
      } catch {
        return { jsonrpc: "2.0", id, error: { code: -32001, message: "the node cannot say" } };
      }
    };
    return async ({ body }) => {
      const calls = JSON.parse(body) as Call | readonly Call[];
      posts.push([calls].flat().map(({ method }) => method));
      const said = Array.isArray(calls) ? await Promise.all(calls.map(answer)) : await answer(calls as Call);
      return { status: 200, headers: {}, text: JSON.stringify(said) };
    };
  };
  const asked = async (signer = bob): Promise<ShareRequestBody> => {
    const requester = parseAddress(signer.address);
    return bodyOf(await signRequest(header, createRequest(header, BigInt(START + 500), { requester }), { signer }));
  };
  const send = async (body: ShareRequestBody): Promise<string> => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await outcomeOf(await fetch(`${url}/v1/share-requests`, init)))[1];
  };
  /** Outcomes of so many requests of Bob's at once, each once. */
  const ask = async (count: number): Promise<readonly string[]> => {
    const bodies = await Promise.all(Array.from({ length: count }, () => asked()));
    return [...new Set(await Promise.all(bodies.map(send)))];
  };
  const revoke = (): void => {
    chain.head += 1;
    const since = chain.head;
    decision = (block) => (block >= since ? DENIED : PERMITTED);
  };

  it("get no answer from the next look after a revocation: 100 requests, 0 answers", async () => {
    expect(await ask(1)).to.deep.equal(["ANSWERED"]);
    revoke();
    time = LOOK;
    expect(await ask(1), "within the look").to.deep.equal(["ANSWERED"]);
    time = LOOK + 1;
    for (let round = 0; round < 5; round += 1) expect(await ask(20)).to.deep.equal(["ACCESS_DENIED"]);
  });
  it("get no stored answer either", async () => {
    const body = await asked();
    expect([await send(body), await send(body)]).to.deep.equal(["ANSWERED", "ANSWERED"]);
    revoke();
    time = LOOK + 1;
    expect(await send(body)).to.equal("ACCESS_DENIED");
  });
  it("are decided by the block that a rollback put in another's place, from the next look on", async () => {
    expect(await ask(1)).to.deep.equal(["ANSWERED"]);
    chain.reorgedFrom = chain.head;
    decision = () => DENIED;
    time = LOOK + 1;
    expect(await ask(20)).to.deep.equal(["ACCESS_DENIED"]);
  });
  it("get nothing when the keeper's clock is put back after a revocation", async () => {
    expect(await ask(1)).to.deep.equal(["ANSWERED"]);
    revoke();
    [time, putBack] = [-3_000, 3_000 + LOOK + 1];
    expect(await ask(1)).to.deep.equal(["ACCESS_DENIED"]);
  });

  it("are decided by a new look where the work loop has seen a newer block than the last one", async () => {
    expect(await ask(1)).to.deep.equal(["ANSWERED"]);
    revoke();
    mirrored = chain.head;
    expect(await ask(1)).to.deep.equal(["ACCESS_DENIED"]);
    decision = () => PERMITTED;
    chain.head += 1;
    mirrored = chain.head;
    expect(await ask(20)).to.deep.equal(["ANSWERED"]);
  });

  it("cost the node nothing but looks for a reader and a document that were seen at that head", async () => {
    await ask(1);
    posts = [];
    expect(await ask(20)).to.deep.equal(["ANSWERED"]);
    time = LOOK + 1;
    expect(await ask(20), "at the next look, by the same head").to.deep.equal(["ANSWERED"]);
    expect(posts).to.deep.equal([["eth_getBlockByNumber", "eth_getBlockByNumber"]]);
  });
  it("cost one batch for a new reader of a document, and at most one for a new document", async () => {
    await ask(1);
    posts = [];
    expect(await send(await asked(rollWallet("carol")))).to.equal("ANSWERED");
    expect(posts).to.deep.equal([["eth_call", "eth_call"]]);
    [posts, header] = [[], createHeader()];
    expect(await ask(1)).to.deep.equal(["ANSWERED"]);
    expect(posts).to.deep.equal([["eth_call", "eth_call"]]);
  });
  it("remember no failure", async () => {
    const { isReachable: _, ...answers } = chain.answers;
    await ask(1);
    chain.answers["shareRequests.decide"] = () => {
      throw new Error("the state is gone");
    };
    chain.head += 1;
    time = LOOK + 1;
    expect(await ask(3)).to.deep.equal(["UNAVAILABLE"]);
    Object.assign(chain.answers, answers);
    expect(await ask(3)).to.deep.equal(["ANSWERED"]);
  });

  describe("when the answer is durable more than a second after the look", () => {
    it("leave after another decision", async () => {
      let commits = 0;
      beforeCommit = () => {
        commits += 1;
        time += 1_001;
      };
      expect(await ask(1)).to.deep.equal(["ANSWERED"]);
      expect([commits, posts.filter(([method]) => method === "eth_getBlockByNumber").length]).to.deep.equal([1, 3]);
    });
    it("do not leave when the reader may read no more, though the answer is stored", async () => {
      const body = await asked();
      beforeCommit = () => {
        time += 1_001;
        revoke();
      };
      expect(await send(body)).to.equal("ACCESS_DENIED");
      expect(await temp.vault.audit.find(), "it was released once").to.have.length(1);
      beforeCommit = () => undefined;
      expect(await send(body)).to.equal("ACCESS_DENIED");
    });
    it("leave without another decision where it is a second or less", async () => {
      beforeCommit = () => {
        time += 900;
      };
      expect(await ask(1)).to.deep.equal(["ANSWERED"]);
      expect(posts.filter(([method]) => method === "eth_getBlockByNumber").length).to.equal(2);
    });
    it("are UNAVAILABLE where every look takes that long", async () => {
      const send_ = chain.rpc.send;
      Object.assign(chain.rpc, {
        send: async (...args: Parameters<typeof send_>) => {
          if (args[1][0] === "latest") time += 1_001;
          return send_(...args);
        },
      });
      expect(await ask(1)).to.deep.equal(["UNAVAILABLE"]);
    });
  });
});
