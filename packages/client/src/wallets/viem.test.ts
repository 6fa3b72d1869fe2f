import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { inspect } from "node:util";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import type { Address, DocumentId } from "@keyquorum/wire";
import { expect } from "chai";
import { TypedDataEncoder, verifyTypedData, Wallet } from "ethers";
import { createWalletClient, custom, http } from "viem";
import { createBareClient } from "../bareClient.ts";
import { createClient, type KeyquorumClient } from "../client.ts";
import { codeOf, errorOf } from "../fakes/errorOf.ts";
import { createFakeRpcChain, type FakeRpcChain, rpcError } from "../fakes/fakeRpcChain.ts";
import { viemHttp, viemKey, viemReader, viemWallet } from "../fakes/viemClients.ts";
import type { ClientOptions } from "../options.ts";

const document = `0x${"d0".repeat(32)}` as DocumentId;
const reader = `0x${"b0".repeat(20)}` as Address;
const SECRET = "canary0key0of0the0rpc";
const clientOf = (chain: FakeRpcChain, options: Partial<ClientOptions>): KeyquorumClient =>
  createClient({ deployment: chain.deployment, blobs: createMemoryBlobStore(), timeouts: { pollMs: 5, transactMs: 2_000 }, ...options });

describe("A client made of viem's clients", () => {
  it("reads by a public client and sends by a wallet client, each asked for its own chain", async () => {
    const [node, wallet] = [createFakeRpcChain(), createFakeRpcChain()];
    const client = clientOf(node, { provider: viemReader(node), signer: viemWallet(wallet) });
    expect(await client.listDocuments()).to.deep.equal([]);
    expect(wallet.state.asked).to.deep.equal([]);
    wallet.state.chainId = 10n;
    expect((await errorOf(client.revoke(document, reader))).details).to.deep.equal({ expected: "31337", found: "10" });
  });

  it("needs an account to sign, and says so at once; without one it reads", async () => {
    const chain = createFakeRpcChain();
    expect(() => clientOf(chain, { signer: viemReader(chain) }))
      .to.throw()
      .with.property("code", "INVALID_VALUE");
    const client = clientOf(chain, { provider: viemReader(chain) });
    expect(await client.listDocuments()).to.deep.equal([]);
    expect(await codeOf(client.revoke(document, reader))).to.equal("NO_SIGNER");
  });

  it("names the account in lower case, and is one provider for one client", async () => {
    const chain = createFakeRpcChain();
    const signer = viemWallet(chain);
    expect(await clientOf(chain, { signer }).address()).to.equal(chain.state.account);
    const bare = (): unknown => createBareClient({ deployment: chain.deployment, blobs: createMemoryBlobStore(), signer }).provider;
    expect(bare()).to.equal(bare());
  });

  it("signs typed data with a local key as that key does, and asks no network for it", async () => {
    const chain = createFakeRpcChain();
    const { signer } = await createBareClient({
      deployment: chain.deployment,
      blobs: createMemoryBlobStore(),
      signer: viemKey(chain),
    }).signing();
    const domain = { name: "x", chainId: 31337n, verifyingContract: reader };
    const types = {
      Outer: [
        { name: "inner", type: "Inner" },
        { name: "n", type: "uint256" },
      ],
      Inner: [{ name: "id", type: "bytes32" }],
    };
    const value = { inner: { id: document }, n: 2n ** 200n };
    const signature = await signer.signTypedData(domain, types, value);
    expect(verifyTypedData(domain, types, value, signature)).to.equal(new Wallet(`0x${"11".repeat(32)}`).address);
    expect([TypedDataEncoder.from(types).primaryType, chain.state.asked]).to.deep.equal(["Outer", []]);
  });

  const REFUSALS: Readonly<Record<string, readonly [Error, string]>> = {
    "its user declines": [rpcError(4001, "User rejected the request."), "ACTION_REJECTED"],
    "it has not given the account": [rpcError(4100, "The requested account has not been authorized"), "WALLET_UNAUTHORIZED"],
    "it has lost its connection": [rpcError(4900, "The provider is disconnected"), "WALLET_DISCONNECTED"],
    "it does not know the method": [rpcError(4200, "no such method"), "WALLET_UNSUPPORTED"],
  };
  for (const [what, [refusal, code]] of Object.entries(REFUSALS))
    it(`says ${code} where ${what}, for a signature and for a transaction`, async () => {
      const chain = createFakeRpcChain();
      chain.state.before = async (method) => {
        if (/^eth_(send|sign)/.test(method)) throw refusal;
        return undefined;
      };
      const client = clientOf(chain, { signer: viemWallet(chain) });
      expect(await codeOf(client.signGrant(document, reader, { nonce: 0 }))).to.equal(code);
      if (code !== "WALLET_UNSUPPORTED") expect(await codeOf(client.revoke(document, reader))).to.equal(code);
      expect(chain.mined()).to.deep.equal([]);
    });

  it("passes a contract's own words on, which viem wraps", async () => {
    const chain = createFakeRpcChain();
    chain.state.before = async (method) => {
      if (method === "eth_estimateGas") throw Object.assign(rpcError(3, "execution reverted"), { data: "0x" });
      return undefined;
    };
    expect(await codeOf(clientOf(chain, { signer: viemWallet(chain) }).revoke(document, reader))).to.equal("TRANSACTION_REFUSED");
  });

  it("sees that a wallet switched and came back while it was asked, though viem does not tell it", async () => {
    const chain = createFakeRpcChain();
    const client = clientOf(chain, { signer: viemWallet(chain) });
    await client.listDocuments();
    let asked = 0;
    chain.state.before = async (method) => {
      if (method === "eth_blockNumber") chain.state.chainId = 1n;
      if (method === "eth_chainId" && chain.state.chainId === 1n) asked += 1;
      if (method === "eth_chainId" && chain.state.chainId === 1n && asked === 1) {
        queueMicrotask(() => {
          chain.state.chainId = 31337n;
        });
        return "0x1";
      }
      return undefined;
    };
    expect(await codeOf(client.keys())).to.be.oneOf(["CHAIN_UNAVAILABLE", "WRONG_CHAIN"]);
  });

  for (const [what, answer] of [
    ["an internal error", rpcError(-32603, "Internal JSON-RPC error.")],
    ["an error without a number", new Error("the extension's port closed")],
  ] as const)
    it(`asks a wallet's user once for one signature and one transaction, though viem asks again by itself after ${what}`, async () => {
      const chain = createFakeRpcChain();
      chain.state.before = async (method) => {
        if (method === "eth_signTypedData_v4" || method === "eth_sendTransaction") throw answer;
        return undefined;
      };
      const signer = createWalletClient({ account: chain.state.account as `0x${string}`, transport: custom(chain.wallet) });
      const client = clientOf(chain, { signer });
      await errorOf(client.signGrant(document, reader, { nonce: 0 }));
      await errorOf(client.revoke(document, reader));
      expect([chain.countOf("eth_signTypedData_v4"), chain.countOf("eth_sendTransaction")]).to.deep.equal([1, 1]);
    });

  it("sends for its own deployment, also where one of another chain was opened with the same client before", async () => {
    const chain = createFakeRpcChain();
    const answer = async (asked: { readonly id: number; readonly method: string; readonly params: unknown[] }): Promise<string> =>
      JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: await chain.wallet.request(asked).catch(() => null) });
    const server = createServer((request, response) => {
      void json(request)
        .then((asked) => answer(asked as Parameters<typeof answer>[0])) // viem's
        .then((text) => response.writeHead(200, { "content-type": "application/json" }).end(text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { account } = viemKey(chain);
      const signer = createWalletClient({
        account: account as never,
        transport: http(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), // of a TCP server
      });
      const other = clientOf(chain, { signer, deployment: { ...chain.deployment, chainId: 10n } });
      expect(await codeOf(other.revoke(document, reader))).to.equal("WRONG_CHAIN");
      await clientOf(chain, { signer }).revoke(document, reader);
      expect(chain.mined()).to.have.length(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("takes null for no signer and no provider, as programs without types write it", async () => {
    const chain = createFakeRpcChain();
    expect(await clientOf(chain, { provider: viemReader(chain), signer: null as never }).listDocuments()).to.deep.equal([]);
    expect(await clientOf(chain, { provider: null as never, signer: viemWallet(chain) }).listDocuments()).to.deep.equal([]);
    expect(await codeOf(clientOf(chain, { provider: viemReader(chain), signer: null as never }).revoke(document, reader))).to.equal(
      "NO_SIGNER",
    );
    expect(() => clientOf(chain, { provider: "http://127.0.0.1" as never }))
      .to.throw()
      .with.property("code", "INVALID_VALUE");
  });

  it("refuses to send by a contract account, which signs requests only", async () => {
    const chain = createFakeRpcChain();
    const signer = Object.assign(createWalletClient({ transport: custom(chain.wallet) }), {
      account: { address: reader, type: "smart", signTypedData: async () => "0x1234" },
    });
    expect(await codeOf(clientOf(chain, { signer }).revoke(document, reader))).to.equal("NO_SIGNER");
    expect(chain.mined()).to.deep.equal([]);
  });

  for (const [status, body, reason] of [
    [429, "slow down", "RATE_LIMITED"],
    [502, `<html>${SECRET}</html>`, "HTTP_STATUS"],
    [200, `{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"${SECRET} rate limit"}}`, "RATE_LIMITED"],
  ] as const)
    it(`names a node's failure by its reason and hides the RPC's key: HTTP ${status}, ${reason}`, async () => {
      const server = createServer((_, response) => response.writeHead(status, { "retry-after": "1" }).end(body));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const chain = createFakeRpcChain();
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/${SECRET}`; // of a TCP server
        const error = await errorOf(clientOf(chain, { provider: viemHttp(url) }).price());
        expect([error.code, error.details.reason]).to.deep.equal(["CHAIN_UNAVAILABLE", reason]);
        const texts = [inspect(error, { depth: 10, showHidden: true })];
        for (let one: unknown = error; one instanceof Error; one = one.cause) texts.push(String(one), one.stack ?? "", JSON.stringify(one));
        expect(texts.join("\n")).not.to.include(SECRET);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
});
