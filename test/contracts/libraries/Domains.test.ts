import { DOMAINS } from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { domainTag } from "../../fixtures/preimages.ts";

const { ethers } = await network.create();

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe("Domains", () => {
  it("are the same in Solidity and in the package, and all differ (attack 29)", async () => {
    const harness = await ethers.deployContract("LibraryHarness");
    const tags = [...(await harness.domains())];
    expect(tags).to.deep.equal(Object.values(DOMAINS).map((tag) => hexlify(tag)));
    expect(tags).to.deep.equal(Object.keys(DOMAINS).map((name) => domainTag(kebab(name))));
    expect(new Set(tags).size).to.equal(27);
  });
});
