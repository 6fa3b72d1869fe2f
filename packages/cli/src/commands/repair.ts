import { KeeperError, type KeeperStatus, type RepairState, readConfig, readKeeperStatus, wantRepairs } from "@keyquorum/keeper";

const SENTENCES: Readonly<Record<RepairState, string>> = {
  announcing: "its announcement is being sent",
  waiting_for_finality: "announced; waits until that is final",
  asking: "the other keepers are being asked",
  too_few_helpers: "fewer than t+1 keepers helped; tried again",
  not_automatic: "waits for: keyquorum-keeper repair --start",
  identity_lost: "this keeper's identity key of that epoch is lost; waits for the next epoch",
  operator_changed: "the epoch names another operator's account; waits for the next epoch",
  removed: "this keeper was removed",
  revoked: "this keeper's account or identity key of that epoch was revoked as stolen; waits for the next epoch",
};

type Options = { readonly configFile: string; readonly start: boolean; readonly keyId: string | undefined; readonly json: boolean };

/** `keyquorum-keeper repair`. Asks the running keeper; the exit code is 0 when nothing is missing, else 3. */
export const repair = async ({ configFile, start, keyId, json }: Options): Promise<number> => {
  const config = await readConfig(configFile);
  const status = await readKeeperStatus(config);
  const missing = missingOf(status, keyId);
  if (start) await wantRepairs(config.dataDirectory, missing);
  if (json) console.log(JSON.stringify({ automatic: config.repair.automatic, started: start ? missing.length : 0, missing }, null, 2));
  else print(missing, start);
  return missing.length === 0 ? 0 : 3;
};

const missingOf = ({ repairs }: KeeperStatus, keyId: string | undefined): KeeperStatus["repairs"] => {
  if (keyId === undefined) return repairs;
  const found = repairs.filter((missing) => missing.keyId === keyId.toLowerCase());
  if (found.length > 0) return found;
  throw new KeeperError(
    "SHARE_NOT_MISSING",
    `No share of the key ${keyId} is missing. For the list of missing shares: keyquorum-keeper repair`,
    { keyId },
  );
};

const print = (missing: KeeperStatus["repairs"], isStarted: boolean): void => {
  if (missing.length === 0) console.log("No share is missing.");
  for (const { keyId, epoch, state, faults } of missing) {
    const isWanted = isStarted && state === "not_automatic";
    console.log(`${keyId} epoch ${epoch}: ${isWanted ? "started" : SENTENCES[state]}`);
    for (const { slot, reason } of faults) console.log(`  slot ${slot} did not help: ${reason}`);
  }
};
