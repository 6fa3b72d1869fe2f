import { redactText } from "@keyquorum/wire";

/** An error as it may be logged: codes and sentences of it and its causes. Public data only. */
export type ErrorDescription = { readonly code?: string; readonly error: string; readonly causes?: readonly string[] };

const MAX_CAUSES = 4;

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
