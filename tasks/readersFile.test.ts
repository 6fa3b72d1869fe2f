import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readReadersFile } from "./readersFile.ts";
import { UsageError } from "./usageError.ts";

const [bob, carol] = [`0x${"b0".repeat(20)}`, `0x${"ca".repeat(20)}`];
const NOW = new Date("2026-12-01T00:00:00Z");

describe("A readers file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-readers-"));
    file = join(folder, "readers.txt");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const read = async (text: string) => {
    await writeFile(file, text);
    return readReadersFile(file, NOW);
  };

  it("names readers, with ends and without, as spreadsheets write it too", async () => {
    const until = new Date(NOW.getTime() + 86_400_000);
    const expected = [{ reader: bob }, { reader: carol, until }];
    expect(await read(`# ours\n${bob}\n\n ${carol} , 1d \n`)).to.deep.equal(expected);
    expect(await read(`\ufeff${bob},\r\n${carol},1d,,\r\n`)).to.deep.equal(expected);
  });

  for (const [what, line] of [
    ["a date that is none", `${carol}, tomorrow`],
    ["a day that the calendar has not", `${carol}, 2027-13-45`],
    ["a date that has passed", `${carol}, 2020-01-01`],
    ["an address that is none", "0x12, 1d"],
    ["more than an end", `${carol}, 1d, 2d`],
  ] as const)
    it(`says in which line there is ${what}`, async () => {
      const error = await read(`# ours\n${bob}\n${line}\n`).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(UsageError).with.property("message").that.includes("readers.txt, line 3:");
    });
});
