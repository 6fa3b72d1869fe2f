import { DOMAINS } from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { domainTag } from "../../fixtures/preimages.ts";

const { ethers } = await network.create();

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** No contract knows them. */
const OFF_CHAIN = [
  "agreement",
  "serverKeySession",
  "secret",
  "pair",
  "deal",
  "ecdsaPad",
  "ecdsaDegree",
  "knDelta",
  "frostCommitments",
  "frostBinding",
  "frostNonceId",
  "attempt",
];

describe("Domains", () => {
  it("are the same in Solidity and in the package, and all differ (attack 29)", async () => {
    const harness = await ethers.deployContract("LibraryHarness");
    const tags = [...(await harness.domains())];
    const shared = Object.entries(DOMAINS).filter(([name]) => !OFF_CHAIN.includes(name));
    expect(tags).to.deep.equal(shared.map(([, tag]) => hexlify(tag)));
    expect(tags).to.deep.equal(shared.map(([name]) => domainTag(kebab(name))));
    expect(new Set(tags).size).to.equal(31);
  });
});
