// Brings the pinned Node and the dependencies. Plain JavaScript, no dependencies: it runs on the Node that the stranger has.
// Does nothing (0.05 s) when all is in place.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const at = (...parts) => join(root, ...parts);
const [stamp, shim, lock] = [at("node_modules", ".setup"), at("node_modules", ".bin", "node"), at(".setup-lock")];
const nodePackage = at("tools", "node", "node_modules", `node-linux-${process.arch}`);
const pinned = join(nodePackage, "bin", "node");

const isRecent = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 18);
};

// Under `npm run` this file may itself be run by the pinned Node, through the link of an earlier set-up: that counts as "needs the pin".
const isPinnedRunning = existsSync(pinned) && realpathSync(process.execPath) === realpathSync(pinned);
const needsPin = isPinnedRunning || !isRecent(process.versions.node);

const fail = (sentence) => {
  console.error(sentence);
  process.exit(1);
};

const isComplete = () => {
  // npm on Node 20 drops this optional package at every `npm install`, so the stamp alone is not enough.
  const hasEdr =
    process.platform !== "linux" ||
    ["gnu", "musl"].some((libc) => existsSync(at("node_modules", "@nomicfoundation", `edr-linux-${process.arch}-${libc}`)));
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && hasEdr && (!needsPin || existsSync(shim));
};

const wanted = createHash("sha256")
  .update(readFileSync(at("package-lock.json")))
  .update(readFileSync(at("tools", "node", "package-lock.json")))
  .update(`${process.platform} ${process.arch} ${needsPin}`)
  .digest("hex");
if (isComplete()) process.exit(0);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or later is needed to begin and ${process.version} was found.`);
if (needsPin && process.platform !== "linux")
  fail(`Node 24.18 or later is needed on ${process.platform} and ${process.version} was found. Install it, then run the command again.`);

// One set-up at a time: a second command waits for the first. The lock of a killed set-up is taken over.
const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
const holderIsAlive = () => {
  try {
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
    return true;
  } catch {
    return Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 2_000;
  }
};
for (let waited = false; ; waited = true) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    break;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!holderIsAlive()) rmSync(lock, { recursive: true, force: true });
    else if (!waited) console.log("Another set-up is running in this folder; waiting for it.");
    pause(500);
  }
}
const release = () => rmSync(lock, { recursive: true, force: true });
process.on("exit", release);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
if (isComplete()) process.exit(0);

const npmCi = (node, ...args) => {
  const [file, first] = process.env.npm_execpath ? [node, [process.env.npm_execpath]] : ["npm", []];
  execFileSync(file, [...first, "ci", ...args, "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH },
  });
};

const started = Date.now();
const pinnedVersion = JSON.parse(readFileSync(at("tools", "node", "package.json"), "utf8")).optionalDependencies[
  `node-linux-${process.arch}`
];
const hasPinned = () => existsSync(pinned) && JSON.parse(readFileSync(join(nodePackage, "package.json"), "utf8")).version === pinnedVersion;
console.log("Setting up, once: everything goes into this folder and comes from the npm registry. It takes about a minute.");
if (needsPin && !hasPinned()) {
  console.log(`  1/2  Node ${pinnedVersion} beside the ${process.version} that you have (52 MB to fetch, 189 MB on disk) ...`);
  npmCi(process.execPath, "--prefix", at("tools", "node"));
  if (!hasPinned()) fail(`There is no pinned Node for linux ${process.arch}. Install Node 24.18 or later, then run the command again.`);
}
console.log("  2/2  dependencies (290 MB to fetch, 660 MB on disk) ...");
const node = needsPin ? pinned : process.execPath;
npmCi(node);
try {
  execFileSync(node, ["-e", "require('@nomicfoundation/edr')"], { cwd: root, stdio: "ignore" });
} catch {
  fail(
    "Hardhat's native part is missing for this platform. Run `npm run setup` again; if it stays, this platform is not supported (README).",
  );
}
rmSync(shim, { force: true });
if (needsPin) symlinkSync(relative(dirname(shim), pinned), shim);
writeFileSync(stamp, wanted);
console.log(`Set up in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
