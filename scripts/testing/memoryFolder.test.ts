import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeMemoryFolder } from "./memoryFolder.ts";

describe("a folder in memory for the folders of tests", () => {
  const place = mkdtempSync(join(tmpdir(), "keyquorum-place-"));
  after(() => rmSync(place, { recursive: true }));

  it("should be an empty one of its own, where there is room", () => {
    const folders = [makeMemoryFolder(place, 1), makeMemoryFolder(place, 1)];
    expect(new Set(folders).size).to.equal(2);
    for (const folder of folders) expect(readdirSync(folder ?? "none")).to.deep.equal([]);
  });

  it("should be none, and leave nothing, where there is no such place or too little room", () => {
    const before = readdirSync(place);
    expect(makeMemoryFolder(join(place, "nothing"), 1)).to.equal(undefined);
    expect(makeMemoryFolder(place, Number.MAX_VALUE)).to.equal(undefined);
    expect(readdirSync(place)).to.deep.equal(before);
  });
});
