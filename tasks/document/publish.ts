import type { EncryptedDocument, KeyquorumClient } from "@keyquorum/client";
import { fileContent } from "@keyquorum/client/node";
import { parseAddress, parseDocumentId, parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { withNameAdvice } from "./authorsName.ts";
import { byteCount, everyTenMegabytes } from "./progress.ts";
import { envelopeFile } from "./source.ts";

type Arguments = CommonArguments & {
  readonly file: string;
  readonly name: string | undefined;
  readonly mediaType: string | undefined;
  readonly key: string | undefined;
  readonly permissions: string | undefined;
  readonly versionOf: string | undefined;
  readonly publicMetadata: boolean;
  readonly encrypted: boolean;
};

/** Encrypts a file, stores the ciphertext by its content id and publishes it. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const client = await context.client({ signs: true });
  const encrypted = args.encrypted ? await loadOne(client, args, signal) : await encryptOne(client, args, context);
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
  return { ...published, permissions: encrypted.initialPermissions };
});

const encryptOne = async (client: KeyquorumClient, args: Arguments, { terminal, signal }: TaskContext): Promise<EncryptedDocument> => {
  const { content, bytes } = await fileContent(args.file);
  const options = {
    publicMetadata: args.publicMetadata,
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args.mediaType === undefined ? {} : { mediaType: args.mediaType }),
    ...(args.key === undefined ? {} : { keyId: parseArgument("--key", args.key, parseKeyId) }),
    ...(args.permissions === undefined ? {} : { permissions: parseArgument("--permissions", args.permissions, parseAddress) }),
    ...(args.versionOf === undefined ? {} : { versionOf: parseArgument("--version-of", args.versionOf, parseDocumentId) }),
    signal,
  };
  const encrypted = await withNameAdvice(args.name, () => client.encryptDocument(content, options));
  terminal.progress(`Encrypting ${args.file} (${byteCount(bytes)}) for key ${encrypted.keyId}`);
  return encrypted;
};

const CHOSEN_BEFORE = ["name", "mediaType", "key", "permissions", "versionOf"] as const;

/** A file that `document encrypt` wrote: everything was chosen then. */
const loadOne = (client: KeyquorumClient, args: Arguments, signal: AbortSignal): Promise<EncryptedDocument> => {
  const chosen = CHOSEN_BEFORE.find((option) => args[option] !== undefined);
  if (chosen !== undefined || args.publicMetadata)
    throw new UsageError("With --encrypted, omit these options: they were chosen when the file was encrypted.");
  return client.loadEncrypted(envelopeFile(args.file), { signal });
};
