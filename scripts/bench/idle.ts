import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster, startKeeperProcess, startLocalChain } from "@keyquorum/cluster";
import { type Figure, median } from "./figures.ts";

const KEEPERS = 3;
const DEEP_BLOCKS = "0x28";
/** What happens once after a start, and half a minute after the last event, is over by then. */
const [SETTLE_MILLISECONDS, MEASURE_MILLISECONDS, RUNS] = [45_000, 20_000, 3];

/** CPU of a keeper that holds a share of a key and follows a chain where nothing happens. */
export const idleFigures = async (): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 250 });
  const cluster = await startCluster({ chain, directory, keepers: KEEPERS });
  try {
    await cluster.generateKey({ threshold: 1 });
    await cluster.stop();
    const { configFile } = cluster.keeper(1);
    await lookEvery(configFile, 200);
    if (chain.kind === "anvil") await chain.send("anvil_mine", [DEEP_BLOCKS]); // the key's transactions are watched until so many blocks are on top
    const shares = [
      { name: "idle keeper, blocks every 250 ms, a look every 200 ms", share: await shareOf(configFile) },
      {
        name: "idle keeper, blocks and looks every 2 s",
        share: await (async () => {
          if (chain.kind !== "anvil") return undefined;
          await chain.send("evm_setIntervalMining", [2]);
          await lookEvery(configFile, 2_000);
          return shareOf(configFile);
        })(),
        target: 1,
      },
    ];
    return shares.flatMap(({ share, ...figure }) =>
      share === undefined ? [] : [{ ...figure, value: share, unit: "%" as const, note: `of one core; load ${loadavg()[0]?.toFixed(1)}` }],
    );
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

/** Sets how often a keeper looks at its chain. */
const lookEvery = async (configFile: string, milliseconds: number): Promise<void> => {
  const text = await readFile(configFile, "utf8");
  await writeFile(configFile, text.replace(/pollIntervalMilliseconds = \d+/, `pollIntervalMilliseconds = ${milliseconds}`));
};

/** Median per cent of one core. */
const shareOf = async (configFile: string): Promise<number> => {
  const keeper = startKeeperProcess(configFile);
  await pause(SETTLE_MILLISECONDS);
  const shares: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const [cpu, began] = [cpuMilliseconds(keeper.pid), performance.now()];
    await pause(MEASURE_MILLISECONDS);
    shares.push((100 * (cpuMilliseconds(keeper.pid) - cpu)) / (performance.now() - began));
  }
  await keeper.stop();
  return median(shares);
};

/** User and system time of a process: fields 14 and 15 of its line, in ticks of 10 ms. Linux only. */
const cpuMilliseconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
