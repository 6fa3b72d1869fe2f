// `npm run test:large`: a file of any size, encrypted, stored, decrypted and compared in a process whose memory is capped.
// A run with 96 MiB is part of `npm test`.
import { spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

const UNITS: Readonly<Record<string, number>> = { "": 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** The program at rest takes about half of this. */
const MAX_PEAK_MIB = 320;
const MAX_GROWTH_MIB = 64;

const { values } = parseArgs({
  options: {
    bytes: { type: "string", default: "10GB" },
    folder: { type: "string", default: tmpdir() },
    help: { type: "boolean", short: "h" },
  },
});
const [, digits = "", unit = ""] = /^([1-9][0-9]{0,5})(kB|MB|GB|KiB|MiB|GiB)?$/.exec(values.bytes) ?? [];
if (values.help || digits === "") {
  console.log(
    "npm run test:large -- [--bytes 10GB] [--folder DIR]\n\nGenerates so many bytes, encrypts them into a store in DIR, decrypts them and compares every byte, with 64 MiB of\nJavaScript heap. DIR needs that much room; all of it is removed again.\n\nExamples:\n  npm run test:large\n  npm run test:large -- --bytes 500MB --folder /var/tmp",
  );
  process.exit(values.help ? 0 : 2);
}
const bytes = Number(digits) * (UNITS[unit] ?? 1);
const { bavail, bsize } = statfsSync(values.folder);
if (bavail * bsize < bytes * 1.05) {
  console.error(`There is not enough room in ${values.folder}: free ${Math.ceil((bytes * 1.05) / 1e9)} GB or choose another --folder.`);
  process.exit(1);
}
const child = spawnSync(
  process.execPath,
  ["--max-old-space-size=64", "packages/client/src/fakes/largeFile.ts", String(bytes), values.folder],
  { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
);
if (child.status !== 0) process.exit(child.status ?? 1);
const { encryptSeconds, decryptSeconds, rangeMilliseconds, peakBeforeMiB, peakMiB } = JSON.parse(child.stdout) as Record<string, number>;
const speed = (seconds = 0): string => `${(bytes / 1e6 / seconds).toFixed(0)} MB/s, ${seconds.toFixed(1)} s`;
const growth = (peakMiB ?? 0) - (peakBeforeMiB ?? 0);
console.log(`encrypt, hash and store:  ${speed(encryptSeconds)}`);
console.log(`read, verify and decrypt: ${speed(decryptSeconds)}`);
console.log(`a part of 64 KiB:         ${rangeMilliseconds?.toFixed(1)} ms`);
console.log(`peak memory:              ${peakMiB?.toFixed(0)} MiB, ${growth.toFixed(0)} MiB more than for 32 MiB of content`);
const isConstant = (peakMiB ?? 0) <= MAX_PEAK_MIB && growth <= MAX_GROWTH_MIB;
if (!isConstant) console.error(`FAILED: more than ${MAX_PEAK_MIB} MiB, or ${MAX_GROWTH_MIB} MiB more than for a small file.`);
process.exit(isConstant ? 0 : 1);
