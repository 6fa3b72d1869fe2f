import { expect } from "chai";
import { AbiCoder, isError } from "ethers";
import { CONTRACT_NAMES, interfaceOf } from "./contracts.ts";
import { type Deployment, parseDeployment } from "./deployment.ts";
import { plain } from "./plain.ts";
import { viewsOf } from "./views.ts";

const HASH = `0x${"5a".repeat(32)}`;
const addressOf = (index: number): string => `0x${(0xc0 + index).toString(16).repeat(20)}`;

describe("what contracts can be asked", () => {
  const deployment: Deployment = parseDeployment({
    ...{ version: 1, chainId: "31337", genesisHash: HASH, block: 1, blockHash: HASH },
    contracts: Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, addressOf(index)])),
  });
  /** Answers with these bytes; says what was asked. */
  const answering = (returned: string) => {
    const asked: { readonly to: string; readonly data: string }[] = [];
    const views = viewsOf(deployment, async (to, data) => {
      asked.push({ to, data });
      return returned;
    });
    return { views, asked };
  };

  it("is written and read as the contract's interface says", async () => {
    const { views, asked } = answering(AbiCoder.defaultAbiCoder().encode(["uint256"], [7]));
    expect(await views.keyGeneration.quorumIn(3)).to.equal(7n);
    const data = interfaceOf("keyGeneration").encodeFunctionData("quorumIn", [3]);
    expect(asked).to.deep.equal([{ to: deployment.contracts.keyGeneration, data }]);
  });
  it("gives structs and lists as a connected contract does", async () => {
    const abi = interfaceOf("keeperRegistry");
    const member = [4, addressOf(1), { x: 1n, y: 2n }, { x: 3n, y: 4n }];
    const { views } = answering(abi.encodeFunctionResult("committeeOf", [[member]] as never));
    expect(plain(await views.keeperRegistry.committeeOf(1))).to.deep.equal([
      { slot: 4n, operator: addressOf(1), encryptionKey: { x: 1n, y: 2n }, identityKey: { x: 3n, y: 4n } },
    ]);
  });
  it("is every function that only reads, and no other", () => {
    const { views } = answering("0x");
    for (const name of CONTRACT_NAMES)
      interfaceOf(name).forEachFunction(({ name: called, constant }) => {
        expect(called in views[name], `${name}.${called}`).to.equal(constant);
      });
  });
  it("has one name each: none is overloaded", () => {
    for (const contract of CONTRACT_NAMES) {
      const names: string[] = [];
      interfaceOf(contract).forEachFunction(({ name, constant }) => {
        if (constant) names.push(name);
      });
      expect(new Set(names).size, contract).to.equal(names.length);
    }
  });
  it("fails with BAD_DATA for bytes that are none of its answers, and with what the asker threw", async () => {
    const failureOf = (work: Promise<unknown>) =>
      work.then(
        () => "none",
        (error: unknown) => (isError(error, "BAD_DATA") ? "BAD_DATA" : error),
      );
    expect(await failureOf(answering("0x").views.keyGeneration.quorumIn(3))).to.equal("BAD_DATA");
    const gone = new Error("the node is away");
    expect(await failureOf(viewsOf(deployment, () => Promise.reject(gone)).keyGeneration.quorumIn(3))).to.equal(gone);
  });
});
