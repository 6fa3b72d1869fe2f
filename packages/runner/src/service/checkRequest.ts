import { createHash } from "node:crypto";
import {
  type Address,
  callerOf,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  parseHash32,
  type RunnerDomain,
  type RunRequest,
  recoverSigner,
  runReadingDigest,
  runRequestDigest,
  type SignedRunRequestBody,
} from "@keyquorum/wire";
import type { LoadedModule } from "../loadModule.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { checkArguments } from "../run/createRunner.ts";
import type { RunLimits } from "../run/limits.ts";
import type { ServedModules } from "./servedModules.ts";

/** A request that may be run. */
export type CheckedRequest = {
  /** The digest that the caller signed. */
  readonly id: Hash32;
  readonly caller: Address;
  readonly request: RunRequest;
  /** Seconds since 1970. */
  readonly deadline: number;
  /** The operator's, with what the caller may choose. */
  readonly manifest: Manifest;
  readonly module: LoadedModule;
  readonly stdin: Uint8Array;
};

export type CheckOptions = {
  readonly domain: RunnerDomain;
  readonly callers: ReadonlySet<Address>;
  readonly modules: Pick<ServedModules, "find">;
  readonly maxStdinBytes: number;
  readonly maxDeadlineSeconds: number;
  readonly keepOutput: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** Whoever asks without being one who may learns the same, whether the account, the signature or the domain is wrong. */
const notAllowed = (): KeyquorumError => new KeyquorumError("CALLER_NOT_ALLOWED");
const refused = (field: string, what: string): KeyquorumError => new KeyquorumError("RUN_REFUSED", what, { details: { field } });

/**
 * Checks a request, the cheapest first: nothing is written, nobody is asked. What a caller may choose can only add arguments and standard input where the
 * operator lets it, and lower limits: never secrets, egress, or more of anything. Throws CALLER_NOT_ALLOWED, DEADLINE_PASSED, DEADLINE_TOO_FAR,
 * MODULE_NOT_ALLOWED, RUN_REFUSED, INVALID_REQUEST, UNAVAILABLE.
 */
export const checkRequest = (body: SignedRunRequestBody, options: CheckOptions): CheckedRequest => {
  const { request } = body;
  const caller = callerOf(request);
  if (!options.callers.has(caller)) throw notAllowed();
  const deadline = checkDeadline(request.deadline, options);
  const id = runRequestDigest(options.domain, request);
  if (recoverSigner(id, hexToBytes(body.signature, 65)) !== caller) throw notAllowed();

  const served = options.modules.find(parseHash32(request.module));
  if (served === undefined || served.callers?.has(caller) === false) throw new KeyquorumError("MODULE_NOT_ALLOWED");
  const { callerMay, limits: most } = served;
  if (request.args.length > 0 && !callerMay.has("args")) throw refused("args", "Callers choose no arguments of this module.");
  if (request.keepOutput && !options.keepOutput) throw refused("keepOutput", "This runner keeps no outputs.");
  const stdin = stdinOf(body, options.maxStdinBytes);
  if (stdin.length > 0 && !callerMay.has("stdin")) throw refused("stdin", "Callers give this module no standard input.");
  if (Object.keys(request.limits).length > 0 && !callerMay.has("limits"))
    throw refused("limits", "Callers choose no limits of this module.");
  const args = [...served.manifest.args, ...request.args];
  checkArgs(args);
  const module = served.module();
  if (module === undefined) throw new KeyquorumError("UNAVAILABLE", "The module's bytes are not here yet: its store does not give them.");
  const manifest: Manifest = { ...served.manifest, args, limits: lowered(most, request.limits) };
  return { id, caller, request, deadline, manifest, module, stdin };
};

/** Who may read: a caller by its own signature, over this run (zero: all of its runs) and a time that is near. Throws CALLER_NOT_ALLOWED, DEADLINE_*. */
export const checkReader = (
  {
    caller,
    deadline,
    signature,
    run,
  }: { readonly caller: Address; readonly deadline: string; readonly signature: Uint8Array; readonly run: Hash32 },
  options: Pick<CheckOptions, "domain" | "callers" | "now" | "maxDeadlineSeconds">,
): Address => {
  if (!options.callers.has(caller)) throw notAllowed();
  checkDeadline(deadline, options);
  if (recoverSigner(runReadingDigest(options.domain, { run, deadline: BigInt(deadline) }), signature) !== caller) throw notAllowed();
  return caller;
};

const checkDeadline = (text: string, { now, maxDeadlineSeconds }: Pick<CheckOptions, "now" | "maxDeadlineSeconds">): number => {
  const [deadline, seconds] = [Number(text), Math.floor(now() / 1000)];
  if (deadline <= seconds) throw new KeyquorumError("DEADLINE_PASSED", undefined, { details: { field: "request.deadline" } });
  if (deadline > seconds + maxDeadlineSeconds)
    throw new KeyquorumError("DEADLINE_TOO_FAR", `The deadline is more than ${maxDeadlineSeconds} seconds ahead.`, {
      details: { field: "request.deadline", maxSeconds: maxDeadlineSeconds },
    });
  return deadline;
};

/** Standard input, which is what the caller signed the hash of. */
const stdinOf = ({ stdin = "", request }: SignedRunRequestBody, maxBytes: number): Uint8Array => {
  const bytes = Buffer.from(stdin, "base64");
  if (bytes.length > maxBytes) throw refused("stdin", `Standard input has more than the ${maxBytes} bytes that this runner takes.`);
  if (`0x${createHash("sha256").update(bytes).digest("hex")}` !== request.stdin)
    throw new KeyquorumError("INVALID_REQUEST", "Standard input is not what the request has the hash of.", { details: { field: "stdin" } });
  return bytes;
};

const checkArgs = (args: readonly string[]): void => {
  try {
    checkArguments(["module", ...args]);
  } catch (cause) {
    throw new KeyquorumError("INVALID_REQUEST", "The arguments are at most 1024, of 128 KiB together, without zero bytes.", {
      details: { field: "args" },
      cause,
    });
  }
};

/** Limits of one run. Throws RUN_REFUSED for one that is none, or that is above what the module has. */
const lowered = (most: RunLimits, asked: Readonly<Record<string, number>>): RunLimits => {
  for (const [name, value] of Object.entries(asked)) {
    const unlimited = name === "fuel" ? Number.MAX_SAFE_INTEGER : undefined; // where the module has no limit of it
    const largest: number | undefined = Object.hasOwn(most, name) ? most[name as keyof RunLimits] : unlimited; // it is one by the condition
    if (largest === undefined || value > largest)
      throw refused(
        `limits.${name}`,
        largest === undefined ? "There is no such limit." : `The limit is above the module's, which is ${largest}.`,
      );
  }
  return { ...most, ...asked };
};
