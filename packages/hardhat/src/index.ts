import { definePlugin } from "hardhat/plugins";
import type { HardhatPlugin } from "hardhat/types/plugins";

export type { KeyquorumConfig, KeyquorumUserConfig } from "./config.ts";
export type { Keyquorum, KeyquorumOfConnection } from "./deployKeyquorum.ts";
export type * from "./typeExtensions.ts";

/** Gives every connection of a Hardhat project `keyquorum.deployKeyquorum()`: contracts, real keepers and a threshold key on its chain. */
const keyquorumPlugin: HardhatPlugin = definePlugin({
  id: "keyquorum",
  npmPackage: "@keyquorum/hardhat",
  hookHandlers: {
    config: () => import("./hooks/config.ts"),
    network: () => import("./hooks/network.ts"),
  },
});

export default keyquorumPlugin;
