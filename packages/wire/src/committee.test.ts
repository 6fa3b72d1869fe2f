import { G, type Point } from "@keyquorum/threshold";
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { contractNamed } from "./actors.test.ts";
import { type CommitteeMember, committeeRootOf } from "./committee.ts";
import type { Address } from "./ids.ts";

const coder = AbiCoder.defaultAbiCoder();
const tag = (name: string): string => keccak256(new TextEncoder().encode(`keyquorum/v1/${name}`));
const xy = (point: Point): readonly bigint[] => [point.toAffine().x, point.toAffine().y];

const members: readonly CommitteeMember[] = [1, 2, 5].map((slot) => ({
  slot,
  operator: `0x${`0${slot}`.repeat(20)}` as Address,
  encryptionKey: G.multiply(BigInt(slot * 7)),
  identityKey: G.multiply(BigInt(slot * 11)),
}));
const committee = { chainId: 31337n, registry: contractNamed("KeeperRegistry"), epoch: 3, members };

describe("The root of a committee", () => {
  it("should be what the registry computes, written out with ethers", () => {
    const types = ["bytes32", "bytes32", "uint8", "address", "uint256", "uint256", "uint256", "uint256"];
    const start = coder.encode(["bytes32", "uint256", "address", "uint32"], [tag("committee"), 31337n, committee.registry, 3]);
    const expected = members.reduce(
      (root, { slot, operator, encryptionKey, identityKey }) =>
        keccak256(coder.encode(types, [tag("member"), root, slot, operator, ...xy(encryptionKey), ...xy(identityKey)])),
      keccak256(start),
    );
    expect(committeeRootOf(committee)).to.equal(expected);
  });

  const [first, second, third] = members as [CommitteeMember, CommitteeMember, CommitteeMember];
  const changes: Readonly<Record<string, Partial<typeof committee>>> = {
    "the epoch": { epoch: 4 },
    "the chain": { chainId: 1n },
    "the registry": { registry: contractNamed("fork") },
    "an identity": { members: [first, { ...second, identityKey: G }, third] },
    "an encryption key": { members: [first, second, { ...third, encryptionKey: G }] },
    "an operator": { members: [{ ...first, operator: contractNamed("other") }, second, third] },
    "the order": { members: [second, first, third] },
    "a member less": { members: [first, second] },
  };
  for (const [name, change] of Object.entries(changes))
    it(`should change with ${name}`, () => {
      expect(committeeRootOf({ ...committee, ...change })).to.not.equal(committeeRootOf(committee));
    });
});
