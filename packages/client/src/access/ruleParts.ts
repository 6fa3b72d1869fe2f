import type { Address } from "@keyquorum/wire";
import { Interface, isError } from "ethers";
import type { Chain } from "../chain/chain.ts";

/** So many contracts are looked at: a rule has at most 8 parts, and who nests deeper grants by hand. */
const MAX_CONTRACTS = 64;
/** Eight parts cost 40 000; a contract that burns what it gets costs the node no more than this. */
const PARTS_GAS = 1_000_000n;

/** Whether a permissions contract is `wanted` or a combined rule over it, as far as rules say what their parts are. Throws CHAIN_UNAVAILABLE. */
export const isAskedBy = async (chain: Chain, wanted: Address, permissions: string, signal?: AbortSignal): Promise<boolean> =>
  reaches(wanted, permissions, (address) => readParts(chain, address, signal));

/** Searches rules for a part, the nearest first. Rules that name each other are looked at once. */
export const reaches = async (wanted: string, from: string, partsOf: (address: string) => Promise<readonly string[]>): Promise<boolean> => {
  const seen = [from.toLowerCase()];
  for (let at = 0; at < Math.min(seen.length, MAX_CONTRACTS); at += 1) {
    const address = seen[at] as string; // at < seen.length
    if (address === wanted.toLowerCase()) return true;
    for (const part of await partsOf(address)) if (!seen.includes(part.toLowerCase())) seen.push(part.toLowerCase());
  }
  return false;
};

/** A combined rule's parts; none for a contract that is no such rule, whatever it answers. */
const readParts = async ({ calls, provider }: Chain, address: string, signal: AbortSignal | undefined): Promise<readonly string[]> => {
  const rule = new Interface(["function parts() view returns (tuple(address permissions, bool takesContext)[])"]);
  const question = { to: address, data: rule.encodeFunctionData("parts"), gasLimit: PARTS_GAS };
  const ask = async (): Promise<string> => {
    try {
      return await provider.call(question);
    } catch (error) {
      if (isError(error, "CALL_EXCEPTION")) return "0x";
      throw error;
    }
  };
  const answer = await calls.read("Reading the permissions contract", ask, signal);
  try {
    const [parts] = rule.decodeFunctionResult("parts", answer) as unknown as [readonly { readonly permissions: string }[]];
    return parts.map(({ permissions }) => permissions);
  } catch {
    return []; // its answer is not a list of parts
  }
};
