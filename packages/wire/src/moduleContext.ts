import { DOMAINS, encodeWords, keccakWords } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";

/** For what a runner asks: to run this module. Public. */
export type ModuleContext = {
  readonly chainId: bigint;
  /** SHA-256 of the module's bytes. */
  readonly module: Hash32;
  /** The account that asks. */
  readonly runner: Address;
};

/** The bytes that a runner's request brings, 128 of them: what `ModuleGrants.contextOf` returns. docs/MODULES.md. */
export const encodeModuleContext = (context: ModuleContext): Uint8Array => encodeWords(...wordsOf(context));

/** The hash that the request carries and that `ModuleGrants` is asked about. */
export const moduleContextHash = (context: ModuleContext): Hash32 => bytesToHex(keccakWords(...wordsOf(context))) as Hash32;

const wordsOf = ({ chainId, module, runner }: ModuleContext) =>
  [DOMAINS.module, chainId, hexToBytes(module, 32), hexToBytes(runner, 20)] as const;
