import { expect } from "chai";
import { BrowserProvider, Wallet } from "ethers";
import { errorOf } from "../fakes/errorOf.ts";
import { createFakeRpcChain, type FakeRpcChain, rpcError } from "../fakes/fakeRpcChain.ts";
import { connectDeploying } from "./connectDeploying.ts";

const request = { what: "The transaction of keyGeneration", to: null, data: "0x6001", nonce: 0 } as const;

const setUp = ({ transactMs = 3_000 } = {}) => {
  const chain = createFakeRpcChain();
  const key = new Wallet(`0x${"11".repeat(32)}`);
  chain.state.account = key.address.toLowerCase();
  const provider = new BrowserProvider(chain.wallet, 31337, { cacheTimeout: -1 });
  const timeouts = { pollMs: 2, readMs: 200, transactMs };
  return { chain, provider, send: connectDeploying({ signer: key.connect(provider), provider, chainId: 31337n, timeouts }) };
};
const sendsOf = (chain: FakeRpcChain): number => chain.countOf("eth_sendRawTransaction");

describe("Sending a deployment's transactions", () => {
  it("tells the hash before anything is sent, and waits until that is kept", async () => {
    const { chain, send } = setUp();
    const told: (readonly [string, number])[] = [];
    const receipt = await send(request, async (hash) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      told.push([hash, sendsOf(chain)]);
    });
    expect(told[0]).to.deep.equal([receipt.hash, 0]);
    expect(chain.mined().map(({ hash, nonce, data }) => [hash, nonce, data])).to.deep.equal([[receipt.hash, 0, "0x6001"]]);
  });

  it("sends nothing where the hash cannot be kept", async () => {
    const { chain, send } = setUp();
    await errorOf(send(request, () => Promise.reject(new Error("ENOSPC"))));
    expect(sendsOf(chain)).to.equal(0);
  });

  for (const when of ["before", "after it was signed"] as const)
    it(`sends nothing to a chain that the node switched to ${when}`, async () => {
      const { chain, send } = setUp();
      if (when === "before") chain.state.chainId = 5n;
      const error = await errorOf(
        send(request, async () => {
          chain.state.chainId = 5n;
        }),
      );
      expect([error.code, sendsOf(chain)]).to.deep.equal(["WRONG_CHAIN", 0]);
    });

  it("ends with the hash in a bounded time where the node dies after the send", async () => {
    const { chain, send } = setUp({ transactMs: 1_500 }); // the questions before the send are in it too
    chain.state.automine = false;
    const hashes: string[] = [];
    let isDead = false;
    chain.state.before = async (method) => {
      if (isDead) throw rpcError(-32603, "the node is gone");
      isDead = method === "eth_sendRawTransaction";
      return undefined;
    };
    const error = await errorOf(send(request, async (hash) => void hashes.push(hash)));
    expect([error.code, error.details]).to.deep.equal(["TRANSACTION_PENDING", { transaction: hashes[0] }]);
  });

  it("only waits for what was sent before", async () => {
    const { chain, provider, send } = setUp();
    chain.state.automine = false;
    const kept = async (): Promise<void> => undefined;
    const first = send(request, kept);
    while (chain.state.pending.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const [sent] = chain.state.pending;
    const pending = await provider.getTransaction(sent?.hash ?? "");
    if (sent === undefined || pending === null) throw new Error("nothing was sent");
    const second = send({ ...request, pending }, kept);
    chain.mine(sent);
    expect([(await first).hash, (await second).hash, sendsOf(chain)]).to.deep.equal([sent.hash, sent.hash, 1]);
  });

  for (const [name, price, sends] of [
    ["as much as gas costs now", "0x1", 1],
    ["less than gas costs now", "0x5", 2],
  ] as const)
    it(`takes one that was sent before and offers ${name} ${sends === 1 ? "as it is" : "for one to offer more for, with the same nonce"}`, async () => {
      const { chain, provider, send } = setUp();
      chain.state.automine = false;
      void send(request, async () => undefined).catch(() => undefined);
      while (chain.state.pending.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const pending = await provider.getTransaction(chain.state.pending[0]?.hash ?? "");
      if (pending === null) throw new Error("nothing was sent");
      chain.state.before = async (method) => (method === "eth_gasPrice" ? price : undefined);
      const told: string[] = [];
      const second = send({ ...request, pending }, async (hash) => void told.push(hash));
      while (told.length === 0 || sendsOf(chain) < sends) await new Promise((resolve) => setTimeout(resolve, 1));
      const [newest] = chain.state.pending;
      if (newest === undefined) throw new Error("nothing is pending");
      chain.mine(newest);
      expect([(await second).hash, newest.nonce, sendsOf(chain)]).to.deep.equal([told[0], 0, sends]);
      expect(told[0] === pending.hash).to.equal(sends === 1);
    });

  it("says whose transaction took its nonce", async () => {
    const { chain, send } = setUp();
    chain.state.automine = false;
    const sending = send(request, async () => undefined);
    while (chain.state.pending.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const [sent] = chain.state.pending;
    if (sent === undefined) throw new Error("nothing was sent");
    chain.mine();
    const other = chain.replacementOf(sent, { data: "0x6002" });
    chain.mine(other);
    const error = await errorOf(sending);
    expect([error.code, error.details.replacedBy]).to.deep.equal(["TRANSACTION_REPLACED", other.hash]);
  });
});
