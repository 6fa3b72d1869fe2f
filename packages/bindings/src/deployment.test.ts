import { expect } from "chai";
import { connectContracts } from "./connect.ts";
import { CONTRACT_NAMES, forEachContract, LATER_CONTRACTS } from "./contracts.ts";
import {
  contractsOf,
  type Deployment,
  DeploymentError,
  encodeDeployment,
  MissingContractError,
  missingIn,
  parseDeployment,
} from "./deployment.ts";
import { parseContractLog } from "./events.ts";
import { viewsOf } from "./views.ts";

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

  describe("of before keys could sign", () => {
    const { signingRequests: _, ...before } = json.contracts;
    const older = parseDeployment(JSON.parse(JSON.stringify({ ...json, contracts: before })));

    it("is read, is written back as it was, and says what is off", () => {
      expect(older.contracts).to.deep.equal(before);
      expect(encodeDeployment(older)).to.deep.equal({ ...json, contracts: before });
      expect(missingIn(older)).to.deep.equal({ signingRequests: "keys sign nothing" });
      expect(missingIn(deployment)).to.deep.equal({});
      expect(contractsOf(older)).to.deep.equal(CONTRACT_NAMES.filter((name) => name !== "signingRequests"));
      expect(contractsOf(deployment)).to.deep.equal([...CONTRACT_NAMES]);
    });

    it("has all its contracts, and only what it lacks cannot be asked", () => {
      const connected = connectContracts(older, null);
      const views = viewsOf(older, async () => "0x");
      expect(Object.keys(connected)).to.deep.equal([...contractsOf(older)]);
      for (const contracts of [connected, views]) {
        expect(contracts.keyGeneration).to.be.an("object");
        expect(() => contracts.signingRequests)
          .to.throw(MissingContractError, "keys sign nothing")
          .with.property("contract", "signingRequests");
      }
    });

    it("has no event of what it lacks", () => {
      expect(parseContractLog(older, { address: address("c"), topics: [], data: "0x" })).to.equal(undefined);
    });

    it("lacks a contract of its own version: that is refused, as ever", () => {
      for (const name of CONTRACT_NAMES.filter((one) => !(one in LATER_CONTRACTS)))
        expect(fieldOf({ ...json, contracts: { ...before, [name]: undefined } })).to.equal(`contracts.${name}`);
      expect(fieldOf({ ...json, contracts: { ...before, signingRequests: address("0") } })).to.equal("contracts.signingRequests");
    });
  });
});
