import { expect } from "chai";
import { network } from "hardhat";
import { deployKeyGeneration } from "../../fixtures/keyGeneration.ts";
import { measureAllReshareGas } from "./reshareGas.ts";

describe("KeyResharing: gas", () => {
  it("of epochs, dealings, complaints and confirmations is at most what the project states", async () => {
    const measured = await measureAllReshareGas(await network.create());
    for (const { name, used, limit } of measured) console.log(`      ${name}: ${used} gas of at most ${limit}`);
    for (const { name, used, limit } of measured) expect(used, name).to.be.greaterThan(21_000n).and.at.most(limit);
  });

  it("of code: every contract has at most 24 576 bytes", async () => {
    const { keyResharing, keyGeneration, registry, shareRepairs } = await deployKeyGeneration(await network.create(), { slots: [1, 2, 3] });
    for (const contract of [keyResharing, keyGeneration, registry, shareRepairs]) {
      const bytes = (((await contract.getDeployedCode()) ?? "0x").length - 2) / 2;
      expect(bytes).to.be.at.most(24_576);
    }
  });
});
