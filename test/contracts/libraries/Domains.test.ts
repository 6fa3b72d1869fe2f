import { readFile } from "node:fs/promises";
import { DOMAINS } from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { domainTag } from "../../fixtures/preimages.ts";

const { ethers } = await network.create();

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const constantOf = (name: string): string => kebab(name).replaceAll("-", "_").toUpperCase();

describe("Domains", () => {
  it("are the same in Solidity and in the package, and all differ (attack 29)", async () => {
    const source = await readFile("contracts/libraries/Domains.sol", "utf8");
    const constants = [...source.matchAll(/constant (\w+) =/g)].map(([, name]) => name);
    const harness = await ethers.deployContract("LibraryHarness");
    const tags = [...(await harness.domains())];
    // The package has more: what keepers say among themselves, no contract knows.
    const shared = Object.entries(DOMAINS).filter(([name]) => constants.includes(constantOf(name)));
    expect(tags).to.deep.equal(shared.map(([, tag]) => hexlify(tag)));
    expect(tags).to.deep.equal(shared.map(([name]) => domainTag(kebab(name))));
    expect([new Set(tags).size, constants.length]).to.deep.equal([31, 31]);
  });
});
