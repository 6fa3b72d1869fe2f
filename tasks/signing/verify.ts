import { checksumAddress, hexToBytes, parseHash32, parseKeyId, ZERO_HASH } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { readContent } from "./readContent.ts";

type Arguments = CommonArguments & {
  readonly key: string;
  readonly file: string;
  readonly signature: string;
  readonly derivation: string | undefined;
};

/** Checks that a signature is a key's over what a file says. The key comes from the chain; keepers are not asked. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const keyId = parseArgument("key", args.key, parseKeyId);
  const derivation = args.derivation === undefined ? ZERO_HASH : parseArgument("--derivation", args.derivation, parseHash32);
  const signature = parseArgument("signature", args.signature.toLowerCase(), hexToBytes);
  const content = await readContent(args.file);
  const client = await context.client({ signs: false });
  const { isRight, digest, address } = await client.verifyKeySignature(keyId, content, signature, { derivation, signal });
  if (!isRight) throw new UsageError(`This is not the signature of ${checksumAddress(address)} over what ${args.file} says.`);
  terminal.print(`${checksumAddress(address)} signed ${digest}.`);
  return { keyId, derivation, digest, address };
});
