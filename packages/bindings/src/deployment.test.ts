import { expect } from "chai";
import { CONTRACT_NAMES, forEachContract } from "./contracts.ts";
import { type Deployment, DeploymentError, encodeDeployment, parseDeployment } from "./deployment.ts";

const address = (digit: string): `0x${string}` => `0x${digit.repeat(40)}`;
const deployment: Deployment = {
  chainId: 31337n,
  genesisHash: `0x${"ab".repeat(32)}`,
  block: 7,
  blockHash: `0x${"cd".repeat(32)}`,
  contracts: forEachContract((name) => address((CONTRACT_NAMES.indexOf(name) + 1).toString(16))),
};
const json = encodeDeployment(deployment);

const fieldOf = (value: unknown): string => {
  try {
    parseDeployment(value);
  } catch (error) {
    expect(error).to.be.instanceOf(DeploymentError);
    return (error as DeploymentError).field;
  }
  return "accepted";
};

describe("deployment", () => {
  it("reads back what it wrote, through JSON text", () => {
    expect(parseDeployment(JSON.parse(JSON.stringify(json)))).to.deep.equal(deployment);
  });

  it("keeps what counts as final, where it is said", () => {
    const finalities = [{ kind: "finalized" }, { kind: "confirmations", blocks: 0 }, { kind: "confirmations", blocks: 25 }] as const;
    for (const finality of finalities) {
      const said = { ...deployment, finality };
      expect(parseDeployment(JSON.parse(JSON.stringify(encodeDeployment(said))))).to.deep.equal(said);
      expect(parseDeployment(said)).to.deep.equal(said);
    }
    expect(encodeDeployment({ ...deployment, finality: finalities[2] }).finality).to.deep.equal({ confirmations: 25 });
    expect(Object.keys(parseDeployment(json))).not.to.include("finality");
  });

  it("reads a Deployment itself, numbers as chain ids, and checksummed addresses", () => {
    expect(parseDeployment(deployment)).to.deep.equal(deployment);
    expect(parseDeployment({ ...json, chainId: 31337 }).chainId).to.equal(31337n);
    const checksummed = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    const parsed = parseDeployment({ ...json, contracts: { ...json.contracts, accessGrants: checksummed } });
    expect(parsed.contracts.accessGrants).to.equal(checksummed.toLowerCase());
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["nothing", undefined, "deployment"],
    ["a list", [], "deployment"],
    ["another version", { ...json, version: 2 }, "version"],
    ["a chain id of zero", { ...json, chainId: "0" }, "chainId"],
    ["a chain id in hex", { ...json, chainId: "0x1" }, "chainId"],
    ["a negative chain id", { ...json, chainId: -1 }, "chainId"],
    ["a fractional chain id", { ...json, chainId: 1.5 }, "chainId"],
    ["a short hash", { ...json, genesisHash: "0x12" }, "genesisHash"],
    ["a block hash that is no hex", { ...json, blockHash: "z".repeat(66) }, "blockHash"],
    ["a block as text", { ...json, block: "7" }, "block"],
    ["a negative block", { ...json, block: -1 }, "block"],
    ["no contracts", { ...json, contracts: undefined }, "contracts"],
    ["a missing contract", { ...json, contracts: { ...json.contracts, keyGeneration: undefined } }, "contracts.keyGeneration"],
    ["the zero address", { ...json, contracts: { ...json.contracts, keyGeneration: address("0") } }, "contracts.keyGeneration"],
    ["one address twice", { ...json, contracts: { ...json.contracts, keyGeneration: address("2") } }, "contracts.keyGeneration"],
    [
      "a wrong checksum",
      { ...json, contracts: { ...json.contracts, accessGrants: "0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045" } },
      "contracts.accessGrants",
    ],
    ["finality by another tag", { ...json, finality: "safe" }, "finality"],
    ["a negative number of confirmations", { ...json, finality: { confirmations: -1 } }, "finality"],
    ["confirmations as text", { ...json, finality: { confirmations: "3" } }, "finality"],
    ["more confirmations than keepers take", { ...json, finality: { confirmations: 10_001 } }, "finality"],
    ["finality said twice", { ...json, finality: { kind: "finalized", confirmations: 3 } }, "finality"],
    ["finality with an unknown field", { ...json, finality: { confirmations: 3, tag: "safe" } }, "finality"],
    ["no finality at all", { ...json, finality: null }, "finality"],
    ["an unknown field", { ...json, owner: "mallory" }, "owner"],
    ["an unknown contract", { ...json, contracts: { ...json.contracts, bridge: address("7") } }, "contracts.bridge"],
  ];
  for (const [what, value, field] of bad) {
    it(`refuses ${what} and names ${field}`, () => expect(fieldOf(value)).to.equal(field));
  }
});
