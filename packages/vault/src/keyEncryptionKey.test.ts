import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { DEFAULT_PASSPHRASE_PARAMETERS, keyFromFile, keyFromPassphrase } from "./keyEncryptionKey.ts";
import { bytes, codeOf, createPlace } from "./testing/fixtures.ts";

describe("keyFromPassphrase", () => {
  it("derives 32 bytes that depend on passphrase and salt", async () => {
    const derive = (passphrase: string, salt: Uint8Array) => {
      const key = keyFromPassphrase(passphrase);
      return key.derive(key.newDerivation(salt));
    };
    const key = await derive("correct horse", bytes(1));
    expect(key.length).to.equal(32);
    expect(await derive("correct horse", bytes(1))).to.deep.equal(key);
    expect(await derive("correct horse", bytes(2))).to.not.deep.equal(key);
    expect(await derive("wrong horse", bytes(1))).to.not.deep.equal(key);
  });

  it("reads the same passphrase in both Unicode forms", async () => {
    const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"].map((passphrase) => keyFromPassphrase(passphrase));
    const derivation = keyFromPassphrase("x").newDerivation(bytes(1));
    expect(await composed?.derive(derivation)).to.deep.equal(await decomposed?.derive(derivation));
  });

  it("refuses an empty passphrase", async () => {
    expect(await codeOf(() => keyFromPassphrase(""))).to.equal("VAULT_WEAK_KEY");
  });

  for (const weaker of [
    { memory: 65_535 },
    { passes: 2 },
    { parallelism: 0 },
    { memory: Number.NaN },
    { memory: 2 ** 31 },
    { passes: 2.5 },
  ]) {
    it(`refuses ${JSON.stringify(weaker)}, given or stored`, async () => {
      const parameters = { ...DEFAULT_PASSPHRASE_PARAMETERS, ...weaker };
      expect(await codeOf(() => keyFromPassphrase("correct horse", parameters))).to.equal("VAULT_WEAK_KEY");
      const stored = { kind: "passphrase", salt: bytes(1), ...parameters } as const;
      expect(await codeOf(() => keyFromPassphrase("correct horse").derive(stored))).to.equal("VAULT_WEAK_KEY");
    });
  }

  it("refuses a stored salt that is too short", async () => {
    const stored = { kind: "passphrase", salt: bytes(1, 15), ...DEFAULT_PASSPHRASE_PARAMETERS } as const;
    expect(await codeOf(() => keyFromPassphrase("correct horse").derive(stored))).to.equal("VAULT_WEAK_KEY");
  });
});

describe("keyFromFile", () => {
  const place = createPlace();
  after(() => place.remove());
  const write = (name: string, content: string | Uint8Array, mode = 0o600) => {
    const path = join(place.root, name);
    writeFileSync(path, content, { mode });
    return path;
  };
  const keyOf = async (path: string) => (await keyFromFile(path)).derive({ kind: "file" });

  it("reads 32 raw bytes, and 64 hex digits with or without 0x and a line end", async () => {
    expect(await keyOf(write("raw", bytes(0xab)))).to.deep.equal(bytes(0xab));
    expect(await keyOf(write("hex", `${"ab".repeat(32)}\n`))).to.deep.equal(bytes(0xab));
    expect(await keyOf(write("0x", `0x${"AB".repeat(32)}`))).to.deep.equal(bytes(0xab));
  });

  for (const [what, content] of [
    ["nothing", ""],
    ["31 bytes", bytes(1, 31)],
    ["33 bytes", bytes(1, 33)],
    ["63 digits", "a".repeat(63)],
    ["65 digits", "a".repeat(65)],
    ["letters", "g".repeat(64)],
    ["a long text", "ab".repeat(4096)],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await codeOf(() => keyFromFile(write("bad", content)))).to.equal("VAULT_WEAK_KEY");
    });
  }

  for (const mode of [0o640, 0o604, 0o660]) {
    it(`refuses mode ${mode.toString(8)}`, async () => {
      expect(await codeOf(() => keyFromFile(write(`mode${mode}`, bytes(1), mode)))).to.equal("VAULT_PERMISSIONS");
    });
  }

  it("refuses a file that is not there, and a vault that was made with a passphrase", async () => {
    expect(await codeOf(() => keyFromFile(join(place.root, "none")))).to.equal("VAULT_WRONG_KEY");
    const key = await keyFromFile(place.keyFile);
    const stored = { kind: "passphrase", salt: bytes(1), ...DEFAULT_PASSPHRASE_PARAMETERS } as const;
    expect(await codeOf(() => key.derive(stored))).to.equal("VAULT_WRONG_KEY");
  });
});
