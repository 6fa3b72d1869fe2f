import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPackages, type Tarball } from "../../../scripts/pack/packPackages.ts";
import { runCommand } from "./runCommand.ts";

/** What a page may use. */
export const SDK = ["threshold", "wire", "bindings", "chain", "blobs", "client"];

const made: { tarballs?: Promise<readonly Tarball[]>; page?: Promise<string>; folders: string[] } = { folders: [] };

const ownFolder = async (name: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `keyquorum-${name}-`));
  made.folders.push(folder);
  return folder;
};

/** The packages as npm would publish them, packed once per run of the tests. */
export const packedPackages = (): Promise<readonly Tarball[]> => {
  made.tarballs ??= (async () => packPackages({ out: await ownFolder("tarballs") }))();
  return made.tarballs;
};

/** The folder of examples/browser as a project of its own, with the SDK and nothing else of ours. Installed once per run of the tests. */
export const pageProject = (): Promise<string> => {
  made.page ??= (async () => {
    const directory = await ownFolder("page");
    await createProject({ directory, template: "examples/browser", packages: SDK });
    return directory;
  })();
  return made.page;
};

after(async () => {
  for (const folder of made.folders) await rm(folder, { recursive: true, force: true });
});

/**
 * A project in a folder of its own, outside the repository, with packages of ours installed from their tarballs and everything else from the
 * registry, in the versions of the lockfile. Nothing in it leads back into the repository.
 * @param template a folder to begin with; its package.json names packages of ours by version
 */
export const createProject = async ({
  directory,
  packages,
  template,
}: {
  readonly directory: string;
  readonly packages: readonly string[];
  readonly template?: string;
}): Promise<void> => {
  await mkdir(directory, { recursive: true });
  if (template !== undefined)
    await cp(template, directory, {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|package-lock\.json|deployment\.json)$/.test(path),
    });
  const manifestFile = join(directory, "package.json");
  const manifest = template === undefined ? { type: "module" } : JSON.parse(await readFile(manifestFile, "utf8"));
  const tarballs = (await packedPackages()).filter(({ name }) => packages.includes(name.replace("@keyquorum/", "")));
  const dependencies = { ...manifest.dependencies, ...Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`])) };
  await writeFile(
    manifestFile,
    JSON.stringify({ ...manifest, private: true, dependencies, overrides: await lockedVersions(Object.keys(dependencies)) }),
  );
  const { code, output } = await runCommand(
    "npm",
    ["install", "--omit=dev", "--prefer-offline", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: directory },
  );
  if (code !== 0) throw new Error(`npm install failed in ${directory}:\n${output}`);
};

/** What the lockfile says of every package that it has in one version only: so that the test installs the same today and in a year. */
const lockedVersions = async (exceptions: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const { packages } = JSON.parse(await readFile("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly link?: boolean }>>;
  };
  const versions = new Map<string, Set<string>>();
  for (const [path, { version, link }] of Object.entries(packages)) {
    const name = path.match(/(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/)?.[1];
    if (name === undefined || version === undefined || link === true) continue;
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return Object.fromEntries(
    [...versions].flatMap(([name, [first, ...more]]) =>
      first === undefined || more.length > 0 || exceptions.includes(name) ? [] : [[name, first]],
    ),
  );
};
