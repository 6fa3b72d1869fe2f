import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { deployDocuments, publication, sealDocument } from "../DocumentRegistry/documentFixture.ts";

export const FOREVER = 2n ** 64n - 1n;
export const SALT_OF_UNPUBLISHED = "0x5a1700000000000000000000000000000000000000000000000000000000005a";

/** What a grantor signs, as Solidity has it. PROTOCOL section 4.5. */
export type SignedGrant = {
  readonly document: string;
  readonly reader: string;
  readonly until: bigint;
  readonly grantor: string;
  readonly nonce: number;
  readonly deadline: bigint;
};

export const SIGNED_GRANT = {
  SignedGrant: [
    { name: "document", type: "bytes32" },
    { name: "reader", type: "address" },
    { name: "until", type: "uint64" },
    { name: "grantor", type: "address" },
    { name: "nonce", type: "uint32" },
    { name: "deadline", type: "uint64" },
  ],
};

/** Alice has published one document under AccessGrants and sealed another. Carol and dave are further accounts. */
export const deployGrants = async (ethers: HardhatEthers) => {
  const base = await deployDocuments(ethers);
  const grants = await ethers.deployContract("AccessGrants", [base.registryAddress]);
  const address = await grants.getAddress();
  const seal = (salt: string) => sealDocument({ ...base, owner: base.alice.address, initialPermissions: address, salt });
  const published = seal(ethers.id("a published document"));
  await base.registry.connect(base.alice).publish(...publication(published));
  const unpublished = seal(SALT_OF_UNPUBLISHED);
  const [carol, dave] = (await ethers.getSigners()).slice(-2) as [HardhatEthersSigner, HardhatEthersSigner];
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: "Keyquorum", version: "1", chainId, verifyingContract: address };
  return { ...base, grants, address, unpublished, document: published.document, carol, dave, domain };
};
