import { refuse } from "./errno.ts";
import { CALLS } from "./frames.ts";
import { guarded } from "./guarded.ts";
import type { HostFunctions } from "./guest.ts";
import type { GuestMemory } from "./guestMemory.ts";
import type { AskRunner } from "./hostCalls.ts";

/** Error numbers of the `keyquorum` host module (docs/MODULES.md). 3 to 8 come from the runner. */
const [SUCCESS, INVALID_HANDLE, MEMORY, FAILED] = [0, 1, 2, 8];

/**
 * `secret_open(name, nameLength, handleOut, sizeOut)`, `secret_read(handle, into, length, readOut)`, `secret_close(handle)`. A secret is asked for when
 * it is opened, and once; what was read is zeroed here, and all of it when it is closed or read to its end.
 */
export const secretCalls = (memory: GuestMemory, askRunner: AskRunner): HostFunctions => {
  const open = new Map<number, { readonly bytes: Uint8Array; position: number }>();
  let handles = 0;
  const close = (handle: number): void => {
    open.get(handle)?.bytes.fill(0);
    open.delete(handle);
  };
  return guarded(
    {
      secret_open: (name: number, length: number, handleOut: number, sizeOut: number) => {
        memory.view(handleOut, 4);
        memory.view(sizeOut, 4);
        if (length >>> 0 > 256) return 3;
        const asked = memory.range(name, length).slice();
        const { number, parts } = askRunner(CALLS.openSecret, [asked]);
        if (number !== SUCCESS) return number;
        const bytes = parts[0] ?? refuse(FAILED);
        open.set(++handles, { bytes, position: 0 });
        memory.setU32(handleOut, handles);
        memory.setU32(sizeOut, bytes.length);
        return SUCCESS;
      },
      secret_read: (handle: number, into: number, length: number, readOut: number) => {
        const secret = open.get(handle >>> 0);
        if (secret === undefined) return INVALID_HANDLE;
        memory.view(readOut, 4);
        const range = memory.range(into, length);
        const part = secret.bytes.subarray(secret.position, secret.position + range.length);
        range.set(part);
        secret.position += part.length;
        memory.setU32(readOut, part.length);
        part.fill(0);
        return SUCCESS;
      },
      secret_close: (handle: number) => {
        if (!open.has(handle >>> 0)) return INVALID_HANDLE;
        close(handle >>> 0);
        return SUCCESS;
      },
    },
    MEMORY,
  );
};
