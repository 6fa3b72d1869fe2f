// `npm run test:example`: examples/hardhat as a stranger installs it: outside of this repository, from tarballs, without a lock file.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../test/system/support/runCommand.ts";
import { packPackages } from "./pack/packPackages.ts";

const directory = await mkdtemp(join(tmpdir(), "keyquorum-example-"));
const project = join(directory, "project");

/** Runs a command in the project; the second last line that it needs is its own. */
const run = async (command: string, args: readonly string[]): Promise<void> => {
  console.log(`$ ${command} ${args.join(" ")}`);
  const { code, output } = await runCommand(command, args, { cwd: project });
  console.log(output);
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code} in ${project}.`);
};

try {
  const tarballs = await packPackages({ out: join(directory, "tarballs") });
  await cp("examples/hardhat", project, {
    recursive: true,
    filter: (path) => !/\/(node_modules|artifacts|cache|types|package-lock\.json)$/.test(path),
  });
  const file = join(project, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  const ours = Object.fromEntries(tarballs.map((tarball) => [tarball.name, `file:${tarball.file}`]));
  await writeFile(file, JSON.stringify({ ...manifest, devDependencies: { ...manifest.devDependencies, ...ours } }, null, 2));
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]);
  await run("npx", ["hardhat", "test", "mocha"]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
