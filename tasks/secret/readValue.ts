import { createReadStream } from "node:fs";
import { UsageError } from "../usageError.ts";

/** Where a secret's value comes from: never an argument, which every process of the machine can see. */
export type ValueArguments = { readonly file: string | undefined; readonly fromEnv: string | undefined; readonly stdin: boolean };

/** Bytes of a value, at most: modules get it in memory, whole. */
export const MOST_SECRET_BYTES = 64 * 1024;

/** Reads the value, byte for byte. Throws UsageError, which repeats none of it. */
export const readValue = async (
  { file, fromEnv, stdin }: ValueArguments,
  input: AsyncIterable<Buffer> = process.stdin,
  isScreen = input === process.stdin && process.stdin.isTTY,
): Promise<Uint8Array> => {
  const chosen = [file !== undefined, fromEnv !== undefined, stdin].filter(Boolean).length;
  if (chosen !== 1) throw new UsageError("Say where the value comes from, with one of --file FILE, --from-env VARIABLE or --stdin.");
  if (stdin && isScreen) throw new UsageError('What is typed would stand on the screen: pipe the value, as in printf %s "$KEY" | ...');
  const value =
    fromEnv === undefined ? await collect(file === undefined ? input : createReadStream(file), file) : environmentValue(fromEnv);
  if (value.length === 0) throw new UsageError("The value is empty.");
  return value;
};

const environmentValue = (name: string): Uint8Array => {
  const value = process.env[name];
  if (value === undefined) throw new UsageError("The environment variable given with --from-env does not exist.");
  const bytes = new TextEncoder().encode(value);
  if (bytes.length > MOST_SECRET_BYTES) throw tooLarge();
  return bytes;
};

const collect = async (source: AsyncIterable<Buffer>, file: string | undefined): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > MOST_SECRET_BYTES) throw tooLarge();
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(file === undefined ? "Standard input cannot be read." : `${file} cannot be read.`, { cause });
  }
  return new Uint8Array(Buffer.concat(pieces));
};

const tooLarge = (): UsageError => new UsageError(`The value has more than ${MOST_SECRET_BYTES.toLocaleString("en")} bytes.`);
