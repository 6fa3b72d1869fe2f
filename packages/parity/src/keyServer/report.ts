import type { OwnMetrics } from "@keyquorum/keeper";
import type { NodeErrorCode } from "@keyquorum/wire";
import type { KeyServerErrorKind } from "../formats/keyServerError.ts";
import type { WalletRoute } from "../wallets/walletRoute.ts";
import type { KeyServerRequest } from "./requestPath.ts";

/** A route, by the kind of its requests; "none": no such route, or an argument of it was not what it should be. */
export type KeyServerRoute = KeyServerRequest["kind"] | WalletRoute | "preflight" | "none";

/** What became of a request: how a refusal is called, or one of these. */
export type KeyServerOutcome = KeyServerErrorKind | NodeErrorCode | "answered" | "bad_request" | "refused_unread";

/** What an operator sees of a key server. Nothing in it is from a path: signatures in paths are bearer tokens. */
export type KeyServerReport = {
  readonly answered: (answer: { readonly route: KeyServerRoute; readonly outcome: KeyServerOutcome; readonly seconds: number }) => void;
  /** Of the day's quota in all, 0 to 1. */
  readonly quotaUsed: (share: number) => void;
  /** A member that was absent, slow or lied, by its slot. `reason`: one of few constant words. */
  readonly named: (slot: number, reason: string) => void;
};

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The report as metrics `keeper_parity_...`, where the keeper's own are. */
export const metricsReport = (metrics: OwnMetrics): KeyServerReport => {
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests to the key server, by route and what became of them",
    labelNames: ["route", "outcome"],
  });
  const seconds = metrics.histogram({
    name: "request_seconds",
    help: "Seconds until a request to the key server was answered",
    labelNames: ["route"],
    buckets: SECONDS,
  });
  const quota = metrics.gauge({ name: "generation_quota_used", help: "Share of today's quota of server keys that is used up, 0 to 1" });
  const named = metrics.counter({
    name: "members_named_total",
    help: "Members of a server key that were absent, slow or wrong",
    labelNames: ["slot", "reason"],
  });
  return {
    answered: ({ route, outcome, seconds: took }) => {
      requests.inc({ route, outcome });
      if (route !== "none" && route !== "preflight") seconds.observe({ route }, took);
    },
    quotaUsed: (share) => quota.set(share),
    named: (slot, reason) => named.inc({ slot: String(slot), reason }),
  };
};
