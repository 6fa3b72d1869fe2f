import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

const BYTES = 96 * 1024 * 1024 + 12_345;

describe("A large file", () => {
  it("is encrypted, stored, read and decrypted without being held: `npm run test:large` does it with 10 GB", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-large-"));
    try {
      const program = fileURLToPath(new URL("../fakes/largeFile.ts", import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=64", program, String(BYTES), folder]);
      const { bytes, peakBeforeMiB, peakMiB } = JSON.parse(stdout) as Record<string, number>;
      expect(bytes).to.equal(BYTES);
      expect(peakBeforeMiB).to.be.above(20); // the control: memory was measured
      expect((peakMiB ?? 0) - (peakBeforeMiB ?? 0)).to.be.below(48); // half of the file would show
      expect(await readdir(folder)).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
