import { CONTRACT_NAMES, type ContractName, type Deployment, type HexString, parseDeployment } from "@keyquorum/bindings";

/** A deployment of this version: it has every contract. */
export type WholeDeployment = Deployment & { readonly contracts: Readonly<Record<ContractName, HexString>> };

/** A deployment that is nowhere: chain 31337, its contracts at 0x0101.., 0x0202.. and so on. */
export const fakeDeployment = (): WholeDeployment => {
  const hash = `0x${"ab".repeat(32)}`;
  const addresses = CONTRACT_NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).padStart(2, "0").repeat(20)}`]);
  const contracts = Object.fromEntries(addresses);
  return parseDeployment({ chainId: 31337n, genesisHash: hash, block: 0, blockHash: hash, contracts }) as WholeDeployment; // true: of all names
};
