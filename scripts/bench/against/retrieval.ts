import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { median } from "../figures.ts";
import type { Compared, Side } from "./compare.ts";

const DRIVER = join(import.meta.dirname, "retrievalDriver.ts");
/** Keepers and chains of both commits run at once, and share the machine. */
const READY_MS = 600_000;

/** Milliseconds, and MB of one keeper. */
type Spent = { readonly reader: number; readonly keepers: number; readonly memory: number };
/** MB that a keeper may take more than before. */
const MOST_MORE_MEMORY = 20;

/** CPU time of one retrieval, 3 of 5, by real keepers of both commits. Both run all the time and are asked in turn. */
export const withRetrieval = async (rounds: number, sides: readonly Side[], work: (row: Compared) => Promise<void>): Promise<void> => {
  const drivers = new Map<string, ChildProcess>();
  const spent = new Map<string, Spent[]>();
  try {
    for (const { folder } of sides) {
      const driver = fork(DRIVER, [folder], { cwd: folder, stdio: ["ignore", 2, 2, "ipc"] });
      drivers.set(folder, driver);
      await answerOf(driver, READY_MS);
    }
    await work({
      name: "one retrieval, 3 of 5, CPU of client and keepers",
      unit: "ms",
      rounds,
      target: 1 / 8,
      measure: async ({ folder }) => {
        const driver = drivers.get(folder);
        if (driver === undefined) throw new Error(`Nothing runs in ${folder}.`);
        driver.send("round");
        const one = (await answerOf(driver, 60_000)) as Spent; // by the driver
        spent.set(folder, [...(spent.get(folder) ?? []), one]);
        return one.reader + one.keepers;
      },
    });
    const of = (side: Side, what: keyof Spent): number => median((spent.get(side.folder) ?? []).map((one) => one[what]));
    const both = (what: keyof Spent): string => `${sides.map((side) => of(side, what).toFixed(1)).join(" before, ")} now`;
    for (const who of ["reader", "keepers"] as const) console.log(`  of that, ${who}: ${both(who)}`);
    const [before = 0, now = 0] = sides.map((side) => of(side, "memory"));
    const missed = now - before > MOST_MORE_MEMORY ? "  MISSED" : "";
    console.log(`  memory of a keeper, MB: ${both("memory")}  target ${MOST_MORE_MEMORY} more${missed}`);
  } finally {
    await Promise.all([...drivers.values()].map(endOf));
  }
};

const answerOf = (driver: ChildProcess, milliseconds: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("A commit's keepers gave no figure in time.")), milliseconds);
    const onExit = (code: number | null): void => reject(new Error(`A commit's keepers ended with ${code}.`));
    driver.once("exit", onExit).once("message", (message) => {
      clearTimeout(late);
      driver.removeListener("exit", onExit);
      resolve(message);
    });
  });

/** Its keepers and chain end first. */
const endOf = (driver: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (driver.exitCode !== null) return resolve();
    driver.once("exit", () => resolve());
    if (driver.connected) driver.disconnect();
    else driver.kill();
  });
