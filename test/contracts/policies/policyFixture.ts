import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { deployDocuments, publication, type SealedDocument, sealDocument } from "../DocumentRegistry/documentFixture.ts";

/** Alice has published two documents and sealed a third; mallory has published one of her own. Which contract they name plays no part. */
export const deployPublished = async (ethers: HardhatEthers) => {
  const base = await deployDocuments(ethers);
  const seal = (owner: string): SealedDocument => sealDocument({ ...base, owner, initialPermissions: base.registryAddress });
  const [first, second, unpublished] = [seal(base.alice.address), seal(base.alice.address), seal(base.alice.address)];
  const hers = seal(base.mallory.address);
  for (const sealed of [first, second]) await base.registry.connect(base.alice).publish(...publication(sealed));
  await base.registry.connect(base.mallory).publish(...publication(hers));
  return {
    ...base,
    document: first.document,
    otherDocument: second.document,
    malloryDocument: hers.document,
    unpublished: unpublished.document,
  };
};

/** Bytes that no contract should take for a number: every length but 32, and nothing at all. */
export const GARBAGE = ["0x", `0x${"ff".repeat(31)}`, `0x${"ff".repeat(33)}`, `0x${"ff".repeat(64)}`];
