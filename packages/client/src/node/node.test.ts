import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_NAMES, forEachContract } from "@keyquorum/bindings";
import { expect } from "chai";
import { deploymentPath, readDeployment, readDeploymentFile, writeDeploymentFile } from "./index.ts";

describe("Files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-client-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe("of deployments", () => {
    const address = (digit: string): `0x${string}` => `0x${digit.repeat(40)}`;
    const deployment = {
      chainId: 31337n,
      genesisHash: `0x${"ab".repeat(32)}`,
      block: 7,
      blockHash: `0x${"cd".repeat(32)}`,
      contracts: forEachContract((name) => address((CONTRACT_NAMES.indexOf(name) + 1).toString(16))),
    } as const;

    it("are read back as they were written, by chain id", async () => {
      await writeDeploymentFile(deploymentPath(31337n, folder), deployment);
      expect(await readDeployment(31337n, folder)).to.deep.equal(deployment);
    });

    it("say what is wrong with them", async () => {
      const path = join(folder, "1.json");
      const codeOf = async (): Promise<unknown> => readDeploymentFile(path).catch((caught: unknown) => (caught as { code: unknown }).code);
      expect(await codeOf()).to.equal("INVALID_VALUE");
      await writeFile(path, "{");
      expect(await codeOf()).to.equal("INVALID_VALUE");
      await writeFile(path, "{}");
      expect(await codeOf()).to.equal("INVALID_DEPLOYMENT");
    });
  });
});
