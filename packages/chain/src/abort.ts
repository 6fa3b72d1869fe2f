/** An aborted signal's reason as an Error. */
export const abortReason = (signal: AbortSignal): Error => asError(signal.reason ?? "aborted");

/** What was thrown, as an Error: it is one, but the language does not say so. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
