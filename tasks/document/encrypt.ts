import { encryptOffline } from "@keyquorum/client";
import { checkFileTarget, fileContent, nodeChunkCipher, writeAtomically } from "@keyquorum/client/node";
import { borrowed, checksumAddress, parseAddress, parseHash32, parseKeyFile } from "@keyquorum/wire";
import { command } from "../command.ts";
import { readJsonFile } from "../jsonFile.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { withNameAdvice } from "./authorsName.ts";
import { byteCount, everyTenMegabytes } from "./progress.ts";

type Arguments = CommonArguments & {
  readonly file: string;
  readonly keyData: string;
  readonly owner: string | undefined;
  readonly out: string | undefined;
  readonly name: string | undefined;
  readonly mediaType: string | undefined;
  readonly permissions: string | undefined;
  readonly salt: string | undefined;
  readonly publicMetadata: boolean;
  readonly replace: boolean;
};

/** Encrypts a file with nothing but a key's public data: no chain, no network. */
export default command<Arguments>(async (args, { terminal, signal }) => {
  if (args.owner === undefined) throw new UsageError("Name the document's owner: --owner ADDRESS.");
  const keyFile = parseKeyFile(await readJsonFile(args.keyData));
  const { content, bytes } = await fileContent(args.file);
  const options = {
    owner: parseArgument("--owner", args.owner, parseAddress),
    cipher: nodeChunkCipher,
    publicMetadata: args.publicMetadata,
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args.mediaType === undefined ? {} : { mediaType: args.mediaType }),
    ...(args.permissions === undefined ? {} : { permissions: parseArgument("--permissions", args.permissions, parseAddress) }),
    ...(args.salt === undefined ? {} : { salt: parseArgument("--salt", args.salt, parseHash32) }),
  };
  const out = args.out ?? `${args.file}.kqe`;
  await checkFileTarget(out, { replace: args.replace });
  const encrypted = await withNameAdvice(args.name, () => encryptOffline(content, keyFile, options));
  terminal.progress(`Encrypting ${args.file} (${byteCount(bytes)}) for key ${encrypted.keyId}`);
  const tell = everyTenMegabytes((done) => terminal.progress(`${done.toLocaleString("en")} bytes are encrypted`));
  const written = await writeAtomically(out, counted(borrowed(encrypted.envelope), tell, signal), { replace: args.replace, mode: 0o644 });
  terminal.facts([
    ["Document", encrypted.document],
    ["Salt", encrypted.salt],
    ["Owner", checksumAddress(encrypted.owner)],
    ["Key", encrypted.keyId],
    ["Wrote", `${out}: ${written.toLocaleString("en")} bytes`],
  ]);
  terminal.print(`Publish it: npx hardhat keyquorum document publish ${out} --encrypted`);
  terminal.print(`   or never: npx hardhat keyquorum document sign ${out}`);
  const { document, salt, owner, keyId, headerHash } = encrypted;
  return { file: out, bytes: written, document, salt, owner, keyId, headerHash, permissions: encrypted.initialPermissions };
});

async function* counted(source: AsyncIterable<Uint8Array>, tell: (bytes: number) => void, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of source) {
    signal.throwIfAborted();
    bytes += part.length;
    tell(bytes);
    yield part;
  }
}
