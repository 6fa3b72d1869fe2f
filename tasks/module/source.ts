import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { BlobReader } from "@keyquorum/blobs";
import { type Manifest, MODULE_LIMITS, parseBlocklessManifest, parseBlsToml, parseManifest } from "@keyquorum/runner";
import { UsageError } from "../usageError.ts";

/** Reads a manifest by the kind of its name: `bls.toml`, a build's `.json`, else a `keyquorum.toml`. Throws UsageError, INVALID_MANIFEST. */
export const readManifest = async (file: string): Promise<Manifest> => {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read.`, { cause });
  });
  if (file.endsWith(".json")) return parseBlocklessManifest(text);
  return /(^|[/\\])bls\.toml$/.test(file) ? parseBlsToml(text) : parseManifest(text);
};

/** The module's bytes, whole: of the file beside the manifest, or of the store. What they hash to is for who runs them to check. Throws UsageError. */
export const readModule = async (
  { module: { file, cid } }: Manifest,
  manifestFile: string,
  { blobs, signal }: { readonly blobs: () => Promise<Pick<BlobReader, "get">>; readonly signal: AbortSignal },
): Promise<Uint8Array> => {
  if (file !== undefined) {
    const path = resolve(dirname(manifestFile), file);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && (!found.isFile() || found.size > MODULE_LIMITS.bytes))
      throw new UsageError(`The module ${path} is no file, or has more than ${MODULE_LIMITS.bytes} bytes.`);
    return readFile(path).catch((cause: unknown) => {
      throw new UsageError(`The module ${path} cannot be read.`, { cause });
    });
  }
  if (cid === undefined) throw new UsageError("The manifest names no module: neither a file nor a cid.");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (await blobs()).get(cid, { signal })) {
    bytes += piece.length;
    if (bytes > MODULE_LIMITS.bytes) throw new UsageError(`The module ${cid} has more than ${MODULE_LIMITS.bytes} bytes.`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
};
