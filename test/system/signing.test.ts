import { deployOwnerRules } from "@keyquorum/bindings/policies";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { waitFor } from "@keyquorum/cluster";
import { type KeyId, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { id } from "ethers";
import { withCluster } from "./support/withCluster.ts";

/** IKeyGeneration.Purpose */
const SCHNORR = 1;
/** Milliseconds: ends what hangs. A busy machine takes long for what an idle one does at once. */
const PATIENT = 120_000;

const failureOf = async (work: Promise<unknown>): Promise<KeyquorumError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof KeyquorumError) return error;
    throw error;
  }
  throw new Error("it must fail");
};

describe("a Schnorr key signs over real keepers, at n = 5, t = 2", () => {
  let keyId: KeyId;
  let alice: KeyquorumClient;
  let mallory: KeyquorumClient;
  const held = withCluster({ keepers: 5, threshold: 2 }, async (cluster) => {
    const made = await cluster.generateKey({ threshold: 2, purpose: SCHNORR });
    expect(made.failure).to.equal("");
    keyId = made.keyId;
    const clientOf = (account: number): KeyquorumClient =>
      createClient({
        signer: cluster.chain.account(account),
        deployment: cluster.deployment,
        blobs: createMemoryBlobStore(),
        cipher: nodeChunkCipher,
      });
    [alice, mallory] = [clientOf(1), clientOf(2)];
    const { address } = await deployOwnerRules(cluster.chain.account(0), await alice.address());
    await (await cluster.contracts.signingRequests.bindRules(keyId, address)).wait();
  });

  const content = (text: string) => ({
    typedData: {
      domain: { name: "A test", chainId: 7n },
      types: { Note: [{ name: "text", type: "string" }] },
      message: { text },
    },
  });
  /** Until every keeper sees the binding as final. */
  const sign = (client: KeyquorumClient, text: string, options: Parameters<KeyquorumClient["sign"]>[2] = {}) =>
    client.sign(keyId, content(text), { timeoutMs: PATIENT, ...options });

  it("by HTTP and on chain, under the key and under a derived one; a stranger is refused by keepers and contract", async () => {
    await waitFor(
      "the key signs",
      async (saw) => {
        const failed = await sign(alice, "first").then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failed !== undefined) saw(String(failed));
        return failed === undefined;
      },
      held,
    );
    const byHttp = await sign(alice, "by HTTP", { derivation: id("one of many") });
    expect(byHttp.address).to.equal(await alice.keyAddress(keyId, { derivation: id("one of many") }));
    const { signingRequests } = held.cluster.contracts;
    expect(byHttp.address).to.equal((await signingRequests.addressOf(keyId, id("one of many"))).toLowerCase());
    const onChain = await sign(alice, "on chain", { mode: "chain" });
    expect(await signingRequests.statusOf(onChain.requestId)).to.equal(2n);

    const refused = await failureOf(sign(mallory, "mine"));
    expect(refused.code).to.equal("SIGNING_DENIED");
    expect(refused.details.perKeeper).to.have.length(5);
    expect((await failureOf(sign(mallory, "mine", { mode: "chain" }))).code).to.equal("TRANSACTION_REFUSED");
  });

  it("while one keeper is dead and another one lies: the liar is named, by evidence", async () => {
    const [dead, liar] = [held.cluster.keeper(5), held.cluster.keeper(3)];
    await dead.process().kill();
    await liar.process().stop();
    await liar.start({ extensions: ["@keyquorum/testing/lyingSigner"] });
    // Which keepers are asked first is luck: it is asked until the liar was among them.
    await waitFor(
      "the liar is named",
      async () => {
        await sign(alice, "in spite of it");
        const others = held.cluster.keepers.filter(({ slot }) => slot !== 3 && slot !== 5);
        return others.some(({ process }) =>
          process().logs.some(({ msg, slot }) => msg?.startsWith("A keeper sent a wrong share of a signature") && slot === 3),
        );
      },
      held,
    );
  });
});
