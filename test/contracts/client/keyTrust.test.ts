import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { encodePoint } from "@keyquorum/threshold";
import { bytesToHex, type KeyId, KeyquorumError, parseKeyFile } from "@keyquorum/wire";
import { expect } from "chai";
import type { Provider, TransactionRequest } from "ethers";
import { network } from "hardhat";
import { dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { codeOf, contentSecretOf, deployClients } from "./clientFixture.ts";

const { ethers, networkHelpers } = await network.create();
const SECRET = "the well is behind the third oak";

/** A provider that tells the truth about everything but the key: that it names after a key of its own, of which it holds every share. */
const deployLiar = async () => {
  const world = await deployClients(ethers);
  const liarsKey = dealKey({ keyId: world.keyId });
  const lyingContract = await ethers.deployContract("MockKeyGeneration");
  await lyingContract.setKey(world.keyId, keyRecord(liarsKey));
  await lyingContract.setKeyEpoch(world.keyId, liarsKey.epoch, liarsKey.keyEpoch);
  const [truth, lie] = [(await world.keyGeneration.getAddress()).toLowerCase(), await lyingContract.getAddress()];
  const honest: Provider = ethers.provider;
  const call = (transaction: TransactionRequest): Promise<string> =>
    honest.call(String(transaction.to).toLowerCase() === truth ? { ...transaction, to: lie } : transaction);
  const liar = new Proxy(honest, {
    get: (target, name) => {
      if (name === "call") return call;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...world, liarsKey, liar, honest };
};
type World = Awaited<ReturnType<typeof deployLiar>>;

const clientOf = ({ deployment, blocks, alice, liar }: World, options: Partial<Parameters<typeof createClient>[0]> = {}) =>
  createClient({
    signer: alice,
    provider: liar,
    deployment,
    blobs: blocks.store,
    cipher: nodeChunkCipher,
    timeouts: { pollMs: 5 },
    ...options,
  });

const disputeOf = async (work: Promise<unknown>): Promise<KeyquorumError> => {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof KeyquorumError && error.code === "KEY_DISPUTED") return error;
  throw new Error("expected KEY_DISPUTED", { cause: error });
};
const text = (key: { readonly publicKey: Parameters<typeof encodePoint>[0] }): string => bytesToHex(encodePoint(key.publicKey));

describe("a provider that names its own key", () => {
  it("the control: whom one provider is enough for encrypts to the liar, who reads it alone", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const deceived = clientOf(world);
    const made = await deceived.encryptDocument(SECRET, { keyId: world.keyId });
    const parts: Uint8Array[] = [];
    for await (const part of made.envelope) parts.push(part);
    const read = await deceived.decryptDocument({ envelope: Buffer.concat(parts) }, contentSecretOf(world.liarsKey, made.header));
    expect(await read.text()).to.equal(SECRET);
  });

  it("is found out by a second provider, whichever of the two lies, and the error says who said what", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const { keyId, key, liarsKey, honest, liar } = world;
    const asked = await disputeOf(clientOf(world, { otherProviders: [honest] }).encryptDocument(SECRET, { keyId }));
    expect(asked.details).to.deep.include({ keyId, field: "publicKey" });
    expect(asked.details.answers).to.deep.equal([`provider 1: ${text(liarsKey)}`, `provider 2: ${text(key)}`]);
    const turned = await disputeOf(
      clientOf(world, { provider: honest, otherProviders: [honest, liar] }).encryptDocument(SECRET, { keyId }),
    );
    expect(turned.details.answers).to.deep.equal([`provider 1: ${text(key)}`, `provider 2: ${text(key)}`, `provider 3: ${text(liarsKey)}`]);
  });

  it("is found out by a pinned key, for authors and for readers, alone", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const { keyId, key, liarsKey, asAlice } = world;
    const pinned = await asAlice.exportKey(keyId);
    for (const pinnedKeys of [[pinned], [parseKeyFile(pinned)]]) {
      const client = clientOf(world, { pinnedKeys });
      for (const work of [client.encryptDocument(SECRET, { keyId }), client.keyInfo(keyId), client.exportKey(keyId)])
        expect((await disputeOf(work)).details.answers).to.deep.equal([`the pinned key: ${text(key)}`, `provider 1: ${text(liarsKey)}`]);
    }
    const { document } = await asAlice.publish(await asAlice.encryptDocument(SECRET, { keyId }));
    await disputeOf(clientOf(world, { pinnedKeys: [pinned], provider: world.liar }).describe(document));
  });

  it("gets no other key used where one is pinned", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const { keyId, honest, keyGeneration } = world;
    const pinned = await world.asAlice.exportKey(keyId);
    const another = dealKey({ keyId: ethers.id("the liar's own key id") });
    await keyGeneration.setKey(another.keyId, keyRecord(another));
    await keyGeneration.setKeyEpoch(another.keyId, another.epoch, another.keyEpoch);
    const client = clientOf(world, { provider: honest, pinnedKeys: [pinned] });
    expect((await disputeOf(client.encryptDocument(SECRET, { keyId: another.keyId as KeyId }))).details.answers).to.deep.equal([
      "the pinned key: nothing",
      `provider 1: ${text(another)}`,
    ]);
  });

  it("lets those work who all say the same, and a pinned key that is right", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const { keyId, key, honest } = world;
    const pinnedKeys = [await world.asAlice.exportKey(keyId)];
    const client = clientOf(world, { provider: honest, otherProviders: [honest], pinnedKeys });
    const made = await client.encryptDocument(SECRET, { keyId });
    const { document } = await client.publish(made);
    expect(await (await client.decryptDocument(document, contentSecretOf(key, made.header))).text()).to.equal(SECRET);
  });

  it("takes no pinned key of another deployment", async () => {
    const world = await networkHelpers.loadFixture(deployLiar);
    const pinned = parseKeyFile(await world.asAlice.exportKey(world.keyId));
    expect(await codeOf(() => clientOf(world, { pinnedKeys: [{ ...pinned, chainId: 1n }] }))).to.equal("WRONG_CHAIN");
  });
});
