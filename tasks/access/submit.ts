import { checksumAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import { readJsonFile } from "../jsonFile.ts";
import type { CommonArguments } from "../options.ts";

/** Submits a signed grant, from any account. */
export default command<CommonArguments & { readonly file: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const signed = await readJsonFile(args.file);
  const client = await context.client({ signs: true });
  const submitted = await client.submitGrant(signed, { signal });
  const { grant, claim } = submitted;
  if (claim !== undefined) terminal.print(`${checksumAddress(grant.grantor)} is recorded as the owner of ${grant.document}.`);
  const end = grant.until === 0n ? "" : ` until ${timeOf(grant.until)}`;
  terminal.print(`${checksumAddress(grant.reader)} may read ${grant.document}${end}, as granted by ${checksumAddress(grant.grantor)}.`);
  return submitted;
});

/** The grantor may have signed any time, also one that no calendar has. */
const timeOf = (seconds: bigint): string => {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
};
