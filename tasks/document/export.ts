import { exportCar } from "@keyquorum/blobs/car";
import { writeAtomically } from "@keyquorum/client/node";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";

/** Writes a stored ciphertext as a CAR file. */
export default command<CommonArguments & { readonly cid: string; readonly file: string; readonly replace: boolean }>(
  async (args, context) => {
    const blobs = await context.blobs();
    const bytes = await writeAtomically(args.file, exportCar(blobs, args.cid, { signal: context.signal }), {
      replace: args.replace,
      mode: 0o644,
    });
    context.terminal.print(`Wrote ${args.file}: ${bytes.toLocaleString("en")} bytes.`);
    return { cid: args.cid, file: args.file, bytes };
  },
);
