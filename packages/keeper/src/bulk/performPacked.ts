import { createSubSource, type NonceSource, ThresholdError, type ThresholdErrorCode } from "@keyquorum/threshold";
import { type BulkTaskName, type BulkTasks, performBulkTask } from "./bulkTasks.ts";
import { pack, unpack } from "./packing.ts";

/** A task on its way. `key`: of its nonces, 32 secret bytes, or none; `input` is packed. */
export type BulkQuestion = { readonly id: number; readonly name: BulkTaskName; readonly input: unknown; readonly key: Uint8Array };

/** What crosses back. `output` is packed; `milliseconds`: how long it took, of CPU where the platform tells. */
export type BulkAnswer = { readonly id: number; readonly milliseconds: number } & (
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: PackedError }
);

/** An error as public data. */
type PackedError = {
  readonly name: string;
  readonly message: string;
  readonly code?: ThresholdErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** CPU of this thread so far. Where the platform does not tell: time, of which others that want the core may have had most. */
const usedMilliseconds = (): number => {
  if (process.threadCpuUsage === undefined) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

const NO_NONCES: NonceSource = () => {
  throw new TypeError("This task draws no nonces.");
};

/** Computes a packed task in this thread, and leaves none of its secrets here: what came is overwritten, what goes is moved. */
export const performPacked = ({
  id,
  name,
  input,
  key,
}: BulkQuestion): { readonly answer: BulkAnswer; readonly transfer: ArrayBuffer[] } => {
  const began = usedMilliseconds();
  const since = (): number => usedMilliseconds() - began;
  const source = key.length === 0 ? undefined : createSubSource(key);
  key.fill(0);
  let [given, made]: [readonly { erase(): void }[], readonly { erase(): void }[]] = [[], []];
  try {
    const unpacked = unpack(input);
    given = unpacked.secrets;
    const output = performBulkTask(name, unpacked.value as BulkTasks[typeof name]["input"], source?.nonces ?? NO_NONCES); // true: packed by `name`'s sender
    const packed = pack(output);
    made = packed.secrets;
    return { answer: { id, kind: "done", output: packed.body, milliseconds: since() }, transfer: packed.transfer };
  } catch (error) {
    return { answer: { id, kind: "failed", error: packError(error), milliseconds: since() }, transfer: [] };
  } finally {
    source?.erase();
    for (const secret of [...given, ...made]) secret.erase();
  }
};

/** Messages of this code base hold no secrets; of other errors only the kind is told. */
const packError = (error: unknown): PackedError => {
  if (error instanceof ThresholdError) {
    const { name, message, code, details } = error;
    return { name, message, code, details };
  }
  return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: "A long computation failed." };
};

/** The error as the computation threw it, or one that says the same. */
export const unpackError = ({ name, message, code, details }: PackedError): Error => {
  if (code !== undefined) return new ThresholdError(code, message, details === undefined ? {} : { details });
  const error = new Error(message);
  error.name = name;
  return error;
};
