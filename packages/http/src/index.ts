export { ADMISSION_LIMITS, type Admission, type AdmissionLimits, type AdmittedRequest, createAdmission } from "./admission.ts";
export { bodySchema } from "./bodySchema.ts";
export { addressGroupOf } from "./connectionLimits.ts";
export { type ErrorReply, errorReply, errorReplyOf } from "./errorReply.ts";
export { createFairQueue, type FairQueue } from "./fairQueue.ts";
export { healthRoutes, metricsRoute } from "./healthRoutes.ts";
export type { HttpLimits, TlsPem } from "./httpLimits.ts";
export { createHttpServer, type HttpRoute, type HttpServer, type HttpServerOptions } from "./httpServer.ts";
export {
  createPlainServer,
  type PlainAnswer,
  type PlainRefusal,
  type PlainRequest,
  type PlainServer,
  type PlainServerOptions,
} from "./plainServer.ts";
