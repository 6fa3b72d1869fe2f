import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { createAccountKey, openAccountKey } from "./accountKey.ts";
import { OperatorError } from "./operatorError.ts";

const WHOSE = { whose: "runner" } as const;
const wallet = new Wallet(`0x${"07".repeat(32)}`);

describe("An account's key", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-key-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const failure = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof OperatorError)) throw new Error("expected an OperatorError", { cause: error });
    expect(error.message).not.to.include("07070707").and.not.include("canary");
    return error.code;
  };

  it("is opened from a keystore of other programs, with the password of a file", async () => {
    const keystoreFile = await file("key.json", encryptKeystoreJsonSync(wallet, "canary", { scrypt: { N: 1_024, r: 8, p: 1 } }));
    const passphraseFile = await file("password", "canary\n");
    expect((await openAccountKey({ kind: "keystore", keystoreFile, passphraseFile }, WHOSE)).address).to.equal(wallet.address);
    const other = await file("other", "another canary");
    expect(await failure(openAccountKey({ kind: "keystore", keystoreFile, passphraseFile: other }, WHOSE))).to.equal("WRONG_PASSPHRASE");
    const none = await file("none.json", "{}");
    expect(await failure(openAccountKey({ kind: "keystore", keystoreFile: none, passphraseFile }, WHOSE))).to.equal("SECRET_FILE_INVALID");
  });

  it("is made where none is, for its owner's eyes only, and opens again", async () => {
    const source = { kind: "keystore", keystoreFile: join(folder, "new.json"), passphraseFile: await file("new", "canary") } as const;
    const ifThere = (): OperatorError => new OperatorError("THERE", "It is there.");
    const made = await createAccountKey(source, { ...WHOSE, ifThere });
    expect((await stat(source.keystoreFile)).mode & 0o777).to.equal(0o600);
    expect((await openAccountKey(source, WHOSE)).address).to.equal(made.address);
    expect(await failure(createAccountKey(source, { ...WHOSE, ifThere }))).to.equal("THERE");
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).to.deep.equal([]);
  });

  it("is whole where it is: a process that cannot write it, or is killed, leaves none in its place", async () => {
    const keyFile = join(folder, "cut.key");
    const program = `const { createAccountKey } = await import(${JSON.stringify(new URL("./accountKey.ts", import.meta.url).href)});
      await createAccountKey({ kind: "keyFile", keyFile: ${JSON.stringify(keyFile)} }, { whose: "runner", ifThere: () => new Error("there") });`;
    const { status, signal } = spawnSync("/bin/sh", [
      "-c",
      'ulimit -c 0; ulimit -f 0; exec "$0" --input-type=module --eval "$1"',
      process.execPath,
      program,
    ]);
    expect(status === 0 && signal === null).to.equal(false);
    expect(await stat(keyFile).catch((error: NodeJS.ErrnoException) => error.code)).to.equal("ENOENT");
    const source = { kind: "keyFile", keyFile } as const;
    const made = await createAccountKey(source, { ...WHOSE, ifThere: () => new OperatorError("THERE", "It is there.") });
    expect((await openAccountKey(source, WHOSE)).address).to.equal(made.address);
  });
});
