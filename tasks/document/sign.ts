import { checkFileTarget, writeAtomically } from "@keyquorum/client/node";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { toJson } from "../terminal.ts";
import { envelopeFile } from "./source.ts";

type Arguments = CommonArguments & { readonly file: string; readonly out: string | undefined; readonly replace: boolean };

/** Stores a ciphertext and signs, as its owner, that it is theirs: a document without gas. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const out = args.out ?? `${args.file}.json`;
  await checkFileTarget(out, { replace: args.replace });
  const client = await context.client({ signs: true });
  const encrypted = await client.loadEncrypted(envelopeFile(args.file), { signal });
  const cid = await client.store(encrypted, { signal });
  const card = await client.signAuthorship(encrypted, cid, { signal });
  await writeAtomically(out, new TextEncoder().encode(`${toJson(card)}\n`), { replace: args.replace, mode: 0o644 });
  terminal.facts([
    ["Document", encrypted.document],
    ["CID", cid],
    ["Card", out],
  ]);
  terminal.print(`Readers: npx hardhat keyquorum document get ${out}`);
  terminal.print(`Let one read: npx hardhat keyquorum grant ${encrypted.document} READER --sign grant.json --salt ${encrypted.salt}`);
  return { file: out, ...card };
});
