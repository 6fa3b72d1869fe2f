import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { codeOf, createPlace } from "../testing/fixtures.ts";
import { createFiles } from "./files.ts";
import { holdWriterLock } from "./writerLock.ts";

describe("holdWriterLock", () => {
  const place = createPlace();
  const path = join(place.directory, "writer.lock");
  before(() => createFiles(place.directory));
  after(() => place.remove());

  it("lets one hold it, and says VAULT_LOCKED to the next", async () => {
    const lock = holdWriterLock(path);
    expect(await codeOf(() => holdWriterLock(path))).to.equal("VAULT_LOCKED");
    lock.release();
    holdWriterLock(path).release();
  });

  it("says what the disk says when it is not held", async () => {
    expect(await codeOf(() => holdWriterLock(join(place.directory, "none/writer.lock")))).to.equal("VAULT_IO");
    writeFileSync(path, "no database at all, and longer than its header would be: ".repeat(10));
    expect(await codeOf(() => holdWriterLock(path))).to.equal("VAULT_TAMPERED");
  });
});
