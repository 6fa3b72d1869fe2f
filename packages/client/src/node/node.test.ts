import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_NAMES, forEachContract } from "@keyquorum/bindings";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { readAll } from "../bytes.ts";
import {
  deploymentPath,
  FileExistsError,
  fileContent,
  readDeployment,
  readDeploymentFile,
  writeAtomically,
  writeDeploymentFile,
} from "./index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* failing(): AsyncGenerator<Uint8Array> {
  yield bytes("half of it");
  throw new Error("cut off");
}

describe("Files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-client-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("are written whole, readable by their owner only, and counted", async () => {
    const path = join(folder, "deep", "er", "copy");
    expect(await writeAtomically(path, bytes("all of it"))).to.equal(9);
    expect(await readFile(path, "utf8")).to.equal("all of it");
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(join(folder, "deep", "er"))).to.deep.equal(["copy"]);
  });

  it("are not there at all when their stream fails", async () => {
    const error = await writeAtomically(join(folder, "copy"), failing()).catch((caught: unknown) => caught);
    expect(error).to.have.property("message", "cut off");
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("are never replaced unasked, and stay as they were when the new content fails", async () => {
    const path = join(folder, "copy");
    await writeFile(path, "old");
    expect(await writeAtomically(path, bytes("new")).catch((caught: unknown) => caught)).to.be.instanceOf(FileExistsError);
    await writeAtomically(path, failing(), { replace: true }).catch(() => undefined);
    expect(await readFile(path, "utf8")).to.equal("old");
    await writeAtomically(path, bytes("new"), { replace: true });
    expect(await readFile(path, "utf8")).to.equal("new");
  });

  it("become documents with their name", async () => {
    await writeFile(join(folder, "rings.png"), "pixels");
    const { content, bytes: length } = await fileContent(join(folder, "rings.png"));
    expect(length).to.equal(6);
    expect(content).to.have.property("name", "rings.png");
    const { file } = content as { file: AsyncIterable<Uint8Array> }; // what fileContent makes
    expect(await readAll(file, 100, () => new Error("too long"))).to.deep.equal(bytes("pixels"));
  });

  it("that are missing or are folders are refused", async () => {
    for (const path of [join(folder, "nothing"), folder]) {
      expect(await fileContent(path).catch((caught: unknown) => caught))
        .to.be.instanceOf(KeyquorumError)
        .with.property("code", "INVALID_VALUE");
    }
  });

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
