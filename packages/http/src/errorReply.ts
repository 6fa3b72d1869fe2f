import { type ErrorBody, type ErrorDetails, encodeErrorBody, KeyquorumError, type NodeErrorCode, redactText } from "@keyquorum/wire";

/** A refusal as it leaves: the HTTP status and the wire's error body. */
export type ErrorReply = { readonly status: number; readonly body: ErrorBody };

export const errorReply = (code: NodeErrorCode, whatHappened?: string, details: ErrorDetails = {}): ErrorReply =>
  encodeErrorBody(new KeyquorumError(code, whatHappened, { details }));

type FastifyFailure = Error & {
  readonly statusCode?: number;
  readonly validation?: readonly Validation[];
  readonly validationContext?: string;
};
type Validation = { readonly instancePath?: string; readonly message?: string; readonly params?: Readonly<Record<string, unknown>> };

/** Names the field that a schema refused, and why. The value is never repeated. */
const invalidField = ({ validation, validationContext }: FastifyFailure): ErrorReply => {
  const first = validation?.[0];
  const extra = first?.params?.additionalProperty ?? first?.params?.missingProperty;
  const path = (first?.instancePath ?? "").replace(/^\//, "").replaceAll("/", ".");
  const parts = [path, typeof extra === "string" ? extra : ""].filter((part) => part !== "");
  const field =
    parts.length === 0
      ? (validationContext ?? "body")
      : parts
          .join(".")
          .slice(0, 100)
          .replace(/[^\w.-]/g, "?");
  const why = (first?.message ?? "it has another form").slice(0, 200);
  return errorReply("INVALID_REQUEST", `The field ${field} is not what the protocol allows: ${why}.`, { field });
};

const BY_STATUS: Readonly<Record<number, NodeErrorCode>> = {
  404: "NOT_FOUND",
  413: "BODY_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  429: "RATE_LIMITED",
};

/** Turns whatever was thrown while a request was handled into what its sender is told. What nobody expected says nothing but INTERNAL. */
export const errorReplyOf = (error: unknown): ErrorReply => {
  if (error instanceof KeyquorumError && error.code === "INVALID_VALUE")
    return errorReply("INVALID_REQUEST", redactText(error.message), error.details);
  if (error instanceof KeyquorumError || !(error instanceof Error)) return encodeErrorBody(error);
  const failure: FastifyFailure = error;
  if (failure.validation !== undefined) return invalidField(failure);
  const code = BY_STATUS[failure.statusCode ?? 500];
  if (code !== undefined) return errorReply(code);
  if (failure.statusCode !== undefined && failure.statusCode < 500)
    return errorReply("INVALID_REQUEST", "The request is not HTTP with a JSON body as this server reads it.", { field: "body" });
  return errorReply("INTERNAL");
};
