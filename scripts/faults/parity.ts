import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockMillisecondsFor, measurePatience, startCluster, startLocalChain } from "@keyquorum/cluster";
import { hexToBytes } from "@keyquorum/wire";
import { deployOceanContracts } from "../../test/system/support/oceanContracts.ts";
import { dyingModules, type KillReport, killPointsOf, runServerKeyKills } from "../../test/system/support/serverKeyKills.ts";
import { bringOceansPeople, type ParityWorld, untilReady } from "../demo/parityWorld.ts";
import { type ClientsReport, runOceanClients } from "./parity/oceanClients.ts";

/** `violations`: of the clients and of the kills. */
export type ParityFaultReport = KillReport & {
  readonly clients: ClientsReport;
  readonly keepers: number;
  readonly threshold: number;
  readonly seconds: number;
};

/**
 * Ocean's client over real keepers, then kill -9 of each of them at every step of generating server keys and storing document keys. Stops after `points`
 * kills.
 */
export const runParityFaults = async (options: {
  readonly keepers: number;
  readonly points: number;
  readonly say: (line: string) => void;
}): Promise<ParityFaultReport> => {
  const { keepers, say } = options;
  const threshold = keepers === 7 ? 2 : 1;
  const started = Date.now();
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-faults-"));
  const patience = measurePatience();
  const chain = await startLocalChain({ blockMilliseconds: blockMillisecondsFor(patience) });
  const closing: (() => Promise<unknown>)[] = [chain.stop];
  try {
    const ocean = await deployOceanContracts(chain, chain.account(9));
    const permissions = (await ocean.access.getAddress()).toLowerCase();
    const keyServer = { port: 0, requestsPerMinute: 1_000_000, quotas: { perMember: 100_000, allMembers: 1_000_000 } };
    const cluster = await startCluster({
      ...{ chain, directory, keepers, patience, isHurried: true },
      extensions: (slot) => dyingModules({ permissions, keyServer }, directory, slot),
    });
    closing.push(cluster.stop);
    const world: ParityWorld = { ocean, extensions: {} };
    await bringOceansPeople(world, chain);
    closing.push(async () => world.agent?.close());
    for (const { slot } of cluster.keepers) await untilReady(cluster, chain, slot);

    const clients = await runOceanClients({ world, cluster, chain, patience }, say);
    const alice = world.people?.alice;
    if (alice === undefined) throw new Error("the agent has not been started");
    const registry = ocean.didRegistry.connect(alice) as typeof ocean.didRegistry;
    const kills = await runServerKeyKills(cluster, {
      ...{ directory, threshold, say, points: killPointsOf(keepers).slice(0, options.points), secret: hexToBytes(alice.privateKey, 32) },
      permit: async (id) => (await registry.getFunction("registerAttribute")(`0x${id}`, `0x${"00".repeat(32)}`, [], "")).wait(),
    });
    return {
      ...kills,
      violations: [...clients.violations, ...kills.violations],
      clients,
      keepers,
      threshold,
      seconds: (Date.now() - started) / 1_000,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
    await rm(directory, { recursive: true, force: true });
  }
};

export const parityFaultCells = (report: ParityFaultReport): readonly string[] => {
  const { keepers, threshold, kills, toldAtOnce, clients, violations, seconds } = report;
  return [
    `${keepers}`,
    `t = ${clients.thresholds.join(", ")}: ${clients.held} of ${clients.held + clients.violations.length} checks`,
    `${kills}, t = ${threshold}`,
    violations.length === 0 ? "0 keys that some have and others do not, 0 lost" : `FAILED: ${violations.join("; ")}`,
    `${toldAtOnce} of ${kills} had their answer at once, the others asked again`,
    `${Math.round(seconds / 60)} min`,
  ];
};
