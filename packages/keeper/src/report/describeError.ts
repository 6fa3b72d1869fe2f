import { withoutKeys } from "@keyquorum/wire";

/** An error as it may be logged: codes and sentences of it and its causes. Public data only. */
export type ErrorDescription = { readonly code?: string; readonly error: string; readonly causes?: readonly string[] };

const LONG_HEX = /\b(0x)?[0-9a-fA-F]{256,}\b/g;
const MAX_CAUSES = 4;
const MAX_LENGTH = 600;

/** Takes out of a text what may carry a secret or fill a disk: what of URLs and headers can be a key, and long hex. */
export const redactText = (text: string): string => {
  const short = withoutKeys(text).replace(LONG_HEX, (hex) => `${hex.slice(0, 10)}..(${hex.length} characters)`);
  return short.length <= MAX_LENGTH ? short : `${short.slice(0, MAX_LENGTH)}..`;
};

const sentenceOf = (error: unknown): string =>
  redactText(error instanceof Error ? error.message : typeof error === "string" ? error : typeof error);

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
};

/** Describes an error without its stack, its properties or anything else that might hold a secret or an RPC key. */
export const describeError = (error: unknown): ErrorDescription => {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    const code = codeOf(cause);
    causes.push(code === undefined ? sentenceOf(cause) : `${code}: ${sentenceOf(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const code = codeOf(error);
  return { ...(code === undefined ? {} : { code }), error: sentenceOf(error), ...(causes.length === 0 ? {} : { causes }) };
};
