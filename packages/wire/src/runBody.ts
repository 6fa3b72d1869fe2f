import { checkSchema } from "./checkSchema.ts";
import { ErrorBody } from "./errorBody.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { RunRecordBody } from "./runRecord.ts";
import { SignedRunRequestBody } from "./runRequest.ts";
import { exactly, Hash32Text } from "./schemas.ts";

const Milliseconds = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Base64 = Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" });

/** A run as a runner's service tells it to its caller. */
export const RunBody = exactly({
  /** The digest of the caller's request. */
  id: Hash32Text,
  module: Hash32Text,
  /**
   * `queued`, `running`; `ended`: `record` says how; `failed`: `failure` says why; the module did not run, except with RUN_INTERRUPTED.
   */
  state: Type.Union([Type.Literal("queued"), Type.Literal("running"), Type.Literal("ended"), Type.Literal("failed")]),
  /** Milliseconds since 1970, by the service's clock. */
  acceptedAt: Milliseconds,
  failure: Type.Optional(ErrorBody),
  record: Type.Optional(RunRecordBody),
  /** Base64. Once, in the answer to who waited for the end; later only where the caller had it kept. */
  stdout: Type.Optional(Base64),
  stderr: Type.Optional(Base64),
});
export type RunBody = Static<typeof RunBody>;

/** Runs, the newest first, without outputs. */
export const RunListBody = exactly({ runs: Type.Array(RunBody, { maxItems: 1_000 }) });
export type RunListBody = Static<typeof RunListBody>;

/** A service's answer. Strict. Throws BAD_ANSWER. */
export const parseRunBody = (value: unknown): RunBody => checkSchema(RunBody, value, "BAD_ANSWER");
export const parseRunListBody = (value: unknown): RunListBody => checkSchema(RunListBody, value, "BAD_ANSWER");

/** Who reads: in headers, so that nothing of it stands in a URL or a log of URLs. */
export const RUN_READING_HEADERS = {
  caller: "x-keyquorum-caller",
  deadline: "x-keyquorum-deadline",
  signature: "x-keyquorum-signature",
} as const;

/** The service's HTTP interface as data. `?wait=SECONDS` holds an answer until the run is over, or the time is. docs/MODULES.md. */
export const RUN_ROUTES = {
  postRun: { method: "POST", path: "/v1/runs", body: SignedRunRequestBody },
  getRun: { method: "GET", path: "/v1/runs/:id" },
  getRuns: { method: "GET", path: "/v1/runs" },
  /** Which account and chain a caller signs for. */
  getRunner: { method: "GET", path: "/v1/runner" },
} as const;
