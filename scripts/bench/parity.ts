import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Saw, startCluster, startLocalChain, waitFor } from "@keyquorum/cluster";
import { untilReady } from "../demo/parityWorld.ts";
import { type Figure, medianMilliseconds } from "./figures.ts";
import { clientFigures } from "./parity/clientFigures.ts";
import { generate, keyServerModule } from "./parity/keyServer.ts";
import { cpuFigure, profilerModule, shareFigures } from "./parity/processor.ts";

const SIZES = [3, 5, 7] as const;
/** At this size there are clients, and the processor is looked at. */
const LOOKED_AT = 5;
const GENERATIONS = 9;

/** Server keys and document keys with n real keeper processes, clients and chain on this machine. */
export const parityFigures = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const keepers of SIZES) figures.push(...(await figuresAt(keepers)));
  return figures;
};

const figuresAt = async (keepers: number): Promise<readonly Figure[]> => {
  const threshold = (keepers - 1) / 2;
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 250 });
  const cluster = await startCluster({
    ...{ chain, directory, keepers, isHurried: true },
    extensions: (slot, { contracts }) => [keyServerModule(contracts.accessGrants), profilerModule(directory, slot)],
  });
  try {
    for (const { slot } of cluster.keepers) await untilReady(cluster, chain, slot);
    // A member that has not seen yet that the epoch is final refuses.
    const generated = (saw: Saw) =>
      generate(cluster, threshold).then(
        () => true,
        (error: Error) => saw(error.message),
      );
    await waitFor("every member takes part", generated, { chain });
    const name = `server key, n = ${keepers}`;
    const some = async () => {
      for (let count = 0; count < GENERATIONS; count += 1) await generate(cluster, threshold);
    };
    const value = await medianMilliseconds(GENERATIONS, () => generate(cluster, threshold));
    const figures: readonly Figure[] = [
      {
        name,
        value,
        unit: "ms",
        ...(keepers === LOOKED_AT ? { target: 500 } : {}),
        note: `t = ${threshold}; load ${loadavg()[0]?.toFixed(1)}`,
      },
      await cpuFigure(`  ${name}`, cluster, GENERATIONS, some),
    ];
    if (keepers !== LOOKED_AT) return figures;
    return [
      ...figures,
      ...(await shareFigures(name, { cluster, directory }, some)),
      ...(await clientFigures(cluster, { threshold, directory })),
    ];
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
