import { CALLS } from "./frames.ts";
import { guarded } from "./guarded.ts";
import type { HostFunctions } from "./guest.ts";
import type { GuestMemory } from "./guestMemory.ts";
import type { AskRunner } from "./hostCalls.ts";

/** Error numbers of Blockless's public interface. */
export const HTTP_ERRORS = {
  success: 0,
  invalidHandle: 1,
  memory: 2,
  bufferTooSmall: 3,
  headerNotFound: 4,
  utf8: 5,
  destination: 6,
  method: 7,
  encoding: 8,
  url: 9,
  request: 10,
  runtime: 11,
  tooManySessions: 12,
  driver: 13,
  permission: 14,
  headers: 15,
} as const;

const [MAX_SESSIONS, MAX_URL_BYTES] = [16, 16 * 1024];

type Session = { readonly headers: ReadonlyMap<string, Uint8Array>; readonly body: Uint8Array; position: number };

const utf8 = new TextEncoder();

/**
 * Blockless's `blockless_http`. The runner makes the request (`http_req` waits for the whole answer, within its caps); the answer's headers and body
 * are then read from here. Handles are numbers of this guest only.
 */
export const blocklessHttp = (memory: GuestMemory, askRunner: AskRunner): HostFunctions => {
  const sessions = new Map<number, Session>();
  let handles = 0;
  return guarded(
    {
      http_req: (url: number, urlLength: number, options: number, optionsLength: number, handleOut: number, statusOut: number) => {
        memory.view(handleOut, 4);
        memory.view(statusOut, 4);
        if (urlLength >>> 0 > MAX_URL_BYTES) return HTTP_ERRORS.url;
        const asked = [memory.text(url, urlLength, HTTP_ERRORS.utf8), memory.text(options, optionsLength, HTTP_ERRORS.utf8)];
        if (sessions.size >= MAX_SESSIONS) return HTTP_ERRORS.tooManySessions;
        const { number, parts } = askRunner(
          CALLS.http,
          asked.map((text) => utf8.encode(text)),
        );
        if (number !== HTTP_ERRORS.success) return number;
        const [head, body] = parts;
        if (head === undefined || body === undefined) return HTTP_ERRORS.driver;
        const { status, headers } = JSON.parse(new TextDecoder().decode(head)) as {
          readonly status: number;
          readonly headers: readonly (readonly [string, string])[];
        };
        sessions.set(++handles, { headers: new Map(headers.map(([name, value]) => [name, utf8.encode(value)])), body, position: 0 });
        memory.setU32(handleOut, handles);
        memory.setU32(statusOut, status);
        return HTTP_ERRORS.success;
      },
      http_read_header: (handle: number, name: number, nameLength: number, into: number, length: number, numberOut: number) => {
        const session = sessions.get(handle >>> 0);
        if (session === undefined) return HTTP_ERRORS.invalidHandle;
        const value = session.headers.get(memory.text(name, nameLength, HTTP_ERRORS.utf8).toLowerCase());
        if (value === undefined) return HTTP_ERRORS.headerNotFound;
        memory.setU32(numberOut, value.length);
        if (value.length > length >>> 0) return HTTP_ERRORS.bufferTooSmall;
        memory.range(into, length).set(value);
        return HTTP_ERRORS.success;
      },
      http_read_body: (handle: number, into: number, length: number, numberOut: number) => {
        const session = sessions.get(handle >>> 0);
        if (session === undefined) return HTTP_ERRORS.invalidHandle;
        memory.view(numberOut, 4);
        const range = memory.range(into, length);
        const part = session.body.subarray(session.position, session.position + range.length);
        range.set(part);
        session.position += part.length;
        memory.setU32(numberOut, part.length);
        return HTTP_ERRORS.success;
      },
      http_close: (handle: number) => (sessions.delete(handle >>> 0) ? HTTP_ERRORS.success : HTTP_ERRORS.invalidHandle),
    },
    HTTP_ERRORS.memory,
  );
};
