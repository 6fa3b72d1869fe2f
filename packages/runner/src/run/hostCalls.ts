import { KeyquorumError } from "@keyquorum/wire";
import { HTTP_ERRORS } from "../child/blocklessHttp.ts";
import { CALLS, joinParts, splitParts } from "../child/frames.ts";
import type { RunInputs } from "./inputs.ts";
import type { Redactor } from "./redactor.ts";

/** What `secret_open` answers besides 0 (docs/MODULES.md). */
export const SECRET_ERRORS = { notGranted: 3, openedBefore: 4, denied: 5, notFinal: 6, unavailable: 7, failed: 8 } as const;

const answer = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => joinParts([Uint8Array.of(number), ...parts]);

const errorNumber = (error: unknown): number => {
  const code = error instanceof KeyquorumError ? error.code : undefined;
  if (code === "ACCESS_DENIED") return SECRET_ERRORS.denied;
  if (code === "PERMISSION_NOT_FINAL") return SECRET_ERRORS.notFinal;
  return code === "UNAVAILABLE" ? SECRET_ERRORS.unavailable : SECRET_ERRORS.failed;
};

/**
 * Answers one run's calls. Everything in a call is the guest's, and once V8 is broken the child's: names are looked up in what the run was given, and
 * what may be done once is counted here.
 */
export const createHostCalls = (
  { open = [], openSecret, egress }: RunInputs,
  redactor: Redactor,
): ((call: Uint8Array, signal: AbortSignal) => Promise<Uint8Array | undefined>) => {
  const closed = new Set(open);
  const secret = async (name: Uint8Array, signal: AbortSignal): Promise<Uint8Array> => {
    const asked = new TextDecoder().decode(name);
    if (!open.includes(asked) || openSecret === undefined) return answer(SECRET_ERRORS.notGranted);
    if (!closed.delete(asked)) return answer(SECRET_ERRORS.openedBefore);
    try {
      const value = await openSecret(asked, signal);
      redactor.learn(value);
      const given = answer(0, value);
      value.fill(0);
      return given;
    } catch (error) {
      return answer(errorNumber(error));
    }
  };
  const http = async ([url, options]: readonly Uint8Array[], signal: AbortSignal): Promise<Uint8Array> => {
    if (egress === undefined) return answer(HTTP_ERRORS.permission);
    const text = new TextDecoder();
    const found = await egress.request({ url: text.decode(url), options: text.decode(options) }, signal);
    if (!("status" in found)) return answer(found.number);
    const head = new TextEncoder().encode(JSON.stringify({ status: found.status, headers: found.headers }));
    return answer(0, head, found.body);
  };
  return async (call, signal) => {
    const [kind, ...parts] = splitParts(call) ?? [];
    if (kind?.[0] === CALLS.openSecret && parts[0] !== undefined && parts.length === 1) return secret(parts[0], signal);
    if (kind?.[0] === CALLS.http && parts.length === 2) return http(parts, signal);
    return undefined;
  };
};
