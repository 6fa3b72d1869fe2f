import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { type DealtKey, dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { documentIdOf, type HeaderNames, headerHashOf, labelOf, type SealedHeader, sealHeader } from "../../fixtures/sealedHeader.ts";
import { rollDice } from "../../random/dice.ts";

const dice = rollDice("documents");

export const CID = "0x0155122001020304";

/** A document that was sealed and not published yet: all that `publish` takes, and what it will be called. */
export type SealedDocument = {
  readonly document: string;
  readonly salt: string;
  readonly names: HeaderNames;
  readonly header: SealedHeader;
  readonly headerHash: string;
};

/** A registry over one active key of the test's own. Alice publishes, bob reads, mallory tries. */
export const deployDocuments = async (ethers: HardhatEthers) => {
  const [council, alice, bob, mallory, keeper] = (await ethers.getSigners()) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const keyGeneration = await ethers.deployContract("MockKeyGeneration");
  const registry = await ethers.deployContract("DocumentRegistry", [await keyGeneration.getAddress()]);
  const key = dealKey({ keyId: dice.hex(32) });
  await keyGeneration.setKey(key.keyId, keyRecord(key));
  await keyGeneration.setKeyEpoch(key.keyId, key.epoch, key.keyEpoch);
  const { chainId } = await ethers.provider.getNetwork();
  return { council, alice, bob, mallory, keeper, keyGeneration, registry, registryAddress: await registry.getAddress(), key, chainId };
};

/** Where and for whom a document is sealed. */
export type Place = {
  readonly chainId: bigint;
  readonly registryAddress: string;
  readonly key: Pick<DealtKey, "keyId" | "publicKey">;
  readonly owner: string;
  readonly initialPermissions: string;
  readonly salt?: string;
};

export const sealDocument = ({ chainId, registryAddress, key, owner, initialPermissions, salt = dice.hex(32) }: Place): SealedDocument => {
  const document = documentIdOf(owner, salt);
  const names = { chainId, documentRegistry: registryAddress, keyId: key.keyId, document, owner, salt, initialPermissions };
  const header = sealHeader(key.publicKey, labelOf(names));
  return { document, salt, names, header, headerHash: headerHashOf(names, header.ciphertext) };
};

/** A further version of a sealed document. */
export const sealVersion = (key: DealtKey, { document, salt, names }: SealedDocument): SealedDocument => {
  const header = sealHeader(key.publicKey, labelOf(names));
  return { document, salt, names, header, headerHash: headerHashOf(names, header.ciphertext) };
};

/** The arguments of `publish`. */
export const publication = ({ salt, names, header }: SealedDocument, cid = CID) =>
  [salt, names.keyId, names.initialPermissions, header.ciphertext, header.hints, cid] as const;
