import type { RefusedShareRequest } from "@keyquorum/protocol";
import { type ErrorDetails, KeyquorumError } from "@keyquorum/wire";

/** Which part of the request a refusal is about. */
const FIELDS: Partial<Readonly<Record<RefusedShareRequest["code"], string>>> = {
  WRONG_CHAIN: "header",
  INVALID_HEADER: "header",
  UNKNOWN_KEY: "header",
};

/** The state, or the refusal as an error to throw. `decidedAt`: the blocks of the decision, if there was one. */
export const orRefuse = <State extends { readonly state: string }>(
  state: State | RefusedShareRequest,
  decidedAt: ErrorDetails = {},
): State => {
  if (state.state !== "refused") return state as State; // true: the other half of the union
  const { code, sentence } = state as RefusedShareRequest; // true: by its state
  const field = FIELDS[code];
  throw new KeyquorumError(code, sentence, { details: { ...(field === undefined ? {} : { field }), ...decidedAt } });
};
