// Loaded into a keeper's process before anything else (`--import`): CPU of its main thread between two looks a millisecond apart, the longest so far.
// One look comes with each turn of the loop at the latest, so that what it says is at least what the longest turn took, and at most 2 ms more.
// At SIGWINCH it appends the longest since the last signal to the file that KEYQUORUM_BENCH_STEPS names, with the CPU of all threads since then.
// KEYQUORUM_BENCH_PROFILE names a folder: between two signals it profiles the main thread into it, and names the long steps by the profile's clock.
import { appendFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

const { KEYQUORUM_BENCH_STEPS: file, KEYQUORUM_BENCH_PROFILE: folder } = process.env;
const LONG_MILLISECONDS = 10;

const createProfile = () => {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: 500 });
  session.post("Profiler.start");
  let count = 0;
  return (steps) => {
    count += 1;
    session.post("Profiler.stop", (_, { profile }) => {
      writeFileSync(join(folder, `${process.pid}-${count}.cpuprofile`), JSON.stringify({ ...profile, steps }));
    });
    session.post("Profiler.start");
  };
};

if (isMainThread && file !== undefined) {
  const writeProfile = folder === undefined ? undefined : createProfile();
  const now = () => Number(process.hrtime.bigint() / 1_000n);
  let [longest, above, steps] = [0, 0, []];
  let [before, all, at] = [process.threadCpuUsage(), process.cpuUsage(), now()];
  setInterval(() => {
    const used = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    const milliseconds = (used.user + used.system) / 1_000;
    const began = at;
    at = now();
    longest = Math.max(longest, milliseconds);
    if (milliseconds <= LONG_MILLISECONDS) return;
    above += 1;
    if (writeProfile !== undefined) steps.push({ from: began, to: at, milliseconds });
  }, 1).unref();
  process.on("SIGWINCH", () => {
    const { user, system } = process.cpuUsage(all);
    appendFileSync(file, `${JSON.stringify({ longest, above, cpu: (user + system) / 1_000 })}\n`);
    writeProfile?.(steps);
    [longest, above, steps] = [0, 0, []];
    [before, all, at] = [process.threadCpuUsage(), process.cpuUsage(), now()];
  });
}
