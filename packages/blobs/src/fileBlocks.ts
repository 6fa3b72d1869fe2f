import { randomUUID } from "node:crypto";
import * as nodeFiles from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import { NextToLast } from "blockstore-fs/sharding";
import type { CID } from "multiformats/cid";
import { type BlockStorage, copying, type GetBlockOptions } from "./blockStorage.ts";
import { type Cid, parseCid } from "./cid.ts";

/** The part of node:fs/promises that is used: tests give one that fails. */
export type Files = Pick<typeof nodeFiles, "access" | "mkdir" | "open" | "readdir" | "rename" | "rm" | "stat">;

const STALE_MS = 24 * 60 * 60 * 1000;

/**
 * Blocks as files, in the places where blockstore-fs (and so Helia) looks for them; beside them `roots/` and `tmp/`.
 *
 * Only the layout is blockstore-fs's. Its `put` never calls fsync and writes two concurrent puts of one block to one temporary file, and both its
 * `put` and `get` turn every failure into one error without a code. Here a block is written to a file of its own, fsynced, renamed, and its
 * directory is fsynced before `put` resolves; a full disk, a failed disk and a missing block are told apart.
 */
export const openFileBlocks = async (directory: string, files: Files = nodeFiles): Promise<Required<BlockStorage>> => {
  const base = resolve(directory);
  const layout = new NextToLast();
  const rootsDirectory = join(base, "roots");
  const temporary = join(base, "tmp");
  const pathOf = (cid: CID): string => {
    const { dir, file } = layout.encode(cid);
    return join(base, dir, file);
  };

  const write = (path: string, bytes: Uint8Array): Promise<void> =>
    withStoreErrors("write", path, async () => {
      await makeDirectory(dirname(path));
      const draft = join(temporary, randomUUID());
      try {
        const handle = await files.open(draft, "wx", 0o600);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await files.rename(draft, path);
      } catch (error) {
        await files.rm(draft, { force: true });
        throw error;
      }
      await syncDirectory(files, dirname(path));
    });

  const makeDirectory = async (path: string): Promise<void> => {
    const first = await files.mkdir(path, { recursive: true, mode: 0o700 });
    if (first !== undefined) await syncDirectory(files, dirname(first));
  };

  const remove = (path: string): Promise<void> =>
    withStoreErrors("remove", path, async () => {
      await files.rm(path, { force: true });
    });

  const exists = (path: string): Promise<boolean> =>
    withStoreErrors("look for", path, () =>
      files.access(path).then(
        () => true,
        (error: unknown) => absent(error, false),
      ),
    );

  await withStoreErrors("open", base, async () => {
    for (const path of [base, rootsDirectory, temporary]) await makeDirectory(path);
    await removeStaleDrafts(files, temporary);
  });

  return {
    put: copying((cid, bytes) => write(pathOf(cid), bytes)),
    get: (cid, options) => withStoreErrors("read", pathOf(cid), () => readFile(files, pathOf(cid), options)),
    has: (cid) => exists(pathOf(cid)),
    remove: (cid) => remove(pathOf(cid)),
    addRoot: (root) => write(join(rootsDirectory, root), new Uint8Array(0)),
    removeRoot: (root) => remove(join(rootsDirectory, root)),
    roots: () => withStoreErrors("list", rootsDirectory, async () => (await files.readdir(rootsDirectory)).flatMap(rootOf)),
  };
};

/** At most `maxBytes` and one more, so that a caller sees that there is more. */
const readFile = async (files: Files, path: string, { maxBytes, memory }: GetBlockOptions): Promise<Uint8Array | undefined> => {
  const handle = await files.open(path, "r").catch((error: unknown) => absent(error, undefined));
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, maxBytes + 1);
    const bytes = memory?.(length) ?? new Uint8Array(length);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
};

/** Makes names in a directory durable. Some systems cannot open directories; they have no such call. */
const syncDirectory = async (files: Files, path: string): Promise<void> => {
  const handle = await files.open(path, "r").catch((error: unknown) => {
    if (["EISDIR", "EPERM", "EACCES"].includes(codeOf(error)) && process.platform === "win32") return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Drafts of a process that was killed. Younger ones may belong to a process that still runs. */
const removeStaleDrafts = async (files: Files, temporary: string): Promise<void> => {
  for (const name of await files.readdir(temporary)) {
    const path = join(temporary, name);
    const found = await files.stat(path).catch((error: unknown) => absent(error, undefined));
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await files.rm(path, { force: true });
  }
};

/** A file that is no root (an editor's, a backup's) is passed over. */
const rootOf = (name: string): Cid[] => {
  try {
    return [parseCid(name)];
  } catch {
    return [];
  }
};

const absent = <T>(error: unknown, value: T): T => {
  if (codeOf(error) === "ENOENT") return value;
  throw error;
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

const withStoreErrors = async <T>(verb: string, path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    const details = { path, reason: codeOf(cause) };
    if (["ENOSPC", "EDQUOT"].includes(details.reason))
      throw new KeyquorumError("BLOB_STORE_FULL", `Could not ${verb} ${path}: the disk is full.`, { details, cause });
    throw new KeyquorumError("BLOB_STORE_FAILED", `Could not ${verb} ${path} (${details.reason}).`, { details, cause });
  }
};
