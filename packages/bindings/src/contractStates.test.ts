import { readFile } from "node:fs/promises";
import { expect } from "chai";
import * as states from "./contractStates.ts";

/** The members of an enumeration in a Solidity source, in order. */
const membersOf = async (contract: string, name: string): Promise<readonly string[]> => {
  const source = await readFile(new URL(`../../../contracts/interfaces/${contract}.sol`, import.meta.url), "utf8");
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)?.[1] ?? "";
  return body.split(",").map((member) => member.trim());
};

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["IKeyGeneration", "Purpose", states.PURPOSES],
  ["IKeyGeneration", "SessionStatus", states.SESSION_STATUSES],
  ["IKeyGeneration", "FailureReason", states.FAILURE_REASONS],
  ["IKeyResharing", "ReshareStatus", states.RESHARE_STATUSES],
  ["IKeyResharing", "ReshareFailure", states.RESHARE_FAILURES],
  ["IKeeperRegistry", "EpochStatus", states.EPOCH_STATUSES],
  ["IShareRequests", "RequestStatus", states.REQUEST_STATUSES],
  ["IOptimisticRequests", "OptimisticStatus", states.OPTIMISTIC_STATUSES],
  ["IShareRequests", "Decision", states.DECISIONS],
  ["ISigningRequests", "SigningStatus", states.SIGNING_STATUSES],
  ["ISigningRequests", "SigningDecision", states.SIGNING_DECISIONS],
];

describe("contractStates", () => {
  for (const [contract, name, members] of cases) {
    it(`names ${contract}.${name} as the contract does`, async () => {
      expect(members).to.deep.equal(await membersOf(contract, name));
    });
  }

  it("names a value, and refuses one that does not exist", () => {
    expect(states.nameOfState(states.DECISIONS, 1n)).to.equal("Permitted");
    expect(() => states.nameOfState(states.DECISIONS, 4n)).to.throw(RangeError);
    expect(() => states.nameOfState(states.DECISIONS, -1)).to.throw(RangeError);
  });
});
