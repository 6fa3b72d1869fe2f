import { type KeeperStatus, readConfig, readKeeperStatus } from "@keyquorum/keeper";

const NOT_READY = 3;

const rowsOf = (status: KeeperStatus): readonly (readonly [string, string])[] => [
  ["URL", status.url],
  ["Ready", status.ready ? "yes" : `no: ${status.reasons.join(", ")}`],
  ["Operator", status.operator],
  ["Identity key", status.identityKey],
  ["Slot", status.slot === 0 ? "not registered" : String(status.slot)],
  ["Epoch", String(status.epoch)],
  ["Keys", status.keys.length === 0 ? "none" : String(status.keys.length)],
  ...status.keys.map(({ keyId, epoch, state }): readonly [string, string] => ["", `${keyId} epoch ${epoch} ${state}`]),
  [
    "Chain",
    `${status.chainId}, head ${status.head}, final ${status.final}, mirrored ${status.mirrored} (${status.head - status.mirrored} behind)`,
  ],
  ["Balance", `${status.balanceWei} wei`],
  ["Fees earned", `${status.feeCreditWei === "" ? "0" : status.feeCreditWei} wei`],
];

/** `keyquorum-keeper status`. The exit code: 0 ready, 3 running but not ready. Throws KEEPER_NOT_RUNNING. */
export const status = async (options: { readonly configFile: string; readonly json: boolean }): Promise<number> => {
  const found = await readKeeperStatus(await readConfig(options.configFile));
  if (options.json) console.log(JSON.stringify(found, null, 2));
  else for (const [name, value] of rowsOf(found)) console.log(`${name.padEnd(14)}${value}`);
  return found.ready ? 0 : NOT_READY;
};
