import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { formIn, formsOf, searchFolder, searchProcesses } from "./canary.ts";

const [KEPT, OTHER] = ["sk/kept+0123456789=", "sk/other+9876543210="];

describe("The search for a secret that something wrote down", () => {
  it("should find every form of it, wherever it stands, and no other text", () => {
    const forms = formsOf(KEPT);
    for (const [name, written] of [
      ["as it is", `.. ${KEPT} ..`],
      ["UTF-16", Buffer.from(`ab${KEPT}`, "utf16le")],
      ["hex", Buffer.from(`.${KEPT}.`).toString("hex")],
      ["hex in capitals", Buffer.from(KEPT).toString("hex").toUpperCase()],
      ["URL encoding", `?key=${encodeURIComponent(KEPT)}&`],
      ...["", ".", ".."].map((before) => ["base64", Buffer.from(`${before}${KEPT}.`).toString("base64")] as const),
    ] as const) {
      expect(formIn(Buffer.from(written), forms), name).to.equal(name);
      expect(formIn(Buffer.from(written), formsOf(OTHER)), name).to.equal(undefined);
    }
  });

  it("should look into the files of a folder, and say which", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-canary-"));
    try {
      await writeFile(join(folder, "log"), `{"key":"${KEPT}"}`);
      await writeFile(join(folder, "other"), OTHER);
      const { places, found } = searchFolder(folder, formsOf(KEPT));
      expect([places, found]).to.deep.equal([2, [`${join(folder, "log")} (as it is)`]]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("should look at arguments and environments, and at open files that nothing leads to any more", async function () {
    if (process.platform !== "linux") return this.skip();
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-canary-"));
    const file = join(folder, "open");
    await writeFile(file, KEPT);
    const program = `const f = require("node:fs"); f.openSync(process.argv[1]); f.rmSync(process.argv[1]); console.log("open"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--eval", program, file, OTHER], {
      env: { SECOND: Buffer.from(OTHER).toString("hex") },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      expect(searchProcesses(process.pid, formsOf(KEPT)).found.join()).to.match(new RegExp(`^/proc/${child.pid}/fd/\\d+ \\(as it is\\)$`));
      const places = searchProcesses(process.pid, formsOf(OTHER)).found;
      expect(places).to.deep.equal([`/proc/${child.pid}/cmdline (as it is)`, `/proc/${child.pid}/environ (hex)`]);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    }
  });
});
