import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { readAll } from "../content/bytes.ts";
import { parseContent } from "../content/content.ts";
import { fileContent } from "./index.ts";

const dice = rollDice("client/node/fileContent");
const LARGE = 3 * 1024 * 1024 + 17;
/** Made once: they take half a second. */
const large = dice.bytes(LARGE);
const others = large.toReversed();

const readIt = async ({ content }: Awaited<ReturnType<typeof fileContent>>): Promise<Uint8Array> =>
  readAll(parseContent(content).bytes, 2 ** 30, () => new Error("too long"));
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof KeyquorumError ? error.code : error),
  );

describe("fileContent", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-file-"));
    file = join(folder, "rings.png");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const length of [0, 6, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, LARGE])
    it(`gives a file of ${length} bytes back, with its name and size`, async () => {
      const bytes = large.subarray(0, length);
      await writeFile(file, bytes);
      const found = await fileContent(file);
      expect(found.bytes).to.equal(length);
      expect(parseContent(found.content).metadata).to.deep.equal({ kind: "file", name: "rings.png", size: length });
      expect(Buffer.compare(await readIt(found), bytes)).to.equal(0);
    });

  it("reads files of which the system says that they are empty, or longer than they are", async () => {
    for (const path of ["/proc/self/cmdline", "/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/notes"]) {
      const there = await readFile(path).catch(() => undefined);
      if (there === undefined || there.length === 0) continue; // not every kernel has it; /proc/version is everywhere
      const found = await fileContent(path);
      expect(found.bytes, path).to.equal(there.length);
      expect(Buffer.compare(await readIt(found), there), path).to.equal(0);
    }
    expect((await fileContent("/proc/version")).bytes).to.be.greaterThan(0);
  });

  const changes: Readonly<Record<string, () => Promise<void>>> = {
    "grows by a byte": () => appendFile(file, "x"),
    "is cut": () => truncate(file, LARGE - 1),
    "is emptied": () => truncate(file, 0),
    "is written again with other bytes": () => writeFile(file, others),
    "is touched": () => utimes(file, 1, 1),
    "is replaced by one that is as long": async () => {
      await writeFile(`${file}2`, others);
      await rename(`${file}2`, file);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`notices that a large file ${what} before it is read`, async () => {
      await writeFile(file, large);
      const found = await fileContent(file);
      await change();
      expect(await codeOf(readIt(found))).to.equal("INVALID_VALUE");
    });

    it(`notices that a large file ${what} while it is read`, async () => {
      await writeFile(file, large);
      const { content } = await fileContent(file);
      const pieces = parseContent(content).bytes[Symbol.asyncIterator]();
      await pieces.next();
      await change();
      const rest = async (): Promise<void> => {
        while ((await pieces.next()).done !== true);
      };
      const isReplaced = what === "is replaced by one that is as long"; // the one that is open stays as it was: nothing is mixed
      expect(await codeOf(rest())).to.equal(isReplaced ? "no error" : "INVALID_VALUE");
    });
  }

  it("refuses what is missing, and what is not a regular file, without waiting", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await symlink("/dev/null", join(folder, "link"));
    for (const path of [join(folder, "nothing"), folder, join(folder, "pipe"), join(folder, "link"), "/dev/null", "a\0b"])
      expect(await codeOf(fileContent(path)), JSON.stringify(path)).to.equal("INVALID_VALUE");
  });
});
