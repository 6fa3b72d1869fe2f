import { expect } from "chai";
import { CONTRACT_NAMES, type ContractName, interfaceOf } from "./contracts.ts";
import { parseDeployment } from "./deployment.ts";
import { EXPECTED_EVENTS, expectedEventOf, hasEvent } from "./expectedEvents.ts";

const hash = `0x${"ab".repeat(32)}`;
const addresses = CONTRACT_NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).padStart(2, "0").repeat(20)}`]);
const deployment = parseDeployment({ chainId: 1, genesisHash: hash, block: 0, blockHash: hash, contracts: Object.fromEntries(addresses) });

/** Sent by keepers alone, which find what they did in their own way. */
const KEEPERS_OWN: Readonly<Record<string, readonly string[]>> = {
  keeperRegistry: ["postEpochKey"],
  keyGeneration: ["complain", "deal", "finalize", "moveKey", "ready"],
  keyResharing: ["complain", "deal", "ready"],
  shareRequests: ["answer"],
  optimisticRequests: ["answer"],
  signingRequests: ["post"],
};
const selectorOf = (contract: ContractName, name: string): string =>
  (interfaceOf(contract).getFunction(name as never) as unknown as { readonly selector: string }).selector;

describe("The event that proves a call done", () => {
  it("is known for every function that changes something, keepers' own left out", () => {
    for (const contract of CONTRACT_NAMES) {
      if (contract === "accessManager" || contract === "shareRepairs") continue; // OpenZeppelin's, and keepers'
      const changing: string[] = [];
      interfaceOf(contract).forEachFunction(({ name, constant }) => constant || changing.push(name));
      const own = KEEPERS_OWN[contract] ?? [];
      expect(changing.filter((name) => !own.includes(name)).sort(), contract).to.deep.equal(
        Object.keys(EXPECTED_EVENTS[contract] ?? {}).sort(),
      );
    }
  });

  it("is an event of that contract", () => {
    for (const contract of CONTRACT_NAMES)
      for (const event of Object.values(EXPECTED_EVENTS[contract as keyof typeof EXPECTED_EVENTS] ?? {}))
        expect(interfaceOf(contract).getEvent(event as never), `${contract}.${event}`).to.not.equal(null);
  });

  it("is found by address and selector, and by nothing else", () => {
    const to = deployment.contracts.accessGrants.toUpperCase().replace("0X", "0x");
    const data = `${selectorOf("accessGrants", "revoke")}00`;
    expect(expectedEventOf(deployment, { to, data })).to.deep.equal({ contract: "accessGrants", event: "AccessRevoked" });
    for (const other of [
      { to: null, data },
      { to: `0x${"77".repeat(20)}`, data },
      { to, data: "0x" },
      { to, data: "0x12345678" },
    ])
      expect(expectedEventOf(deployment, other)).to.equal(undefined);
  });

  it("counts from the contract's own address only", () => {
    const { topics, data } = interfaceOf("readerSessions").encodeEventLog("SessionsEnded", [`0x${"11".repeat(20)}`, 1n]);
    const expected = { contract: "readerSessions", event: "SessionsEnded" } as const;
    const log = { address: deployment.contracts.readerSessions, topics, data };
    expect(hasEvent(deployment, [log], expected)).to.equal(true);
    expect(hasEvent(deployment, [{ ...log, address: deployment.contracts.accessGrants }], expected)).to.equal(false);
    expect(hasEvent(deployment, [], expected)).to.equal(false);
  });
});
