// Loaded by --import into a process that is measured: says at its end how much CPU time it took, in microseconds.
import { appendFileSync } from "node:fs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  appendFileSync(process.env.KEYQUORUM_CPU_FILE, `${user + system}\n`);
});
