import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeeperError } from "@keyquorum/keeper";
import { expect } from "chai";
import { loadExtensions } from "./loadExtensions.ts";

describe("loadExtensions", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-extensions-"));
    await writeFile(
      join(directory, "good.ts"),
      'export const createExtension = async (options: { a?: number }) => ({ name: "good " + options.a });',
    );
    await writeFile(join(directory, "none.ts"), "export const other = 1;");
    await writeFile(join(directory, "broken.ts"), "throw new Error('broken');");
  });
  after(() => rm(directory, { recursive: true }));

  const codeOf = async (module: string): Promise<string> => {
    const error = await loadExtensions([{ module, options: {} }], directory).catch((reason: unknown) => reason);
    return error instanceof KeeperError ? error.code : "no KeeperError";
  };

  it("loads modules beside the configuration file, by their own options, in order", async () => {
    const modules = [
      { module: "./good.ts", options: { a: 1 } },
      { module: join(directory, "good.ts"), options: { a: 2 } },
    ];
    expect((await loadExtensions(modules, directory)).map(({ name }) => name)).to.deep.equal(["good 1", "good 2"]);
  });
  it("loads packages by name", async () => {
    expect((await loadExtensions([{ module: "@keyquorum/testing/lyingKeeper", options: {} }], directory))[0]?.name).to.equal("lyingKeeper");
  });
  for (const module of ["./missing.ts", "./broken.ts", "no-such-package", "./none.ts"])
    it(`refuses ${module}, by code`, async () => {
      expect(await codeOf(module)).to.equal("EXTENSION_INVALID");
    });
});
