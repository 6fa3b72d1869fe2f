import { createReadStream, existsSync } from "node:fs";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { moduleHashOf } from "../secret/moduleHash.ts";
import { UsageError } from "../usageError.ts";

/** Stores a module, and says by which CID runners fetch it and by which hash grants name it. */
export default command<CommonArguments & { readonly file: string }>(async ({ file }, context) => {
  const { terminal, signal } = context;
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const module = await moduleHashOf("file", file, context.blobs, signal);
  const cid = await (await context.blobs()).add(createReadStream(file) as AsyncIterable<Uint8Array>, { signal }); // no encoding is set: chunks are bytes
  terminal.facts([
    ["CID", cid],
    ["Module", module],
  ]);
  terminal.print(`Next: npx hardhat keyquorum secret grant NAME --module ${module} --runner ADDRESS`);
  return { file, cid, module };
});
