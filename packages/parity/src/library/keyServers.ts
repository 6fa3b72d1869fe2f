import { errorFromBody, KeyquorumError, parseErrorBody } from "@keyquorum/wire";
import type { SecretStorePorts } from "./secretStorePorts.ts";

/** Why a key server gave nothing that is right. */
export type KeyServerFailure = {
  /** Its URL. */
  readonly keyServer: string;
  /** A code of the protocol's; LIED: it brought what the members did not sign. */
  readonly code: string;
  readonly reason: string;
};

/** One key server, as a program with a wallet asks it. */
export type AskedKeyServer = {
  readonly url: string;
  /** Throws KeyquorumError: its refusal, BAD_ANSWER for what is no answer, UNAVAILABLE for silence; the signal's reason. */
  readonly post: (path: string, body: unknown) => Promise<unknown>;
};

/** It brought what the members did not sign. Stays inside. `message`: for people. */
export class LyingKeyServer extends Error {}

export const askedKeyServer = ({ post }: Pick<SecretStorePorts, "post">, url: string, signal: AbortSignal | undefined): AskedKeyServer => ({
  url,
  post: async (path, body) => {
    const { status, body: answer } = await post(`${url.replace(/\/+$/, "")}${path}`, body, signal).catch((cause: unknown): never => {
      if (signal?.aborted || cause instanceof KeyquorumError) throw cause;
      throw new KeyquorumError("UNAVAILABLE", `The key server does not answer: ${cause instanceof Error ? cause.message : "no reason"}`, {
        cause,
      });
    });
    if (status === 200) return answer;
    throw refusalOf(status, answer);
  },
});

/** What its limits turn away is told as Parity's clients are told it. */
const refusalOf = (status: number, answer: unknown): KeyquorumError => {
  if (typeof answer === "object" && answer !== null) return errorFromBody(parseErrorBody(answer));
  if (status === 429) return new KeyquorumError("RATE_LIMITED");
  if (status === 413) return new KeyquorumError("BODY_TOO_LARGE");
  return new KeyquorumError(status >= 500 ? "UNAVAILABLE" : "BAD_ANSWER", `The key server answers with status ${status}.`);
};

/**
 * Asks one after the other until one gives what is right. `ask` throws LyingKeyServer for what is not. Throws the refusal that most of them gave, with all
 * of them in its details; the signal's reason.
 */
export const askInTurn = async <Result>(
  { servers, note }: { readonly servers: readonly AskedKeyServer[]; readonly note: (failure: KeyServerFailure) => void },
  signal: AbortSignal | undefined,
  ask: (server: AskedKeyServer) => Promise<Result>,
): Promise<Result> => {
  const refusals: KeyquorumError[] = [];
  const failures: KeyServerFailure[] = [];
  for (const server of servers) {
    try {
      return await ask(server);
    } catch (error) {
      if (signal?.aborted) throw error;
      const isLie = error instanceof LyingKeyServer || (error instanceof KeyquorumError && error.code === "BAD_ANSWER");
      if (!isLie && !(error instanceof KeyquorumError && isKeyServers(error))) throw error;
      const failure = { keyServer: server.url, code: isLie ? "LIED" : error.code, reason: error.message };
      failures.push(failure);
      note(failure);
      if (!isLie) refusals.push(error);
    }
  }
  throw mostOf(refusals, failures);
};

/** What nobody else would answer otherwise is not asked again. */
const isKeyServers = ({ code }: KeyquorumError): boolean =>
  !["ACTION_REJECTED", "CHAIN_UNAVAILABLE", "INVALID_VALUE", "NO_SIGNER"].includes(code);

const mostOf = (refusals: readonly KeyquorumError[], failures: readonly KeyServerFailure[]): KeyquorumError => {
  const all = failures.map(({ keyServer, code }) => `${keyServer}: ${code}`.slice(0, 128));
  const codes = refusals.map(({ code }) => code);
  const countOf = (code: string) => codes.filter((one) => one === code).length;
  const [most] = refusals.toSorted((a, b) => countOf(b.code) - countOf(a.code));
  if (most === undefined)
    return new KeyquorumError("BAD_ANSWER", "No key server answered with what its members signed.", { details: { keyServers: all } });
  return new KeyquorumError(most.code, most.message, { details: { ...most.details, keyServers: all }, cause: most });
};
