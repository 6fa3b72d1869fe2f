import type { DeployEstimate } from "@keyquorum/bindings/deploy";
import { expect } from "chai";
import { UsageError } from "../usageError.ts";
import { type Ask, confirmSpending } from "./confirmSpending.ts";

const GWEI = 10n ** 9n;
const estimate = (balance: bigint): DeployEstimate => {
  const steps = [
    { contract: "accessManager", gas: 2_000_000n },
    { contract: "roles", gas: 500_000n },
  ] as const;
  const [gas, gasPrice, maxGasPrice] = [2_500_000n, 10n * GWEI, 20n * GWEI];
  return { steps, gas, gasPrice, maxGasPrice, cost: gas * gasPrice, maxCost: gas * maxGasPrice, balance };
};
const ENOUGH = 10n ** 18n;

const tried = async (given: { balance?: bigint; isLocal?: boolean; yes?: boolean; answer?: string; estimate?: DeployEstimate }) => {
  const said: string[] = [];
  const asked: string[] = [];
  const terminal = { progress: (line: string) => said.push(line), warn: (line: string) => said.push(`Warning: ${line}`) };
  const { answer } = given;
  const ask: Ask | undefined =
    answer === undefined
      ? undefined
      : async (question) => {
          asked.push(question);
          return answer;
        };
  const { isLocal = false, yes = false, balance = ENOUGH } = given;
  const options = { chainId: 137n, deployer: "0xd1", isLocal, yes, ask };
  const refused = await confirmSpending(terminal, given.estimate ?? estimate(balance), options).then(
    () => undefined,
    (error: unknown) => {
      expect(error).to.be.instanceOf(UsageError);
      return (error as Error).message;
    },
  );
  return { refused, said: said.join("\n"), asked };
};

describe("what a deployment costs", () => {
  it("is told for each contract and in all, in the chain's currency, and asked about", async () => {
    const { refused, said, asked } = await tried({ answer: "yes\n" });
    expect(refused).to.equal(undefined);
    for (const part of ["accessManager", "2,000,000 gas  0.02 POL", "2,500,000 gas: 0.025 POL at 10 gwei, at most 0.05 POL", "has 1 POL"])
      expect(said).to.include(part);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.include("2 transactions to chain 137 for about 0.025 POL");
  });
  for (const answer of ["", "n", "no", "yess", "jes"])
    it(`is not paid after the answer "${answer}"`, async () => {
      expect((await tried({ answer })).refused).to.equal("Nothing was sent.");
    });
  it("is not paid where nobody is there to ask, unless --yes agreed before", async () => {
    expect((await tried({})).refused).to.include("--yes");
    expect((await tried({ yes: true })).refused).to.equal(undefined);
  });
  it("is asked by no local chain", async () => {
    expect(await tried({ isLocal: true, answer: "no" })).to.deep.include({ refused: undefined, asked: [] });
  });
  it("is refused where the account cannot pay it, by --yes and on local chains too, with what is missing", async () => {
    const balance = 24n * 10n ** 15n;
    for (const more of [{ yes: true }, { isLocal: true }, { answer: "yes" }]) {
      const { refused, asked } = await tried({ balance, ...more });
      expect(refused).to.include("has 0.024 POL").and.to.include("0.026 POL more");
      expect(asked).to.deep.equal([]);
    }
  });
  it("is warned of where it is enough only at the current fees", async () => {
    expect((await tried({ balance: 30n * 10n ** 15n, yes: true })).said).to.include("Warning: if fees rise");
    expect((await tried({ yes: true })).said).to.not.include("Warning");
  });
  it("is nothing to ask about where nothing is left to send", async () => {
    const none = { ...estimate(0n), steps: [], gas: 0n, cost: 0n, maxCost: 0n };
    expect(await tried({ estimate: none })).to.deep.equal({ refused: undefined, said: "", asked: [] });
  });
});
