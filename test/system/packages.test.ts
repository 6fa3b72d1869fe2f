import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { bundleFigures } from "../../scripts/bench/bundle.ts";
import { nativeTsc } from "../../scripts/pack/compile.ts";
import { packPackages } from "../../scripts/pack/packPackages.ts";
import { createProject, packedPackages, pageProject, SDK } from "./support/packedProject.ts";
import { runCommand } from "./support/runCommand.ts";

const DAEMON = [...SDK, "protocol", "vault", "http", "daemon", "keeper", "parity", "cli", "cluster", "runner", "testing"];

/** Entries that are not for importing here: one needs optional peers, two are programs. */
const NOT_IMPORTED = ["@keyquorum/blobs/helia", "@keyquorum/cli/main", "@keyquorum/runner/child", "@keyquorum/runner/cli"];

/** An older Node than the pinned one, where PATH has one: `node_modules/.bin` of `npm run` comes before it. */
const olderNode = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => ({ folder, version: spawnSync(join(folder, "node"), ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "" }))
  .find(({ version }) => /^v2[0-3]\./.test(version));

/** What authors of modules compile with their own. */
const GUEST_SOURCES = ["assembly/index.ts", "examples/password.c", "examples/password.ts", "include/keyquorum.h"].map(
  (path) => `package/guest/${path}`,
);

describe("the packages' tarballs", () => {
  let directory: string;
  /** Projects that packages are installed in, and a folder for more tarballs. */
  const places = { sdk: "", daemon: "", again: "" };
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-packages-"));
    Object.assign(places, { sdk: await pageProject(), daemon: join(directory, "daemon"), again: join(directory, "again") });
    await createProject({ directory: places.daemon, packages: DAEMON });
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** Every entry of the packages, as it is imported: `@keyquorum/client/node`. */
  const entriesOf = async (packages: readonly string[], where: "sdk" | "daemon"): Promise<readonly string[]> =>
    (
      await Promise.all(
        packages.map(async (name) => {
          const manifest = JSON.parse(await readFile(join(places[where], "node_modules/@keyquorum", name, "package.json"), "utf8"));
          return Object.keys(manifest.exports)
            .filter((entry) => entry !== "./package.json")
            .map((entry) => `@keyquorum/${name}${entry.slice(1)}`);
        }),
      )
    ).flat();

  /** Imports entries in a Node of its own and returns how many names each exports. */
  const importAll = async (
    entries: readonly string[],
    where: "sdk" | "daemon",
    env: NodeJS.ProcessEnv = {},
  ): Promise<Readonly<Record<string, number>>> => {
    const script = `const out = {};
      for (const entry of ${JSON.stringify(entries)}) out[entry] = Object.keys(await import(entry)).length;
      console.log(JSON.stringify(out));`;
    const { code, output } = await runCommand("node", ["--input-type=module", "--eval", script], { cwd: places[where], env });
    expect(code, output).to.equal(0);
    return JSON.parse(output);
  };

  it("are the same bytes every time", async () => {
    const again = await packPackages({ out: places.again, only: ["threshold", "wire"] });
    const first = await packedPackages();
    for (const { name, integrity } of again) expect(first.find((one) => one.name === name)?.integrity, name).to.equal(integrity);
  });

  it("hold what was compiled, and no tests, fakes, mocks or sources", async () => {
    for (const { name, file } of await packedPackages()) {
      const files = (await runCommand("tar", ["tzf", file])).output.trim().split("\n");
      const rest = files.filter((path) => !/^package\/(dist\/.+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(path));
      expect(rest.toSorted(), name).to.deep.equal(name === "@keyquorum/runner" ? GUEST_SOURCES : []);
      expect(
        files.filter((path) => /\.test\.|mocks?\/|fakes?\//i.test(path)),
        name,
      ).to.deep.equal([]);
    }
  });

  it("import in plain Node, every entry", async () => {
    for (const [packages, where] of [
      [SDK, "sdk"],
      [DAEMON, "daemon"],
    ] as const) {
      const entries = (await entriesOf(packages, where)).filter((entry) => !NOT_IMPORTED.includes(entry));
      const exported = await importAll(entries, where);
      expect(Object.entries(exported).filter(([, names]) => names === 0)).to.deep.equal([]);
      expect(Object.keys(exported)).to.include.members(["@keyquorum/client", "@keyquorum/client/node", "@keyquorum/bindings/deploy"]);
    }
  });

  it(`import in the oldest Node that the SDK is for (${olderNode?.version ?? "SKIPPED: there is no Node 20 to 23 in PATH"})`, async function () {
    if (olderNode === undefined) return this.skip();
    const entries = (await entriesOf(SDK, "sdk")).filter((entry) => !NOT_IMPORTED.includes(entry));
    await importAll(entries, "sdk", { PATH: `${olderNode.folder}${delimiter}${process.env.PATH}` });
  });

  it("stay small: what a page loads first has less than 93 kB, gzip, without ethers", async () => {
    const [first] = await bundleFigures();
    expect(first?.target).to.equal(93);
    expect(first?.value).to.be.within(20, 93);
  });

  it("bring the daemon's binary", async () => {
    const binary = join(places.daemon, "node_modules", ".bin", "keyquorum-keeper");
    const { code, output } = await runCommand(binary, ["--version"], { cwd: places.daemon });
    expect(code, output).to.equal(0);
    expect(output.trim()).to.equal("0.1.0");
  });

  for (const [version, command, module, moduleResolution] of [
    [6, ["tsc"], "nodenext", "nodenext"],
    [7, ["node", nativeTsc(process.cwd())], "esnext", "bundler"],
  ] as const)
    it(`have declarations that a page's TypeScript ${version} reads, by ${moduleResolution}`, async () => {
      const page = `import { createMemoryBlobStore } from "@keyquorum/blobs";
        import { createClient, parseDeployment } from "@keyquorum/client";
        import { JsonRpcProvider } from "ethers";
        const client = createClient({ provider: new JsonRpcProvider(), deployment: parseDeployment({}), blobs: createMemoryBlobStore() });
        const text: string = await (await client.requestOffChain("0x")).text();
        export { text };`;
      await writeFile(join(places.sdk, "right.ts"), page);
      await writeFile(join(places.sdk, "wrong.ts"), page.replace("text: string", "text: number")); // the control
      const lib = ["es2024", "dom", "dom.iterable"];
      const compilerOptions = { noEmit: true, strict: true, target: "es2024", lib, types: [], module, moduleResolution };
      await writeFile(join(places.sdk, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["right.ts", "wrong.ts"] }));
      const [file, ...first] = command;
      const { output } = await runCommand(file, [...first, "-p", "."], { cwd: places.sdk });
      expect(output.match(/^\S.*error TS\d+/gm)).to.deep.equal([output.match(/^wrong\.ts.*error TS2322/m)?.[0]]);
    });
});
