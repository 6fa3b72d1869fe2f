import { execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { FileExistsError, writeAtomically } from "./index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => "no error").catch((error: unknown) => error);
const codeOf = async (work: Promise<unknown>): Promise<unknown> => {
  const error = await errorOf(work);
  return error instanceof KeyquorumError ? error.code : error;
};

async function* failing(): AsyncGenerator<Uint8Array> {
  yield bytes("half of it");
  throw new Error("cut off");
}

describe("writeAtomically", () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-files-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("writes a file whole, readable by its owner only, and counts it", async () => {
    expect(await writeAtomically(at("deep", "er", "copy"), bytes("all of it"))).to.equal(9);
    expect(await readFile(at("deep", "er", "copy"), "utf8")).to.equal("all of it");
    expect((await stat(at("deep", "er", "copy"))).mode & 0o777).to.equal(0o600);
    expect(await readdir(at("deep", "er"))).to.deep.equal(["copy"]);
  });

  it("leaves nothing behind when the stream fails, and what was there as it was", async () => {
    expect(await errorOf(writeAtomically(at("copy"), failing()))).to.have.property("message", "cut off");
    expect(await readdir(folder)).to.deep.equal([]);
    await writeFile(at("copy"), "old");
    await errorOf(writeAtomically(at("copy"), failing(), { replace: true }));
    expect(await readFile(at("copy"), "utf8")).to.equal("old");
    expect(await readdir(folder)).to.deep.equal(["copy"]);
  });

  it("replaces a file only when it is told to, also one that is made meanwhile", async () => {
    await writeFile(at("copy"), "old");
    expect(await errorOf(writeAtomically(at("copy"), bytes("new"))))
      .to.be.instanceOf(FileExistsError)
      .with.property("code", "FILE_EXISTS");
    await writeAtomically(at("copy"), bytes("new"), { replace: true });
    expect(await readFile(at("copy"), "utf8")).to.equal("new");
    async function* overtaken(): AsyncGenerator<Uint8Array> {
      yield bytes("ours");
      await writeFile(at("late"), "theirs");
    }
    expect(await codeOf(writeAtomically(at("late"), overtaken()))).to.equal("FILE_EXISTS");
    expect(await readFile(at("late"), "utf8")).to.equal("theirs");
  });

  describe("over what is not a regular file", () => {
    const refuses = async (path: string): Promise<void> => {
      const before = await lstat(path);
      for (const options of [{}, { replace: true }]) {
        expect(await codeOf(writeAtomically(path, bytes("the secret"), options)), JSON.stringify(options)).to.equal("INVALID_VALUE");
        const after = await lstat(path);
        expect([after.ino, after.mode, after.rdev]).to.deep.equal([before.ino, before.mode, before.rdev]);
      }
    };

    it("refuses a pipe", async () => {
      execFileSync("mkfifo", [at("pipe")]);
      await refuses(at("pipe"));
    });

    it("refuses a device", async () => {
      await refuses("/dev/null");
    });

    it("refuses a socket", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
      await refuses(at("socket"));
      await new Promise((resolve) => server.close(resolve));
    });

    it("refuses a folder, however it is spelled", async () => {
      await mkdir(at("folder"));
      for (const path of [at("folder"), `${at("folder")}/`, `${folder}/folder/.`, `${folder}/folder/..`, folder]) await refuses(path);
    });

    it("refuses a pipe that takes the file's place while it is written", async () => {
      await writeFile(at("copy"), "old");
      async function* swapped(): AsyncGenerator<Uint8Array> {
        yield bytes("new");
        await rm(at("copy"));
        execFileSync("mkfifo", [at("copy")]);
      }
      expect(await codeOf(writeAtomically(at("copy"), swapped(), { replace: true }))).to.equal("INVALID_VALUE");
      expect((await lstat(at("copy"))).isFIFO()).to.equal(true);
      expect(await readdir(folder)).to.deep.equal(["copy"]);
    });

    it("refuses a symbolic link, wherever it leads, and leaves it and its end as they are", async () => {
      await mkdir(at("elsewhere"));
      await writeFile(at("file"), "old");
      await writeFile(at("elsewhere", "file"), "old");
      const ends = {
        file: at("file"),
        device: "/dev/null",
        nowhere: at("nothing"),
        away: at("elsewhere", "file"),
        folder: at("elsewhere"),
      };
      for (const [name, end] of Object.entries(ends)) {
        await symlink(end, at(`to-${name}`));
        await refuses(at(`to-${name}`));
        expect(await readlink(at(`to-${name}`))).to.equal(end);
      }
      for (const path of [at("file"), at("elsewhere", "file")]) expect(await readFile(path, "utf8")).to.equal("old");
      expect(await codeOf(lstat(at("nothing")))).to.have.property("code", "ENOENT");
    });

    it("follows links among the folders on the way", async () => {
      await mkdir(at("real"));
      await symlink(at("real"), at("linked"));
      await writeAtomically(at("linked", "copy"), bytes("x"));
      expect(await readFile(at("real", "copy"), "utf8")).to.equal("x");
    });
  });

  describe("a name", () => {
    for (const [what, name] of [
      ["85 letters of 3 bytes", "あ".repeat(85)],
      ["63 letters of 4 bytes", "𝒜".repeat(63)],
      ["255 letters of 1 byte", "n".repeat(255)],
    ] as const)
      it(`of ${what} can be written, and replaced`, async () => {
        await writeAtomically(at(name), bytes("one"));
        await writeAtomically(at(name), bytes("two"), { replace: true });
        expect(await readdir(folder)).to.deep.equal([name]);
      });

    for (const [count, name] of [
      [256, "n".repeat(256)],
      [258, "あ".repeat(86)],
      [765, "あ".repeat(255)],
    ] as const)
      it(`of ${count} bytes is refused with a sentence that counts them, before anything is read`, async () => {
        let isRead = false;
        async function* content(): AsyncGenerator<Uint8Array> {
          isRead = true;
          yield bytes("x");
        }
        for (const path of [at(name), at(name, "file")]) {
          const error = await errorOf(writeAtomically(path, content()));
          expect(error).to.have.property("code", "INVALID_VALUE");
          expect(error).to.have.property("message").that.includes(`${count} bytes`);
        }
        expect(isRead).to.equal(false);
        expect(await readdir(folder)).to.deep.equal([]);
      });

    it("that names nothing is refused", async () => {
      for (const path of ["", ".", "..", "a\0b", undefined as unknown as string, 7 as unknown as string])
        expect(await codeOf(writeAtomically(path, bytes("x"))), JSON.stringify(path)).to.equal("INVALID_VALUE");
    });
  });

  it("tells a system's failure as an error of ours, with the reason", async () => {
    await writeFile(at("file"), "x");
    expect(await codeOf(writeAtomically(at("file", "below"), bytes("x")))).to.equal("FILE_FAILED");
    expect(await codeOf(writeAtomically("/proc/nothing-here", bytes("x")))).to.equal("FILE_FAILED");
    const tooDeep = join(folder, ...Array.from({ length: 60 }, () => "d".repeat(100)), "file");
    expect(await errorOf(writeAtomically(tooDeep, bytes("x"))))
      .to.have.property("message")
      .that.matches(/it has \d+ bytes, 4 of them/);
  });

  it("refuses pieces that are no bytes, and leaves nothing behind", async () => {
    for (const piece of ["text", new Uint16Array([0x0102, 2]), new Float64Array([1.5]), undefined, [1]]) {
      async function* content(): AsyncGenerator<Uint8Array> {
        yield piece as unknown as Uint8Array; // what a caller without types may give
      }
      expect(await codeOf(writeAtomically(at("copy"), content()))).to.equal("INVALID_VALUE");
    }
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
