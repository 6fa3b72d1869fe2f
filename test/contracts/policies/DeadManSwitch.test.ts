import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";

const { ethers, networkHelpers } = await network.create();

describe("DeadManSwitch", () => {
  behavesLikePermissions(async () => {
    const [, heir, stranger] = await ethers.getSigners();
    const permissions = await ethers.deployContract("DeadManSwitch", [heir?.address, 30n * 86_400n]);
    await networkHelpers.time.increase(31n * 86_400n);
    return {
      ethers,
      permissions: await permissions.getAddress(),
      document: ethers.id("any document"),
      reader: heir?.address ?? "",
      stranger: stranger?.address ?? "",
      deny: () => permissions.alive(),
    };
  });
});
