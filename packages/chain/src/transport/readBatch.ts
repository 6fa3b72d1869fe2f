import type { Call, Trouble } from "./endpoint.ts";
import type { PostAnswer } from "./httpPost.ts";
import { isObject, isRateLimit, type JsonObject, parseJson, rateLimited, statusTrouble } from "./readAnswer.ts";

/**
 * What came of a batch. answers: exactly one for each call, by its id. refused: the endpoint takes no batches, or none like this; its calls can be sent one
 * by one. failed: no usable answer to any of them.
 */
export type BatchRead =
  | { readonly kind: "answers"; readonly answers: ReadonlyMap<number, JsonObject>; readonly posted: PostAnswer }
  | { readonly kind: "refused" }
  | { readonly kind: "failed"; readonly trouble: Trouble };

/** In which order they come is the node's to choose (JSON-RPC 2.0, section 6). */
export const readBatch = (calls: readonly Call[], posted: PostAnswer): BatchRead => {
  const value = parseJson(posted.text ?? "");
  if (Array.isArray(value)) {
    const answers = answersById(calls, value);
    if (answers !== undefined) return { kind: "answers", answers, posted };
    return {
      kind: "failed",
      trouble: statusTrouble(posted) ?? { reason: "BAD_RESPONSE", what: "answered a batch with other answers than were asked for" },
    };
  }
  if (posted.status === 429) return { kind: "failed", trouble: rateLimited("HTTP status 429", posted) };
  if (isObject(value) && isObject(value.error)) {
    const { code, message, data } = value.error;
    if (isRateLimit(typeof code === "number" ? code : 0, message, data))
      return { kind: "failed", trouble: rateLimited("error for a batch", { ...posted, error: value.error }) };
    return { kind: "refused" };
  }
  if (posted.status >= 400 && posted.status < 500) return { kind: "refused" };
  return {
    kind: "failed",
    trouble: statusTrouble(posted) ?? { reason: "BAD_RESPONSE", what: "answered a batch with something that is not JSON-RPC" },
  };
};

/** Undefined where an id is missing, comes twice, or was not asked for. */
const answersById = (calls: readonly Call[], items: readonly unknown[]): ReadonlyMap<number, JsonObject> | undefined => {
  if (items.length !== calls.length) return undefined;
  const asked = new Set(calls.map(({ id }) => id));
  const answers = new Map<number, JsonObject>();
  for (const item of items) {
    if (!isObject(item) || typeof item.id !== "number" || !asked.has(item.id) || answers.has(item.id)) return undefined;
    answers.set(item.id, item);
  }
  return answers;
};
