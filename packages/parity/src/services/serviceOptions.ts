import type { Address } from "@keyquorum/wire";
import { z } from "zod";
import { addressOption } from "../options.ts";

/** A contract whose requests this keeper answers on chain, from its operator's account. */
export type ServiceContract = {
  readonly contract: Address;
  /** Its first block: requests are read from there on. */
  readonly fromBlock: number;
  /** What one answer may take at most: one that would take more is not sent. */
  readonly gas: bigint;
};

/** Our own contracts' answers take less than half of it with 64 key servers. */
const DEFAULT_GAS = 1_000_000;
const LEAST_GAS = 100_000;
const MOST_GAS = 30_000_000;

const MOST_CONTRACTS = 8;

export const servicesSchema = z
  .array(
    z.strictObject({
      ...{ contract: addressOption, fromBlock: z.int().min(0) },
      gas: z.int().min(LEAST_GAS).max(MOST_GAS).default(DEFAULT_GAS).transform(BigInt),
    }),
  )
  .max(MOST_CONTRACTS)
  .refine((all) => new Set(all.map(({ contract }) => contract)).size === all.length, { message: "must name no contract twice" });
