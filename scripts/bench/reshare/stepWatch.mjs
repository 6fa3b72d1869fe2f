// Loaded into a keeper's process before anything else (`--import`): CPU of its main thread between two looks a millisecond apart, the longest so far.
// One look comes with each turn of the loop at the latest, so that what it says is at least what the longest turn took, and at most 2 ms more.
// At SIGWINCH it appends the longest since the last signal to the file that KEYQUORUM_BENCH_STEPS names, with the CPU of all threads since then.
import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.KEYQUORUM_BENCH_STEPS;
if (isMainThread && file !== undefined) {
  let [longest, above] = [0, 0];
  let [before, all] = [process.threadCpuUsage(), process.cpuUsage()];
  setInterval(() => {
    const used = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    const milliseconds = (used.user + used.system) / 1_000;
    if (milliseconds > 10) above += 1;
    longest = Math.max(longest, milliseconds);
  }, 1).unref();
  process.on("SIGWINCH", () => {
    const { user, system } = process.cpuUsage(all);
    appendFileSync(file, `${JSON.stringify({ longest, above, cpu: (user + system) / 1_000 })}\n`);
    [longest, above, all] = [0, 0, process.cpuUsage()];
  });
}
