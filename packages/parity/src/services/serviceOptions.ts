import type { Address } from "@keyquorum/wire";
import { z } from "zod";
import { addressOption } from "../options.ts";

/** A contract whose requests this keeper answers on chain, from its operator's account. */
export type ServiceContract = {
  readonly contract: Address;
  /** Its first block: requests are read from there on. */
  readonly fromBlock: number;
};

const MOST_CONTRACTS = 8;

export const servicesSchema = z
  .array(z.strictObject({ contract: addressOption, fromBlock: z.int().min(0) }))
  .max(MOST_CONTRACTS)
  .refine((all) => new Set(all.map(({ contract }) => contract)).size === all.length, { message: "must name no contract twice" });
