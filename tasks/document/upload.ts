import { createKuboBlobStore } from "@keyquorum/blobs";
import { readAuthorization } from "@keyquorum/blobs/node";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { counted } from "../slots.ts";
import { everyTenMegabytes } from "./progress.ts";

type Arguments = CommonArguments & { readonly cid: string; readonly kubo: string; readonly kuboAuthorization: string | undefined };

/** Copies a stored ciphertext to an IPFS node; continues where an earlier try stopped. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const to = createKuboBlobStore({
    url: args.kubo,
    ...(args.kuboAuthorization === undefined ? {} : { authorization: readAuthorization(args.kuboAuthorization) }),
  });
  const client = await context.client({ signs: false });
  const tell = everyTenMegabytes((bytes) => terminal.progress(`${bytes.toLocaleString("en")} bytes are there`));
  const done = await client.upload(args.cid, { to, signal, onProgress: ({ bytes }) => tell(bytes) });
  terminal.print(
    `${args.cid} is there: ${counted(done.blocks, "block")}, ${done.copiedBlocks} of them sent now, ${done.bytes.toLocaleString("en")} bytes.`,
  );
  return { cid: args.cid, ...done };
});
