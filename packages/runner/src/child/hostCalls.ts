import { FROM_CHILD, joinParts, MAX_CALL_BYTES, splitParts, TO_CHILD } from "./frames.ts";
import { GuestStop } from "./guest.ts";
import { receive, send } from "./pipe.ts";

/** Asks the runner for the guest and waits. `number` is the call's own error number, 0 when it was done. */
export type AskRunner = (call: number, parts: readonly Uint8Array[]) => { readonly number: number; readonly parts: readonly Uint8Array[] };

/** `AskRunner` over the pipe, `limit` times at most. */
export const askRunnerUpTo = (limit: number): AskRunner => {
  let asked = 0;
  return (call, parts) => {
    if (++asked > limit) throw new GuestStop("hostCalls");
    const payload = joinParts([Uint8Array.of(call), ...parts]);
    if (payload.length > MAX_CALL_BYTES) return { number: 2, parts: [] };
    send(FROM_CHILD.call, payload);
    const [number, ...answer] = splitParts(receive(TO_CHILD.answer)) ?? [];
    return { number: number?.[0] ?? 2, parts: answer };
  };
};
