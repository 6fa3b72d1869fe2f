import { createReadStream } from "node:fs";
import { importCar } from "@keyquorum/blobs/car";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { counted } from "../slots.ts";
import { UsageError } from "../usageError.ts";

/** Adds the ciphertexts of a CAR file to the store and verifies each block. */
export default command<CommonArguments & { readonly file: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const stream = createReadStream(args.file);
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (cause) => reject(new UsageError(`${args.file} cannot be read.`, { cause })));
  });
  const imported = await importCar(await context.blobs(), stream as AsyncIterable<Uint8Array>, { signal }); // no encoding is set: chunks are bytes
  for (const root of imported.roots)
    terminal.print(`Added ${root} to the store. To describe it: npx hardhat keyquorum document describe ${root}`);
  if (imported.foreignBlocks > 0)
    terminal.warn(
      `${counted(imported.foreignBlocks, "block")} that no root leads to ${imported.foreignBlocks === 1 ? "was" : "were"} left out.`,
    );
  return imported;
});
