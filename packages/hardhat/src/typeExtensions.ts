import type { KeyquorumConfig, KeyquorumUserConfig } from "./config.ts";
import type { KeyquorumOfConnection } from "./deployKeyquorum.ts";

declare module "hardhat/types/config" {
  interface HardhatUserConfig {
    keyquorum?: KeyquorumUserConfig;
  }
  interface HardhatConfig {
    keyquorum: KeyquorumConfig;
  }
}

declare module "hardhat/types/network" {
  // The parameter must be named, or TypeScript does not merge the declarations.
  interface NetworkConnection<ChainTypeT extends ChainType | string = DefaultChainType> {
    keyquorum: KeyquorumOfConnection;
  }
}
