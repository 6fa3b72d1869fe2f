/** What a failure says, to a person on stderr, or as JSON for a program. Never a stack trace. */
export const reportFailure = (error: unknown, { json }: { readonly json: boolean }): void => {
  const { code, message, details } = describe(error);
  if (json) console.error(JSON.stringify({ error: { code, message, details } }));
  else console.error(`${code}: ${message}`);
};

const describe = (error: unknown): { readonly code: string; readonly message: string; readonly details: unknown } => {
  if (!(error instanceof Error)) return { code: "INTERNAL", message: "Something failed without an error.", details: {} };
  const code = "code" in error && typeof error.code === "string" ? error.code : "INTERNAL";
  const details = "details" in error ? error.details : {};
  return { code, message: error.message, details };
};
