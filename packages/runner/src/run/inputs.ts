import { KeyquorumError } from "@keyquorum/wire";
import { type InputNames, joinParts, type Setup } from "../child/frames.ts";
import type { Egress } from "../host/egress.ts";
import type { RunLimits } from "./limits.ts";

/** A name and its value. The value is secret and is zeroed when it was handed over. */
export type Named = { readonly name: string; readonly value: Uint8Array };

/** What a run is given when its secrets are there. */
export type RunInputs = {
  readonly stdin?: Uint8Array;
  /** Environment values: UTF-8 without zero bytes. */
  readonly env?: readonly Named[];
  /** Read-only files under /secrets, by relative path. */
  readonly secretFiles?: readonly Named[];
  /** Files that /tmp begins with, by relative path. Not secret, not zeroed. */
  readonly files?: readonly Named[];
  /** Secrets that are asked for when the module opens them, each once. */
  readonly open?: readonly string[];
  /**
   * Gets the value of a name of `open`: it is zeroed afterwards. The run waits. An error's code says to the module what it was: ACCESS_DENIED,
   * PERMISSION_NOT_FINAL, UNAVAILABLE.
   */
  readonly openSecret?: (name: string, signal: AbortSignal) => Promise<Uint8Array>;
  /** The module's way to the network; none when it is left out. */
  readonly egress?: Egress;
};

const [NAME, PATH_PART] = [/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/];
/** As secrets are named, and as names of the environment and of paths cannot all be. */
const OPEN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
const MAX_STDIN_BYTES = 64 * 1024 * 1024;

const invalid = (what: string): KeyquorumError => new KeyquorumError("INVALID_VALUE", what);

/** Checks names and sizes. Throws `INVALID_VALUE`; a value is in no message. */
export const checkInputs = (
  { stdin, env = [], secretFiles = [], files = [], open = [], openSecret }: RunInputs,
  limits: RunLimits,
): void => {
  if ((stdin?.length ?? 0) > MAX_STDIN_BYTES) throw invalid(`stdin has more than ${MAX_STDIN_BYTES} bytes.`);
  for (const { name, value } of env) {
    if (!NAME.test(name)) throw invalid("A name of the environment is made of letters, digits and _ and begins with no digit.");
    if (value.includes(0)) throw invalid(`The value of ${name} has a zero byte: an environment cannot hold it, a file can.`);
  }
  for (const { name } of [...secretFiles, ...files])
    if (name.split("/").length > 8 || !name.split("/").every((part) => PATH_PART.test(part)))
      throw invalid("The path of a file is relative and made of letters, digits, _, . and -.");
  for (const name of open)
    if (!OPEN_NAME.test(name)) throw invalid("The name of a secret is made of letters, digits, _, . and - and begins with a letter or _.");
  for (const names of [env.map(({ name }) => name), secretFiles.map(({ name }) => name), files.map(({ name }) => name), open])
    if (new Set(names).size < names.length) throw invalid("A name is given twice.");
  if (open.length > 0 && openSecret === undefined) throw invalid("Names to open are given, and nothing that opens them.");
  if (files.reduce((sum, { value }) => sum + value.length, 0) > limits.temporaryBytes)
    throw invalid("The files are larger than /tmp may be.");
};

/** The frame of all inputs. It holds every value: zero it when it is sent. */
export const encodeInputs = ({ stdin = new Uint8Array(0), env = [], secretFiles = [], files = [] }: RunInputs): Uint8Array => {
  const names: InputNames = {
    env: env.map(({ name }) => name),
    secretFiles: secretFiles.map(({ name }) => name),
    files: files.map(({ name }) => name),
  };
  const values = [...env, ...secretFiles, ...files].map(({ value }) => value);
  return joinParts([new TextEncoder().encode(JSON.stringify(names)), stdin, ...values]);
};

export const encodeSetup = (limits: RunLimits, { args, clockStepMs }: Pick<Setup, "args" | "clockStepMs">): Uint8Array => {
  const { memoryPages, stdoutBytes, stderrBytes, hostCalls, temporaryBytes, fuel } = limits;
  const sizes = { memoryPages, stdoutBytes, stderrBytes, hostCalls, temporaryBytes };
  const setup: Setup = { args, clockStepMs, ...sizes, ...(fuel === undefined ? {} : { fuel }) };
  return new TextEncoder().encode(JSON.stringify(setup));
};
