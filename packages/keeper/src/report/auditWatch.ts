import { type AuditPlace, type Vault, VaultError } from "@keyquorum/vault";
import type { Clock } from "../run/clock.ts";
import { every, hasCome } from "../run/every.ts";
import { describeError } from "./describeError.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/** Verified before the keeper serves: at most so many of the newest records, a tenth of a second. */
const NEWEST = 5_000;
/** Verified at a time while it serves: a few milliseconds. */
const STEP = 500;
const EVERY_MILLISECONDS = 2_000;
/** From the end of the log to its beginning again. */
const PAUSE_MILLISECONDS = 60_000;

type Options = {
  readonly vault: { readonly audit: Pick<Vault["audit"], "verifyEnd" | "verifyNext"> };
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "auditBroken" | "auditVerified">;
  readonly readiness: Readiness;
};

/**
 * Verifies the audit log against the sealed roll: its newest records before it resolves, all of it again and again by what it resolves to. A log that does
 * not verify makes the keeper not ready and is told at once; answers continue, because readers come first and each is still recorded behind the sealed end.
 */
export const watchAudit = async (options: Options): Promise<() => Promise<void>> => {
  const { vault, clock, log, metrics, readiness } = options;
  let place: AuditPlace | undefined;
  let [notBefore, said] = [0, ""];

  /** Undefined: it verifies, as far as this looked. */
  const report = (fault: VaultError | undefined): void => {
    metrics.auditBroken.set(fault === undefined ? 0 : 1);
    readiness.set("audit_broken", fault !== undefined);
    const now = fault === undefined ? "" : JSON.stringify(fault.details);
    if (fault !== undefined && now !== said)
      log.error(
        "The audit log was changed or truncated; this keeper continues to answer. Compare the log with a backup, then restart it: keyquorum-keeper audit restart",
        { code: fault.code, ...fault.details },
      );
    if (fault === undefined && said !== "") log.info("The audit log verifies again");
    said = now;
  };

  const look = async (verify: () => Promise<"part" | "whole">): Promise<void> => {
    try {
      if ((await verify()) === "whole") report(undefined);
    } catch (error) {
      place = undefined;
      notBefore = clock.now() + PAUSE_MILLISECONDS;
      if (error instanceof VaultError && error.code === "VAULT_AUDIT_BROKEN") report(error);
      else log.error("The audit log cannot be read; trying again", describeError(error));
    }
  };

  await look(async () => {
    await vault.audit.verifyEnd(NEWEST);
    return "whole";
  });
  return every(EVERY_MILLISECONDS, clock, async () => {
    if (!hasCome(notBefore, { now: clock.now(), longest: PAUSE_MILLISECONDS })) return;
    await look(async () => {
      const step = await vault.audit.verifyNext(place, STEP);
      metrics.auditVerified.set(step.place.seq);
      place = step.isOver ? undefined : step.place;
      if (step.isOver) notBefore = clock.now() + PAUSE_MILLISECONDS;
      return step.isOver ? "whole" : "part";
    });
  });
};
