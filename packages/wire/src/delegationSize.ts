import { MAX_SIGNATURE_BYTES } from "./signature.ts";

/** The most documents that a session may name. */
export const MAX_SESSION_DOCUMENTS = 32;

/** Of a delegation: version, requester, session key, since, until, generation, kind of scope. */
export const DELEGATION_FIXED_BYTES = 1 + 20 + 20 + 8 + 8 + 8 + 1;

/** The longest encoded delegation, in bytes: the most documents, with their number, and the longest signature. */
export const MAX_DELEGATION_BYTES = DELEGATION_FIXED_BYTES + 1 + 32 * MAX_SESSION_DOCUMENTS + MAX_SIGNATURE_BYTES;
