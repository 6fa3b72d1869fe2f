import { readFile } from "node:fs/promises";
import { expect } from "chai";

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
};

const read = async (path: string): Promise<Manifest> => JSON.parse(await readFile(path, "utf8"));
const directOf = ({ dependencies, devDependencies }: Manifest): Readonly<Record<string, string>> => ({
  ...dependencies,
  ...devDependencies,
});

/** What the example needs beside what it names: peers of packages of others, whose ranges the registry resolves to what is newest that day. */
const unpinnedPeers = async (direct: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const missing: string[] = [];
  for (const name of Object.keys(direct)) {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = await read(`node_modules/${name}/package.json`);
    for (const peer of Object.keys(peerDependencies))
      if (peerDependenciesMeta[peer]?.optional !== true && direct[peer] === undefined) missing.push(`${peer} (peer of ${name})`);
  }
  return missing;
};

describe("What examples/hardhat installs outside of this repository", () => {
  it("names each peer of its packages: a lock file hides what the registry would give", async () => {
    expect(await unpinnedPeers(directOf(await read("examples/hardhat/package.json")))).to.deep.equal([]);
  });

  it("is what is tested here: exact versions, and those of this repository", async () => {
    for (const [name, wanted] of Object.entries(directOf(await read("examples/hardhat/package.json")))) {
      const installed = await read(`node_modules/${name}/package.json`);
      expect(wanted.replace(/^npm:.*@/, ""), name).to.equal(installed.version);
    }
  });

  it("sees a peer that is not named (control)", async () => {
    const { "@nomicfoundation/hardhat-ethers": _, ...rest } = directOf(await read("examples/hardhat/package.json"));
    expect((await unpinnedPeers(rest)).join()).to.match(/^@nomicfoundation\/hardhat-ethers /);
  });
});
