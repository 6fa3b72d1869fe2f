import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { median } from "../figures.ts";
import type { Compared, Side } from "./compare.ts";

const DRIVER = join(import.meta.dirname, "retrievalDriver.ts");
/** Keepers and chains of both commits run at once, and share the machine. */
const READY_MS = 600_000;

type Spent = { readonly reader: number; readonly keepers: number };

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
        const { reader, keepers } = (await answerOf(driver, 60_000)) as Spent; // by the driver
        spent.set(folder, [...(spent.get(folder) ?? []), { reader, keepers }]);
        return reader + keepers;
      },
    });
    const of = (side: Side, who: keyof Spent): string => median((spent.get(side.folder) ?? []).map((one) => one[who])).toFixed(1);
    for (const who of ["reader", "keepers"] as const)
      console.log(`  of that, ${who}: ${sides.map((side) => of(side, who)).join(" before, ")} now`);
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
