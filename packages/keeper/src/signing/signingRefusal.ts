import { KeyquorumError } from "@keyquorum/wire";
import { refusalOf } from "../answering/refusal.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";

/** Gives every failure its code, counts it, and tells what nobody expected to the log only. */
export const countedSigning =
  <Ask, Answer>(
    { log, metrics }: { readonly log: Logger; readonly metrics: Pick<Metrics, "signingMessages"> },
    kind: string,
    work: (ask: Ask) => Promise<Answer>,
  ) =>
  async (ask: Ask): Promise<Answer> => {
    try {
      const answer = await work(ask);
      metrics.signingMessages.inc({ kind, outcome: "ANSWERED" });
      return answer;
    } catch (error) {
      const refusal = refusalOf(error, log, "A message of a signature");
      metrics.signingMessages.inc({ kind, outcome: refusal instanceof KeyquorumError ? refusal.code : "INTERNAL" });
      throw refusal;
    }
  };
