import {
  ERROR_CODES,
  encodeHttpSigningRequest,
  errorFromBody,
  type GivenSignature,
  KeyquorumError,
  parseErrorBody,
  parseSignatureBody,
  SIGNING_REQUEST_ROUTE,
  type SignedHttpSigningRequest,
} from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import type { KeeperContact } from "../keys/committee.ts";
import { routeUrl } from "../read/askKeeper.ts";
import { exchangeJson } from "../read/exchange.ts";
import { KeeperError } from "../read/keeperError.ts";
import type { KeeperFailure } from "../types.ts";
import type { SigningListener } from "./signingEvents.ts";

/** One keeper suffices: it asks the others. So long it may take before the next one is asked beside it. */
const HEDGE_MILLISECONDS = 2_500;
/** Of one keeper, which waits for others meanwhile. */
const KEEPER_MILLISECONDS = 15_000;

type Asked = Pick<Client, "fetchAt" | "clock" | "limits">;

/**
 * Asks keepers, one after the other, to coordinate a signature, until one gives a signature that `isRight`. Throws SIGNING_DENIED where more than n - q keepers
 * refuse, so that at least one honest one does; SIGNING_NOT_FINAL; else TOO_FEW_SIGNERS or UNAVAILABLE; with what each keeper said in `details.perKeeper`. The
 * signal's reason.
 */
export const askForSignature = async (
  client: Asked,
  question: {
    readonly keepers: readonly KeeperContact[];
    readonly quorum: number;
    readonly asked: SignedHttpSigningRequest;
    readonly isRight: (given: GivenSignature) => boolean;
    readonly onEvent?: SigningListener | undefined;
    readonly signal: AbortSignal;
  },
): Promise<GivenSignature> => {
  const { keepers, isRight, onEvent, signal } = question;
  const failures: KeeperFailure[] = [];
  const body = encodeHttpSigningRequest(question.asked);
  const waiting = [...keepers];
  const running = new Set<Promise<GivenSignature | undefined>>();
  const over = new AbortController();

  const begin = (keeper: KeeperContact): void => {
    const { slot, name } = keeper;
    onEvent?.({ kind: "asking", slot, name });
    const asking = askOne(client, keeper, body, AbortSignal.any([signal, over.signal]))
      .then((given) => {
        if (isRight(given)) return given;
        throw new KeeperError("INVALID_ANSWER", "Its signature is not one of the key over what was to be signed.");
      })
      .catch((error: unknown) => {
        if (signal.aborted || over.signal.aborted) return undefined;
        if (!(error instanceof KeeperError)) throw error;
        const failure = { slot, name, code: error.code, reason: error.message };
        failures.push(failure);
        onEvent?.({ kind: "failed", ...failure });
        return undefined;
      })
      .finally(() => running.delete(asking));
    running.add(asking);
  };

  try {
    for (;;) {
      signal.throwIfAborted();
      const next = waiting.shift();
      if (next !== undefined) begin(next);
      if (running.size === 0) throw outcomeOf(question, failures);
      const given = await Promise.race([...running, ...(waiting.length === 0 ? [] : [hedge(client.clock)])]);
      if (given !== undefined) return given;
    }
  } finally {
    over.abort(new Error("finished"));
  }
};

const hedge = (clock: Client["clock"]): Promise<undefined> =>
  new Promise((resolve) => {
    clock.after(HEDGE_MILLISECONDS, () => resolve(undefined));
  });

const askOne = async (
  { fetchAt, clock, limits }: Asked,
  keeper: KeeperContact,
  body: unknown,
  signal: AbortSignal,
): Promise<GivenSignature> => {
  const { method, path } = SIGNING_REQUEST_ROUTE;
  const patient = { ...limits, overallMs: KEEPER_MILLISECONDS, idleMs: KEEPER_MILLISECONDS };
  const url = routeUrl(keeper.endpoint, path);
  const response = await exchangeJson({ fetch: fetchAt(keeper), clock, url, method, body, limits: patient, signal });
  try {
    if (response.status === 200) return parseSignatureBody(response.body);
    const refusal = parseErrorBody(response.body);
    const { code, message } = errorFromBody(refusal);
    const named = refusal.details.perKeeper;
    const said = Array.isArray(named) ? ` It names: ${named.join("; ")}.` : "";
    throw new KeeperError(refusal.code, `${message.replace(ERROR_CODES[code].action, "").trim()}${said}`);
  } catch (cause) {
    if (!(cause instanceof KeyquorumError)) throw cause;
    throw new KeeperError("BAD_RESPONSE", "Its answer is not one of the protocol.", { cause });
  }
};

const outcomeOf = (
  { keepers, quorum }: { readonly keepers: readonly KeeperContact[]; readonly quorum: number },
  failures: readonly KeeperFailure[],
): KeyquorumError => {
  const countOf = (...codes: string[]): number => failures.filter(({ code }) => codes.includes(code)).length;
  const isOutOfReach = (refusals: number): boolean => refusals > keepers.length - quorum;
  const details = {
    ...{ have: 0, need: quorum },
    perKeeper: failures.map(({ slot, name, code, reason }) => `${slot} ${name}: ${code}. ${reason}`.slice(0, 400)),
  };
  if (isOutOfReach(countOf("SIGNING_DENIED"))) return new KeyquorumError("SIGNING_DENIED", undefined, { details });
  if (isOutOfReach(countOf("SIGNING_DENIED", "SIGNING_NOT_FINAL"))) return new KeyquorumError("SIGNING_NOT_FINAL", undefined, { details });
  if (countOf("TOO_FEW_SIGNERS", "SIGNING_EXHAUSTED") > 0) return new KeyquorumError("TOO_FEW_SIGNERS", undefined, { details });
  return new KeyquorumError("UNAVAILABLE", "No keeper had the key sign.", { details });
};
