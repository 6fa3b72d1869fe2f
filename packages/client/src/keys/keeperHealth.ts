import { plain } from "@keyquorum/bindings";
import { addressOfPoint, pointFromXY } from "@keyquorum/threshold";
import { type Address, bytesToHex, type KeeperInfo, parseAddress, parseKeeperInfo, ROUTES, slotsOf } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";
import { routeUrl } from "../read/askKeeper.ts";
import { exchangeJson } from "../read/exchange.ts";
import { KeeperError } from "../read/keeperError.ts";
import type { KeeperContact } from "./committee.ts";

/** How a keeper answers now, over the endpoint that the registry has for it. All but slot, name and endpoint is its own word, or measured. */
export type KeeperHealth = {
  readonly slot: number;
  /** As its record says; empty where it has none. Anything may stand in it. */
  readonly name: string;
  /** Base URL; empty where it has none. */
  readonly endpoint: string;
  /** Something answered there as this keeper of this deployment. */
  readonly live: boolean;
  /** It would answer share requests now. */
  readonly ready: boolean;
  /** Why it is not ready, in its own words, such as "chain_stale". At most 16. */
  readonly reasons: readonly string[];
  readonly software: string | undefined;
  /** Of how many keys its share was lost or is damaged. */
  readonly sharesMissing: number | undefined;
  /** Number of the newest block that it has seen. */
  readonly headBlock: number | undefined;
  /** Milliseconds from the question to its answer. */
  readonly latencyMs: number | undefined;
  /** Seconds by which its clock is ahead of this machine's, negative where behind; undefined where a page may not see it. Exact to a second. */
  readonly clockAheadSeconds: number | undefined;
  /** Why it counts as dead: UNREACHABLE, TIMEOUT, STALLED, BAD_RESPONSE, RESPONSE_TOO_LARGE, NO_ENDPOINT, WRONG_KEEPER, or its own code. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
};

/** What asking takes of a client. */
type Asking = Pick<Client, "clock" | "limits" | "fetchAt" | "reachedAt"> & Pick<Chain, "calls" | "contracts" | "deployment">;

type Contact = {
  readonly keeper: KeeperContact;
  /** Throws KeeperError WRONG_KEEPER where what answers is another keeper, or serves another deployment. */
  readonly requireItself: (info: KeeperInfo) => void;
};

/**
 * Asks every keeper that is not removed, over its registered endpoint, how it is now, all at once: one that does not answer is told as dead, with the
 * reason. By ascending slot. Throws CHAIN_UNAVAILABLE.
 */
export const keeperHealth = action(
  "keeperHealth",
  async (client: Asking, { signal }: CallOptions = {}): Promise<readonly KeeperHealth[]> =>
    Promise.all((await readContacts(client, signal)).map((contact) => askHealth(client, contact, signal))),
);

const readContacts = async (client: Asking, signal: AbortSignal | undefined): Promise<readonly Contact[]> => {
  const { calls, contracts, deployment, reachedAt } = client;
  const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the keepers", call, signal);
  const [records, removed] = await Promise.all([
    read(() => contracts.keeperRegistry.keepers()),
    read(() => contracts.keeperRegistry.removedKeepers()),
  ]);
  const gone = new Set(slotsOf(removed));
  return plain(records)
    .filter(({ slot }) => !gone.has(Number(slot)))
    .map((record): Contact => {
      const slot = Number(record.slot);
      const identityKey = pointFromXY(record.identityKey.x, record.identityKey.y);
      const identity = bytesToHex(addressOfPoint(identityKey)) as Address;
      return {
        keeper: reachedAt({ slot, name: record.name, identity, endpoint: record.endpoint }),
        requireItself: (info) => {
          const differs =
            info.chainId !== deployment.chainId || info.keeperRegistry !== parseAddress(deployment.contracts.keeperRegistry)
              ? "a keeper of another deployment"
              : info.slot !== slot || !info.identityKey.equals(identityKey)
                ? `the keeper at slot ${info.slot} with another identity key than the registry's`
                : undefined;
          if (differs !== undefined) throw new KeeperError("WRONG_KEEPER", `The server at its endpoint is ${differs}.`);
        },
      };
    });
};

const askHealth = async (client: Asking, contact: Contact, signal: AbortSignal | undefined): Promise<KeeperHealth> => {
  const { slot, name, endpoint } = contact.keeper;
  const nothing = { reasons: [], software: undefined, sharesMissing: undefined, headBlock: undefined, clockAheadSeconds: undefined };
  try {
    const { info, latencyMs, clockAheadSeconds } = await askInfo(client, contact, signal);
    return {
      slot,
      name,
      endpoint,
      live: true,
      ready: info.ready,
      reasons: info.ready ? [] : await askReasons(client, contact.keeper, signal),
      software: info.software,
      sharesMissing: info.sharesMissing,
      headBlock: info.headBlock === null ? undefined : Number(info.headBlock.number),
      latencyMs,
      clockAheadSeconds,
      failure: undefined,
    };
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    const failure = { code: error.code, message: error.message };
    return { ...nothing, slot, name, endpoint, live: false, ready: false, latencyMs: undefined, failure };
  }
};

const askInfo = async (client: Asking, { keeper, requireItself }: Contact, signal: AbortSignal | undefined) => {
  const startedAt = client.clock.now();
  const { status, body, date } = await get(client, keeper, ROUTES.getKeeper.path, signal);
  const latencyMs = client.clock.now() - startedAt;
  const info = parseInfo(body, status);
  requireItself(info);
  // A Date header has whole seconds, of the moment when the answer left.
  const halfway = startedAt + latencyMs / 2;
  return { info, latencyMs, clockAheadSeconds: date === undefined ? undefined : Math.round((date + 500 - halfway) / 1000) };
};

const parseInfo = (body: unknown, status: number): KeeperInfo => {
  if (status !== 200) throw new KeeperError("NOT_SERVING", `It answered HTTP ${status}: it is not registered, or has not seen the chain.`);
  try {
    return parseKeeperInfo(body);
  } catch (cause) {
    throw new KeeperError("BAD_RESPONSE", "Its description of itself is not that of a keeper of this version.", { cause });
  }
};

/** Its reasons where it tells them; what a hostile keeper sends is cut, not believed. */
const askReasons = async (client: Asking, keeper: KeeperContact, signal: AbortSignal | undefined): Promise<readonly string[]> => {
  const { body } = await get(client, keeper, "/readyz", signal).catch(() => ({ body: undefined }));
  const reasons = typeof body === "object" && body !== null && "reasons" in body && Array.isArray(body.reasons) ? body.reasons : [];
  return reasons.filter((reason): reason is string => typeof reason === "string" && /^[a-z_]{1,40}$/.test(reason)).slice(0, 16);
};

const get = ({ fetchAt, clock, limits }: Asking, keeper: KeeperContact, path: string, signal: AbortSignal | undefined) =>
  exchangeJson({ fetch: fetchAt(keeper), clock, url: routeUrl(keeper.endpoint, path), method: "GET", limits, signal });
