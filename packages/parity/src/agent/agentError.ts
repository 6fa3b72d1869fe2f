/** Why the agent does not start, in one sentence that names the file. */
export type AgentErrorCode = "KEYSTORE_INVALID" | "KEYSTORE_TWICE" | "KEYSTORES_UNREADABLE" | "NO_KEYSTORES";

export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = "AgentError";
    this.code = code;
  }
}
