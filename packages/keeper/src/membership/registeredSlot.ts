import { type Rpc, readHeads } from "@keyquorum/chain";
import { parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { systemClock } from "../run/clock.ts";
import { KeeperError } from "../run/errors.ts";
import { rpcOf } from "../run/rpcOf.ts";
import { openOperatorKey } from "./operatorKey.ts";

const PATIENCE_MILLISECONDS = 5_000;

/**
 * The slot that the registry has for the operator of a configuration, at the newest block; 0 where it has none, or the keeper was removed; undefined
 * where the chain does not say so in time. Throws KeeperError SECRET_FILE_*, DEPLOYMENT_INVALID, WRONG_CHAIN.
 */
export const registeredSlot = async (config: KeeperConfig, rpc: Rpc = rpcOf(config, systemClock)): Promise<number | undefined> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const bounded: Rpc = { send: (method, params, options) => rpc.send(method, params, { signal, ...options }) };
  try {
    const { head } = await readHeads(bounded, { kind: "confirmations", blocks: 0 });
    const at = createChainReader({ rpc: bounded, contracts }).at(head.hash);
    const slot = await at.slotOf(operator);
    if (slot === 0) return 0;
    const record = await at.keeperAt(slot).catch(() => undefined); // in doubt, it is registered
    return record?.removed === true ? 0 : slot;
  } catch {
    return undefined; // out of reach, or not yet deployed there: it has no say in a first start
  }
};

/** Throws KeeperError KEEPER_REGISTERED: a new identity in an empty directory would take the place of a registered keeper's. */
export const assertNotRegistered = (slot: number | undefined, dataDirectory: string): void => {
  if (slot === undefined || slot === 0) return;
  throw new KeeperError(
    "KEEPER_REGISTERED",
    `The registry has this operator as the keeper at slot ${slot}, and ${dataDirectory} is empty: the keeper's shares and identity key are somewhere else. Mount or restore its data. If that is lost permanently, run init with --new-identity, and have governance register the new key.`,
    { slot, dataDirectory },
  );
};
