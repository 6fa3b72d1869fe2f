import { spawnSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { withCluster } from "./support/withCluster.ts";

/** The TypeScript blocks of a Markdown file, in order, as one program. */
const programOf = async (file: string): Promise<string> =>
  [...(await readFile(file, "utf8")).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block]) => block).join("\n");

/** A function's body stands further to the right than a block of it. */
const withoutIndentation = (code: string): string => code.replace(/^ +/gm, "");

for (const document of ["docs/SDK.md", "docs/PARITY.md"])
  it(`blocks of ${document} with a file name are parts of that file`, async () => {
    const root = join(import.meta.dirname, "..", "..");
    const blocks = [...(await readFile(join(root, document), "utf8")).matchAll(/^```ts (\S+)\n([\s\S]*?)^```/gm)];
    expect(blocks).not.to.have.length(0);
    for (const [, file = "", block = ""] of blocks)
      expect(withoutIndentation(await readFile(join(root, file), "utf8")), file).to.include(withoutIndentation(block));
  });

describe("examples in the documentation run as written", () => {
  const root = join(import.meta.dirname, "..", "..");
  const scratch = join(root, ".keyquorum", `examples-${process.pid}`);
  const held = withCluster({ keepers: 3, threshold: 1 }, async (cluster) => {
    await mkdir(join(scratch, "deployments"), { recursive: true });
    await writeFile(join(scratch, "deployments", "31337.json"), await readFile(cluster.deploymentFile));
    await writeFile(join(scratch, "README.md"), "# a file\n");
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  for (const [file, printed] of [
    ["README.md", ["third oak"]],
    ["docs/WALKTHROUGH.md", ["third oak", "ACCESS_DENIED"]],
    ["docs/PERMISSIONS.md", ["third oak", "fourth oak", "fifth oak", "ACCESS_DENIED"]],
    [
      "docs/SDK.md",
      [
        "third oak",
        "author verified",
        "rings: 214",
        "rings: 215",
        "fourth oak",
        "SESSION_ENDED",
        "\nchain\n",
        "AccessRevoked",
        "ACCESS_DENIED",
        "TimeoutError",
      ],
    ],
  ] as const)
    it(file, async () => {
      // Written for a chain at its usual place. ethers looks for a receipt every 4 seconds unless told otherwise.
      const provider = `new JsonRpcProvider("${held.chain.rpcUrl}", undefined, { pollingInterval: 100 })`;
      const program = (await programOf(join(root, file))).replaceAll('new JsonRpcProvider("http://127.0.0.1:8545")', provider);
      expect(program).to.include(provider).and.include("requestOffChain");
      const path = join(scratch, `${file.replaceAll("/", "-")}.ts`);
      await writeFile(path, program);
      const { status, stdout, stderr } = spawnSync(process.execPath, [path], { cwd: scratch, encoding: "utf8", timeout: 90_000 });
      expect(stderr).to.equal("");
      expect(status).to.equal(0);
      for (const words of printed) expect(stdout).to.include(words);
    });
});
