import { expect } from "chai";
import { parseBlocklessManifest, parseBlsToml } from "./parseBlockless.ts";

describe("A Blockless project", () => {
  it("says where its build is, what it may ask, and how much memory it has; what says nothing here is listed", () => {
    const read = parseBlsToml(`
      name = "weather"
      version = "1.0.0"
      type = "text"
      [deployment]
      permission = "public"
      nodes = 1
      permissions = ["https://api.example/"]
      [build]
      dir = "build"
      entry = "debug.wasm"
      command = "npm run build:debug"
      [build_release]
      dir = "build"
      entry = "release.wasm"
      command = "npm run build:release"
    `);
    expect([read.module, read.permissions, read.limits, read.secrets]).to.deep.equal([
      { file: "build/release.wasm" },
      ["https://api.example/"],
      {},
      [],
    ]);
    expect(read.notUsed).to.have.members([
      ...["name", "version", "type", "deployment.permission", "deployment.nodes", "build.dir", "build.entry", "build.command"],
      ...["build_release.command"],
    ]);
  });

  it("has a manifest.json of its build", () => {
    const read = parseBlocklessManifest(
      JSON.stringify({
        entry: "app.wasm",
        permissions: ["https://a.example/x"],
        limited_memory: 30,
        limited_fuel: 1_000_000,
        hooks: [],
        drivers: {},
      }),
    );
    expect([read.module, read.permissions, read.limits, read.notUsed]).to.deep.equal([
      { file: "app.wasm" },
      ["https://a.example/x"],
      { memoryPages: 30, fuel: 1_000_000 },
      ["hooks"],
    ]);
  });

  it("is refused with the field where it is not what it should be", () => {
    const field = (read: () => unknown): unknown => {
      try {
        return read();
      } catch (error) {
        return (error as { readonly details: { readonly field: string } }).details.field;
      }
    };
    for (const [name, text] of [
      ["The manifest", "{"],
      ["The manifest", "[]"],
      ["entry", '{"entry":7}'],
      ["permissions", '{"permissions":"https://a.example"}'],
      ["limited_memory", '{"limited_memory":-1}'],
      ["limited_fuel", '{"limited_fuel":1.5}'],
    ] as const)
      expect(
        field(() => parseBlocklessManifest(text)),
        text,
      ).to.equal(name);
    expect(field(() => parseBlsToml("a = "))).to.equal("The manifest");
  });
});
