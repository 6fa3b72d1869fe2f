import type { Contracts } from "@keyquorum/bindings";
import type { Address } from "@keyquorum/wire";
import type { Signer } from "ethers";
import type { Chain } from "../chain/chain.ts";

/** The account that signs, and the contracts as it calls them. */
export type Signing = {
  readonly signer: Signer;
  readonly account: Address;
  readonly contracts: Contracts;
  readonly chain: Chain;
};
