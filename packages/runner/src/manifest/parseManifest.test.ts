import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { parseManifest } from "./parseManifest.ts";

const HASH = `0x${"ab".repeat(32)}`;
const OWNER = `0x${"a1".repeat(20)}`;
const CID = `b${"a".repeat(58)}`;

const fault = (text: string): string => {
  try {
    parseManifest(text);
  } catch (error) {
    expect(error).to.be.instanceOf(KeyquorumError).with.property("code", "INVALID_MANIFEST");
    return `${(error as KeyquorumError).details.field}: ${(error as Error).message}`;
  }
  return "read";
};

describe("keyquorum.toml", () => {
  it("says what is run, with what, and how far", () => {
    const manifest = parseManifest(`
      args = ["--count", "3"]
      permissions = ["https://api.example/v1/"]
      [module]
      cid = "${CID}"
      hash = "${HASH}"
      [[secrets]]
      name = "API_KEY@3"
      owner = "${OWNER}"
      as = "env"
      [[secrets]]
      name = "TLS.key"
      document = "${HASH}"
      as = "file"
      path = "tls/key.pem"
      [[secrets]]
      name = "RARELY"
      owner = "${OWNER}"
      as = "open"
      [limits]
      cpuMs = 500
      fuel = 1000000
    `);
    expect(manifest).to.deep.equal({
      module: { cid: CID, hash: HASH },
      secrets: [
        { name: "API_KEY", version: 3, source: { owner: OWNER }, delivery: { as: "env", variable: "API_KEY" } },
        { name: "TLS.key", source: { document: HASH }, delivery: { as: "file", path: "tls/key.pem" } },
        { name: "RARELY", source: { owner: OWNER }, delivery: { as: "open" } },
      ],
      ...{ args: ["--count", "3"], limits: { cpuMs: 500, fuel: 1_000_000 }, permissions: ["https://api.example/v1/"], notUsed: [] },
    });
  });

  it("needs no more than a module", () => {
    expect(parseManifest('[module]\nfile = "a.wasm"').module).to.deep.equal({ file: "a.wasm" });
  });

  it("refuses what it does not know or cannot mean, names the field, and repeats no value", () => {
    const secret = (fields: string): string => `[module]\nfile = "a.wasm"\n[[secrets]]\n${fields}`;
    const mine = `owner = "${OWNER}"`;
    for (const [field, text] of [
      ["The manifest", "[module\n"],
      ["module", ""],
      ["modul", '[module]\nfile = "a.wasm"\n[modul]'],
      ["module", "[module]"],
      ["module", `[module]\nfile = "a.wasm"\ncid = "${CID}"`],
      ["module.hash", `[module]\ncid = "${CID}"`],
      ["module.cid", `[module]\ncid = "Qm${"a".repeat(44)}"\nhash = "${HASH}"`],
      ["module.hash", '[module]\nfile = "a.wasm"\nhash = "0x12"'],
      ["limits.cpuSeconds", '[module]\nfile = "a.wasm"\n[limits]\ncpuSeconds = 1'],
      ["limits.cpuMs", '[module]\nfile = "a.wasm"\n[limits]\ncpuMs = 0'],
      ["secrets.0.name", secret(`name = "a b"\n${mine}\nas = "env"`)],
      ["secrets.0.name", secret(`name = "A@0"\n${mine}\nas = "env"`)],
      ["secrets.0.as", secret(`name = "A"\n${mine}\nas = "argument"`)],
      ["secrets.0", secret('name = "A"\nas = "env"')],
      ["secrets.0", secret(`name = "A"\n${mine}\ndocument = "${HASH}"\nas = "env"`)],
      ["secrets.0.owner", secret('name = "A"\nowner = "0x12"\nas = "env"')],
      ["secrets.0.variable", secret(`name = "A"\n${mine}\nas = "file"\nvariable = "B"`)],
      ["secrets.0.path", secret(`name = "A"\n${mine}\nas = "env"\npath = "b"`)],
      ["secrets.0.value", secret(`name = "A"\n${mine}\nas = "env"\nvalue = "sk-0123456789"`)],
      ["secrets.1", secret(`name = "A"\n${mine}\nas = "env"\n[[secrets]]\nname = "A@2"\n${mine}\nas = "open"`)],
      ["secrets.1", secret(`name = "A"\n${mine}\nas = "env"\n[[secrets]]\nname = "B"\n${mine}\nas = "env"\nvariable = "A"`)],
    ] as const) {
      const said = fault(text);
      expect(said.startsWith(`${field}:`), `${text}: ${said}`).to.equal(true);
      expect(said).not.to.include("sk-0123456789");
    }
  });
});
