import { checksumAddress, parseHash32, parseKeyId, ZERO_HASH } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Shows the address of a key that signs, or of one derived from it. */
export default command<CommonArguments & { readonly key: string; readonly derivation: string | undefined }>(async (args, context) => {
  const { terminal, signal } = context;
  const keyId = parseArgument("key", args.key, parseKeyId);
  const derivation = args.derivation === undefined ? ZERO_HASH : parseArgument("--derivation", args.derivation, parseHash32);
  const client = await context.client({ signs: false });
  const address = checksumAddress(await client.keyAddress(keyId, { derivation, signal }));
  terminal.print(address);
  return { keyId, derivation, address };
});
