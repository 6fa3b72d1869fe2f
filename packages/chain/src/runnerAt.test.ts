import { CONTRACT_NAMES, connectContracts, decodeContractError, forEachContract, interfaceOf, parseDeployment } from "@keyquorum/bindings";
import { expect } from "chai";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { runnerAt } from "./runnerAt.ts";
import { ModelChain } from "./testing/modelChain.ts";

const address = (digit: string): string => `0x${digit.repeat(40)}`;
const deployment = parseDeployment({
  chainId: 31337,
  genesisHash: `0x${"11".repeat(32)}`,
  block: 0,
  blockHash: `0x${"22".repeat(32)}`,
  contracts: forEachContract((name) => address((CONTRACT_NAMES.indexOf(name) + 1).toString(16))),
});
const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("runnerAt", () => {
  it("reads typed values as of one block hash", async () => {
    const chain = new ModelChain();
    const at = chain.head;
    chain.mine(3);
    chain.onCall = (call, block) => {
      expect(call.to).to.equal(deployment.contracts.keeperRegistry);
      return interfaceOf("keeperRegistry").encodeFunctionResult("currentEpoch", [block.number + 7]);
    };
    const { keeperRegistry } = connectContracts(deployment, runnerAt(chain.rpc(), at.hash));
    expect(await keeperRegistry.currentEpoch()).to.equal(7n);
  });

  it("throws a contract's error so that it decodes, and unavailability as it is", async () => {
    const chain = new ModelChain();
    const { keeperRegistry } = connectContracts(deployment, runnerAt(chain.rpc(), chain.head.hash));
    const data = interfaceOf("keeperRegistry").encodeErrorResult("KeeperRegistryNotMember", [3, 9]);
    chain.onCall = () => {
      throw new RpcError("eth_call", 3, "reverted", data);
    };
    expect(decodeContractError(await failureOf(keeperRegistry.memberOf(3, 9)))?.name).to.equal("KeeperRegistryNotMember");
    chain.onSend = () => {
      throw new ChainUnavailableError("TRANSPORT", "down");
    };
    expect(await failureOf(keeperRegistry.memberOf(3, 9))).to.be.instanceOf(ChainUnavailableError);
    expect(await failureOf(keeperRegistry.addKeeper(address("7"), { x: 1n, y: 2n }, "", "", ""))).to.be.instanceOf(Error);
  });
});
