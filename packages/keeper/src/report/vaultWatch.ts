import { type Damage, isVital, type Vault } from "@keyquorum/vault";
import type { Clock } from "../run/clock.ts";
import { every, hasCome } from "../run/every.ts";
import { describeError } from "./describeError.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/** So many records at a time: a few milliseconds, so that no request waits for it. A million take three hours. */
const ROWS = 200;
const EVERY_MILLISECONDS = 2_000;
/** From the last record to the first again. */
const REST_MILLISECONDS = 30_000;

/**
 * Looks at every record of the vault's file while the keeper runs, a few at a time, and tells the operator which are damaged: at the start those that
 * opening found, then each when it is found. One of them costs itself alone; of a key's share, a repair brings it back. A damaged one without which the
 * next start is refused makes the keeper not ready: it continues with what it has in memory.
 */
export const createVaultWatch = (options: {
  readonly vault: Pick<Vault, "scrub" | "damage">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "vaultDamaged" | "vaultScrubs">;
  readonly readiness: Readiness;
}): (() => Promise<void>) => {
  const { vault, clock, log, metrics, readiness } = options;
  let known = new Map<string, Damage>();
  let notBefore = 0;

  const report = (): void => {
    const found = new Map(vault.damage().map((damage) => [nameOf(damage), damage]));
    for (const [name, damage] of found) if (!known.has(name)) sayDamaged(log, damage);
    for (const [name, damage] of known)
      if (!found.has(name)) log.info("A damaged record of the vault was replaced or erased", { ...damage });
    metrics.vaultDamaged.reset();
    for (const { table } of found.values()) metrics.vaultDamaged.inc({ table });
    readiness.set("vault_damaged", [...found.values()].some(isVital));
    known = found;
  };

  report();
  const scrub = every(EVERY_MILLISECONDS, clock, async () => {
    try {
      if (hasCome(notBefore, { now: clock.now(), longest: REST_MILLISECONDS }) && (await vault.scrub(ROWS)).isRoundOver) {
        metrics.vaultScrubs.inc();
        notBefore = clock.now() + REST_MILLISECONDS;
      }
    } catch (error) {
      log.error("The vault's file cannot be scrubbed; trying again", describeError(error));
    }
    report();
  });
  return scrub;
};

const nameOf = ({ table, kind = "", id }: Damage): string => `${table}:${kind}:${id}`;

const sayDamaged = (log: Logger, damage: Damage): void => {
  if (isVital(damage))
    log.error(
      "A record of the vault that the next start needs is damaged: keep this keeper running, and have a backup of the vault ready. Check the disk",
      { ...damage },
    );
  else log.error("A record of the vault is damaged: it is ignored, and all others are used. Check the disk", { ...damage });
};
