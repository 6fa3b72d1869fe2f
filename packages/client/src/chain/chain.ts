import type { connectContracts, Deployment } from "@keyquorum/bindings";
import type { Finality } from "@keyquorum/chain";
import type { Provider } from "ethers";
import type { KeyTrust } from "../keys/trust.ts";
import type { ChainCalls } from "./chainCalls.ts";
import type { ChainMemory } from "./chainMemory.ts";
import type { OnScan } from "./logs.ts";

/** One deployment on one chain, as all of the client reads it. */
export type Chain = {
  readonly deployment: Deployment;
  readonly provider: Provider;
  /** Connected to the provider: for reading. */
  readonly contracts: ReturnType<typeof connectContracts>;
  readonly calls: ChainCalls;
  readonly finality: Finality;
  /** Who else is asked what a key is. Undefined: nobody. */
  readonly trust?: KeyTrust;
  /** Undefined: nothing is kept. */
  readonly memory?: ChainMemory;
  /** Told how far searches of events are. */
  readonly onScan?: OnScan | undefined;
};
