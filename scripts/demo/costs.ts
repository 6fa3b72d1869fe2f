import type { Cluster } from "@keyquorum/cluster";
import type { EventLog, Log } from "ethers";

const gasOfTransaction = async (cluster: Cluster, { transactionHash }: Log | EventLog): Promise<bigint> =>
  (await cluster.chain.provider.getTransactionReceipt(transactionHash))?.gasUsed ?? 0n;

/** Gas of the transaction that made a request. */
export const gasOf = async (cluster: Cluster, requestId: string): Promise<bigint> => {
  const { shareRequests } = cluster.contracts;
  const [log] = await shareRequests.queryFilter(shareRequests.filters.SharesRequested(requestId));
  return log === undefined ? 0n : gasOfTransaction(cluster, log);
};

/** Who answered a request on chain, with the gas of each answer. */
export const answersOf = async (
  cluster: Cluster,
  requestId: string,
): Promise<readonly { readonly slot: number; readonly gas: bigint }[]> => {
  const { shareRequests } = cluster.contracts;
  const logs = await shareRequests.queryFilter(shareRequests.filters.ShareAnswered(requestId));
  return Promise.all(logs.map(async (log) => ({ slot: Number(log.args.slot), gas: await gasOfTransaction(cluster, log) })));
};

/** What it cost to move a key, contract call by contract call. */
export const reshareCosts = async (cluster: Cluster, sid: string): Promise<readonly { readonly what: string; readonly gas: bigint }[]> => {
  const { keyResharing } = cluster.contracts;
  const dealt = await keyResharing.queryFilter(keyResharing.filters.ReshareDealt(sid));
  const ready = await keyResharing.queryFilter(keyResharing.filters.ReshareKeeperReady(sid));
  return [
    ...(await Promise.all(
      dealt.map(async (log) => ({
        what: `(${cluster.keeper(Number(log.args.dealer)).name} dealt its share to the new keepers)`,
        gas: await gasOfTransaction(cluster, log),
      })),
    )),
    ...(await Promise.all(
      ready.map(async (log) => ({
        what: `(${cluster.keeper(Number(log.args.slot)).name} confirmed)`,
        gas: await gasOfTransaction(cluster, log),
      })),
    )),
  ];
};

/** What a key's session cost, contract call by contract call. */
export const sessionCosts = async (cluster: Cluster, sid: string): Promise<readonly { readonly what: string; readonly gas: bigint }[]> => {
  const { keyGeneration } = cluster.contracts;
  const dealt = await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid));
  const finalized = await keyGeneration.queryFilter(keyGeneration.filters.KeyFinalized(sid));
  const ready = await keyGeneration.queryFilter(keyGeneration.filters.KeeperReady(sid));
  return [
    ...(await Promise.all(
      dealt.map(async (log) => ({
        what: `${cluster.keeper(Number(log.args.dealer)).name} deals`,
        gas: await gasOfTransaction(cluster, log),
      })),
    )),
    ...(await Promise.all(
      finalized.map(async (log) => ({
        what: "one of them finalizes: the joint key is fixed and shifted",
        gas: await gasOfTransaction(cluster, log),
      })),
    )),
    ...(await Promise.all(
      ready.map(async (log) => ({
        what: `${cluster.keeper(Number(log.args.slot)).name} holds its share durably: ready`,
        gas: await gasOfTransaction(cluster, log),
      })),
    )),
  ];
};
