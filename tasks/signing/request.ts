import type { SigningContent, SigningEvent } from "@keyquorum/client";
import { checksumAddress, parseHash32, parseKeyId, ZERO_HASH } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { readContent } from "./readContent.ts";

type Arguments = CommonArguments & {
  readonly key: string;
  readonly file: string | undefined;
  readonly message: string | undefined;
  readonly derivation: string | undefined;
  readonly onChain: boolean;
  readonly timeout: string | undefined;
};

/** Has a key sign, as far as its rules let this account have it sign. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const keyId = parseArgument("key", args.key, parseKeyId);
  const derivation = args.derivation === undefined ? ZERO_HASH : parseArgument("--derivation", args.derivation, parseHash32);
  const content = await contentOf(args);
  const timeoutMs = args.timeout === undefined ? undefined : parseCount("--timeout", args.timeout, 1) * 1000;
  const client = await context.client({ signs: true });
  const mode = args.onChain ? ("chain" as const) : ("http" as const);
  const onEvent = (event: SigningEvent): void => void say(event, terminal.progress);
  const made = await client.sign(keyId, content, { mode, derivation, onEvent, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  terminal.facts([
    ["Signature", made.signature],
    ["Digest", made.digest],
    ["Signer", checksumAddress(made.address)],
    ["Request", made.requestId],
    ...(made.transaction === undefined ? [] : ([["Transaction", made.transaction.hash]] as const)),
  ]);
  return { keyId, derivation, ...made };
});

const contentOf = ({ file, message }: Pick<Arguments, "file" | "message">): Promise<SigningContent> | SigningContent => {
  if (message !== undefined && file === undefined) return { message };
  if (file !== undefined && message === undefined) return readContent(file);
  throw new UsageError("Say what is to be signed: --message TEXT, or --file FILE with typed data, a transaction or calls.");
};

const say = (event: SigningEvent, print: (line: string) => void): void => {
  if (event.kind === "asking") print(`Asking ${event.name} to coordinate`);
  if (event.kind === "failed") print(`${event.name} gave no signature: ${event.code}. ${event.reason}`);
  if (event.kind === "requested") print(`Requested on chain as ${event.requestId}; keepers sign when it is final`);
};
