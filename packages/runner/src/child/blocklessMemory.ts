import { guarded } from "./guarded.ts";
import type { HostFunctions } from "./guest.ts";
import type { GuestMemory } from "./guestMemory.ts";

const [SUCCESS, MEMORY_ACCESS, INVALID_PARAMETER] = [0, 1, 3];

/** Blockless's numbers for the memory module: a range that is not the guest's is `runtime error` (1). */
export const BLOCKLESS_MEMORY_FAULT = MEMORY_ACCESS;

/**
 * Blockless's `blockless_memory`: stdin and the granted environment (JSON) as buffers. A buffer that is too small is `invalid_parameter`, and nothing is
 * written: `numberOut` then says how many bytes there are.
 */
export const blocklessMemory = (
  memory: GuestMemory,
  { stdin, environment }: { readonly stdin: Uint8Array; readonly environment: Readonly<Record<string, string>> },
): HostFunctions => {
  const give = (bytes: Uint8Array, into: number, length: number, numberOut: number): number => {
    memory.setU32(numberOut, bytes.length);
    if (bytes.length > length >>> 0) return INVALID_PARAMETER;
    memory.range(into, length).set(bytes);
    return SUCCESS;
  };
  const json = new TextEncoder().encode(JSON.stringify(environment));
  return guarded(
    {
      memory_read: (into: number, length: number, numberOut: number) => give(stdin, into, length, numberOut),
      env_var_read: (into: number, length: number, numberOut: number) => give(json, into, length, numberOut),
    },
    MEMORY_ACCESS,
  );
};
