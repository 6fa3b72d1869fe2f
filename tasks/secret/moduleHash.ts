import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import type { BlobReader } from "@keyquorum/blobs";
import { type Hash32, parseHash32 } from "@keyquorum/wire";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

const HASH = /^0x[0-9a-fA-F]{64}$/;
const CID = /^b[a-z2-7]{20,}$/;

/** The SHA-256 that grants name, of a module given as that hash, as a file, or as the CID of what is stored. Throws UsageError. */
export const moduleHashOf = async (
  option: string,
  given: string,
  blobs: () => Promise<Pick<BlobReader, "get">>,
  signal?: AbortSignal,
): Promise<Hash32> => {
  if (HASH.test(given)) return parseArgument(option, given, parseHash32);
  if (existsSync(given)) return hashOf(createReadStream(given));
  if (!CID.test(given)) throw new UsageError(`${option} ${given} is neither a file, nor a CID, nor a SHA-256 (0x and 64 hex digits).`);
  return hashOf((await blobs()).get(given, signal === undefined ? {} : { signal }));
};

const hashOf = async (bytes: AsyncIterable<Uint8Array>): Promise<Hash32> => {
  const hash = createHash("sha256");
  for await (const piece of bytes) hash.update(piece);
  return parseHash32(`0x${hash.digest("hex")}`);
};
