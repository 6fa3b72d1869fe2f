import { expect } from "chai";
import { network } from "hardhat";
import { measureRequestGas } from "./requestGas.ts";

const { ethers, networkHelpers } = await network.create();

describe("gas of requests, answers, challenges and settlements, whole transactions (D42)", () => {
  it("stays below the limits, in both modes", async () => {
    const measured = await measureRequestGas(ethers, networkHelpers);
    for (const { name, used, limit } of measured) console.log(`      ${name}: ${used} gas of at most ${limit}`);
    for (const { name, used, limit } of measured) expect(used, name).to.be.greaterThan(21_000n).and.at.most(limit);
  });

  it("is less for an optimistic answer than for a verified one", async () => {
    const measured = await measureRequestGas(ethers, networkHelpers);
    const used = (name: string): bigint => measured.find((one) => one.name === name)?.used ?? 0n;
    for (const which of ["first", "second"])
      expect(used(`optimistic: ${which} answer`)).to.be.lessThan((used(`verified: ${which} answer`) * 3n) / 4n);
    expect(used("optimistic: request, three answers, settlement")).to.be.lessThan(used("verified: request and three answers"));
  });
});
