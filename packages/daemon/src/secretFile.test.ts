import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { OperatorError } from "./operatorError.ts";
import { readHexKeyFile, readSecretFile } from "./secretFile.ts";

describe("readSecretFile", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-secret-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (content: string, mode = 0o600): Promise<string> => {
    const path = join(folder, "secret");
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof OperatorError)) throw new Error("expected an OperatorError");
    expect(error.message + JSON.stringify(error.details)).not.to.include("canary");
    return error.code;
  };

  it("returns the content without line ends", async () => {
    expect(Buffer.from(await readSecretFile(await file("pass phrase \r\n\n"), "x")).toString()).to.equal("pass phrase ");
  });
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644])
    it(`refuses mode ${mode.toString(8)}`, async () => {
      expect(await codeOf(readSecretFile(await file("canary", mode), "x"))).to.equal("SECRET_FILE_UNSAFE");
    });
  it("refuses a file that is not there", async () => {
    expect(await codeOf(readSecretFile(join(folder, "none"), "x"))).to.equal("SECRET_FILE_MISSING");
  });
  it("refuses a folder and an empty file", async () => {
    await chmod(folder, 0o700);
    expect(await codeOf(readSecretFile(folder, "x"))).to.equal("SECRET_FILE_INVALID");
    expect(await codeOf(readSecretFile(await file("\n"), "x"))).to.equal("SECRET_FILE_INVALID");
  });
  it("refuses a file that is too long", async () => {
    expect(await codeOf(readSecretFile(await file("canary".repeat(20_000)), "x"))).to.equal("SECRET_FILE_INVALID");
  });

  it("reads 32 bytes of hex with or without 0x", async () => {
    expect(await readHexKeyFile(await file(`0x${"Ab".repeat(32)}\n`), "x")).to.deep.equal(new Uint8Array(32).fill(0xab));
    expect(await readHexKeyFile(await file("00".repeat(32)), "x")).to.deep.equal(new Uint8Array(32));
  });
  for (const content of ["canary", "ab".repeat(31), "ab".repeat(33), `0x0x${"ab".repeat(31)}`, `${"ab".repeat(31)}zz`])
    it(`refuses ${content.slice(0, 8)}.. (${content.length} characters) as a key`, async () => {
      expect(await codeOf(readHexKeyFile(await file(content), "x"))).to.equal("SECRET_FILE_INVALID");
    });
});
