import { type ContractTransactionResponse, id } from "ethers";
import { network } from "hardhat";
import { deployKeyServers, FEE, point } from "../../test/contracts/parity/serviceFixture.ts";
import type { Figure } from "./figures.ts";

const KEY = id("a server key");
const PAID = { value: FEE };
const SHADOW = `0x${"5a".repeat(145)}`;

/** Gas of Parity's services with five key servers: a request, each kind of answer, the one that ends it. */
export const parityContractFigures = async (): Promise<readonly Figure[]> => {
  const { ethers } = await network.create();
  const base = await deployKeyServers(ethers);
  const { alice, at, terms } = base;
  const figures: Figure[] = [];
  const add = async (name: string, sent: Promise<ContractTransactionResponse>, target: number): Promise<void> => {
    const gas = (await (await sent).wait())?.gasUsed;
    if (gas === undefined) throw new Error(`${name}: no receipt`);
    figures.push({ name, value: Number(gas), unit: "gas", target });
  };

  const generation = await ethers.deployContract("ServerKeyGenerationService", [terms]);
  await add("generation: request", generation.connect(alice).generateServerKey(KEY, 1, PAID), 320_000);
  const generated = (place: number) => generation.connect(at(place)).serverKeyGenerated(KEY, point(7n));
  await add("generation: first answer", generated(0), 100_000);
  for (const place of [1, 2, 3]) await generated(place);
  await add("generation: last answer", generated(4), 80_000);

  const retrieval = await ethers.deployContract("ServerKeyRetrievalService", [terms]);
  await add("retrieval: request", retrieval.connect(alice).retrieveServerKey(KEY, PAID), 295_000);
  const retrieved = (place: number) => retrieval.connect(at(place)).serverKeyRetrieved(KEY, point(7n), 1);
  await add("retrieval: first answer", retrieved(0), 100_000);
  await retrieved(1);
  await add("retrieval: last answer", retrieved(2), 75_000);

  const store = await ethers.deployContract("DocumentKeyStoreService", [terms]);
  await add("storing: request", store.connect(alice).storeDocumentKey(KEY, point(2n), point(3n), PAID), 465_000);
  const stored = (place: number) => store.connect(at(place)).documentKeyStored(KEY);
  await add("storing: first answer", stored(0), 97_000);
  await stored(1);
  await add("storing: last answer", stored(2), 97_000);

  const shadows = await ethers.deployContract("DocumentKeyShadowRetrievalService", [terms]);
  const key = `0x${alice.signingKey.publicKey.slice(4)}`;
  await add("shadows: request", shadows.connect(alice).retrieveDocumentKeyShadow(KEY, key, PAID), 415_000);
  const common = (place: number) => shadows.connect(at(place)).documentKeyCommonRetrieved(KEY, alice.address, point(2n), 1);
  await add("shadows: first common point", common(0), 105_000);
  await common(1);
  await add("shadows: last common point", common(2), 90_000);
  const part = (place: number) => shadows.connect(at(place)).documentKeyPersonalRetrieved(KEY, alice.address, 3, point(4n), SHADOW);
  await add("shadows: first part of two", part(0), 108_000);
  await add("shadows: last part", part(1), 110_000);
  return figures;
};
