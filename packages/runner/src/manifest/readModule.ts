import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { BlobReader } from "@keyquorum/blobs";
import { KeyquorumError } from "@keyquorum/wire";
import { MODULE_LIMITS } from "../validate/limits.ts";
import type { Manifest } from "./manifest.ts";
import { parseBlocklessManifest, parseBlsToml } from "./parseBlockless.ts";
import { manifestFault, parseManifest } from "./parseManifest.ts";

const unreadable = (file: string, cause: unknown): KeyquorumError =>
  new KeyquorumError("FILE_FAILED", `${file} cannot be read.`, { cause });

/** Reads a manifest by the kind of its name: `bls.toml`, a build's `.json`, else a `keyquorum.toml`. Throws FILE_FAILED, INVALID_MANIFEST. */
export const readManifest = async (file: string): Promise<Manifest> => {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (file.endsWith(".json")) return parseBlocklessManifest(text);
  return /(^|[/\\])bls\.toml$/.test(file) ? parseBlsToml(text) : parseManifest(text);
};

/**
 * The module's bytes, whole: of the file beside the manifest, or of the store. What they hash to is for who runs them to check. Throws FILE_FAILED,
 * INVALID_MANIFEST, MODULE_REFUSED where it is larger than any module may be, and what the store throws.
 */
export const readModule = async (
  { module: { file, cid } }: Manifest,
  manifestFile: string,
  { blobs, signal }: { readonly blobs: () => Promise<Pick<BlobReader, "get">>; readonly signal?: AbortSignal },
): Promise<Uint8Array> => {
  if (file !== undefined) return readFromFile(resolve(dirname(manifestFile), file));
  if (cid === undefined) throw manifestFault("module", "names no module: neither a file nor a cid");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (await blobs()).get(cid, signal === undefined ? {} : { signal })) {
    bytes += piece.length;
    if (bytes > MODULE_LIMITS.bytes) throw tooLarge(cid);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
};

const readFromFile = async (path: string): Promise<Uint8Array> => {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isFile()) throw new KeyquorumError("FILE_FAILED", `${path} is no file.`);
  if (found.size > MODULE_LIMITS.bytes) throw tooLarge(path);
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
};

const tooLarge = (where: string): KeyquorumError =>
  new KeyquorumError("MODULE_REFUSED", `The module ${where} has more than ${MODULE_LIMITS.bytes} bytes.`);
