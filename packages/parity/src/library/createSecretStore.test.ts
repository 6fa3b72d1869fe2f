import { createBareClient } from "@keyquorum/client";
import { expect } from "chai";
import { type JsonRpcPayload, JsonRpcProvider, type JsonRpcResult, type Wallet } from "ethers";
import { type FakeChain, fakeContracts } from "../../../keeper/src/testing/fakeChain.ts";
import { alice, bob, createWalletHosts, type WalletHosts } from "../testing/walletHosts.ts";
import { checkHolderEvidence, createSecretStore } from "./createSecretStore.ts";

const SLOTS = [1, 2, 5];
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(String, ({ code }: { readonly code?: string }) => String(code));

/** Safe: documents of Parity's clients are where their readers find them, and no blob is read. */
const NO_BLOBS = {} as Parameters<typeof createBareClient>[0]["blobs"];

/** The made-up chain as a node that ethers asks. */
class FakeNode extends JsonRpcProvider {
  readonly #chain: FakeChain;
  constructor(chain: FakeChain) {
    super("http://127.0.0.1:1", Number(chain.chainId), { staticNetwork: true });
    this.#chain = chain;
  }
  override async _send(asked: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    return Promise.all(
      [asked].flat().map(async ({ id, method, params }) => ({
        id,
        result: await this.#chain.rpc.send(method, Array.isArray(params) ? params : []),
      })),
    );
  }
}

describe("a secret store over a client of the SDK", () => {
  let hosts: WalletHosts;
  let node: FakeNode;
  before(async () => {
    hosts = await createWalletHosts(SLOTS);
    hosts.everywhere((chain) => {
      chain.answers["keeperRegistry.membersOf"] = ([epoch]) => [
        Number(epoch) === 4 ? SLOTS.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n) : 0n,
      ];
    });
    node = new FakeNode(hosts.at(1).chain);
  });
  after(async () => {
    node?.destroy();
    await hosts?.remove();
  });
  const clientOf = (wallet: Wallet) =>
    createBareClient({ deployment: fakeContracts().deployment, signer: wallet.connect(node), blobs: NO_BLOBS });
  /** By the hosts' own clock: the client's is the machine's. */
  const storeOf = (wallet: Wallet) => {
    const client = clientOf(wallet);
    return createSecretStore({ ...client, clock: { ...client.clock, now: hosts.at(1).services.clock.now } }, { keyServers: hosts.urls });
  };

  it("publishes, reads and shows its key by what the chain says of the members", async () => {
    const { id, encrypted, serverKey, failures } = await storeOf(alice).publish("for Bob");
    expect([serverKey.threshold, serverKey.members, failures]).to.deep.equal([1, SLOTS, []]);
    const read = await storeOf(bob).read(id, encrypted);
    expect([new TextDecoder().decode(read.content), read.named, read.failures]).to.deep.equal(["for Bob", [], []]);
    expect(await storeOf(alice).serverKey(id)).to.deep.equal(serverKey);
    expect(await codeOf(storeOf(bob).serverKey(id))).to.equal("ACCESS_DENIED");
    expect(await codeOf(storeOf(bob).read(`0x${"77".repeat(32)}`, encrypted))).to.equal("UNKNOWN_KEY");
  });

  it("goes on where a key server is not there, and refuses what is no id and no server", async () => {
    const store = createSecretStore(clientOf(bob), { keyServers: ["http://127.0.0.1:1"] });
    expect(await codeOf(store.read(`0x${"77".repeat(32)}`, "0x00"))).to.equal("UNAVAILABLE");
    expect(await codeOf(store.read("0x77", "0x00"))).to.equal("INVALID_VALUE");
    expect(() => createSecretStore(clientOf(bob), { keyServers: [] })).to.throw("one key server");
  });

  it("checks evidence by the chain, and says what is none", async () => {
    for (const nonsense of [undefined, null, {}, { answer: { key: { epoch: "4" } } }, { answer: { key: { epoch: 4 } } }])
      expect(await codeOf(checkHolderEvidence(clientOf(bob), nonsense))).to.equal("BAD_ANSWER");
  });
});
