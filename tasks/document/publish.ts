import { fileContent } from "@keyquorum/client/node";
import { parseAddress, parseDocumentId, parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

type Arguments = CommonArguments & {
  readonly file: string;
  readonly name: string | undefined;
  readonly mediaType: string | undefined;
  readonly key: string | undefined;
  readonly permissions: string | undefined;
  readonly versionOf: string | undefined;
};

/** Encrypts a file, stores the ciphertext by its content id and publishes it. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const { content, bytes } = await fileContent(args.file);
  const client = await context.client({ signs: true });
  const encrypted = await client.encryptDocument(content, {
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args.mediaType === undefined ? {} : { mediaType: args.mediaType }),
    ...(args.key === undefined ? {} : { keyId: parseArgument("--key", args.key, parseKeyId) }),
    ...(args.permissions === undefined ? {} : { permissions: parseArgument("--permissions", args.permissions, parseAddress) }),
    ...(args.versionOf === undefined ? {} : { versionOf: parseArgument("--version-of", args.versionOf, parseDocumentId) }),
    signal,
  });
  terminal.progress(`Encrypting ${args.file} (${bytes.toLocaleString("en")} bytes) for key ${encrypted.keyId}`);
  const onProgress = everyTenMegabytes((stored) => terminal.progress(`${stored.toLocaleString("en")} bytes are stored`));
  const published = await client.publish(encrypted, { signal, onProgress });
  terminal.facts([
    ["Document", published.document],
    ["Version", String(published.version)],
    ["CID", published.cid],
    ["Key", published.keyId],
    ["Gas", published.transaction.gasUsed.toLocaleString("en")],
  ]);
  if (published.version === 1) terminal.print(`Next: npx hardhat keyquorum grant ${published.document} <reader's address>`);
  return { ...published, bytes, permissions: encrypted.initialPermissions };
});

const everyTenMegabytes = (tell: (bytes: number) => void): ((bytes: number) => void) => {
  let told = 0;
  return (bytes) => {
    if (bytes - told < 10_000_000) return;
    told = bytes;
    tell(bytes);
  };
};
