import { checksumAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { type GatewayArguments, gatewaysOf } from "./gateways.ts";
import { readSource } from "./source.ts";

type Arguments = CommonArguments & GatewayArguments & { readonly document: string; readonly number: string | undefined };

/** Shows what a ciphertext is and who owns it, without asking keepers. */
export default command<Arguments>(async (args, context) => {
  const source = await readSource(args);
  const client = await context.client({ signs: false, ...gatewaysOf(args) });
  const described = await client.describe(source, { signal: context.signal });
  const { header, headerHash, cid, author, publicMetadata, permissions, published } = described;
  context.terminal.facts([
    ["Document", header.document],
    ["Owner", `${checksumAddress(header.owner)} (${author})`],
    ["CID", cid],
    ["Header", headerHash],
    ["Key", header.keyId],
    ["Permissions", checksumAddress(permissions)],
    ["Metadata", publicMetadata === undefined ? "encrypted" : JSON.stringify(publicMetadata)],
    [
      "Published",
      published === undefined
        ? "no"
        : `version ${published.version}${published.current ? " (current)" : ""}${published.withdrawn ? " (withdrawn)" : ""}, ${new Date(published.publishedAt * 1000).toISOString()}, block ${published.blockNumber}`,
    ],
  ]);
  return described;
});
