import { readFile } from "node:fs/promises";
import { type ConfigProblem, OperatorError } from "@keyquorum/daemon";
import { expect } from "chai";
import { parseConfig } from "./parseConfig.ts";

const minimal = `
dataDirectory = "data"
[chain]
rpcUrls = ["http://127.0.0.1:8545/secret-rpc-key"]
chainId = 31337
deployment = "31337.json"
[operator]
keyFile = "operator.key"
[vault]
keyFile = "/secrets/vault.key"
`;

const problemsOf = (text: string): readonly ConfigProblem[] => {
  try {
    parseConfig(text, "/etc/keeper");
  } catch (error) {
    if (error instanceof OperatorError && error.code === "CONFIG_INVALID") return error.details.problems as readonly ConfigProblem[];
    throw error;
  }
  return [];
};
const fieldsOf = (text: string): readonly string[] => problemsOf(text).map(({ field }) => field);

describe("parseConfig", () => {
  it("accepts the example file", async () => {
    const config = parseConfig(await readFile(new URL("../../keeper.example.toml", import.meta.url), "utf8"), "/etc/keeper");
    expect(config.chain.chainId).to.equal(31337n);
    expect(config.chain.finality).to.deep.equal({ kind: "finalized" });
    expect(config.limits.balanceReserveWei).to.equal(10n ** 16n);
    expect(config.operator).to.deep.equal({ kind: "keyFile", keyFile: "/etc/keeper/secrets/operator.key" });
    expect(config.vault).to.deep.equal({ kind: "passphrase", passphraseFile: "/etc/keeper/secrets/vault.passphrase" });
  });

  it("names every setting in the example file", async () => {
    const example = await readFile(new URL("../../keeper.example.toml", import.meta.url), "utf8");
    const { directory: _, ...config } = parseConfig(example, "/etc/keeper");
    for (const [section, settings] of Object.entries(config)) {
      if (typeof settings === "string") expect(example).to.match(new RegExp(`^${section} =`, "m"));
      else
        for (const setting of Object.keys(settings))
          if (setting !== "kind") expect(example, `${section}.${setting}`).to.match(new RegExp(`^#? ?${setting} =`, "m"));
    }
  });

  it("resolves paths from the file's folder and fills in defaults", () => {
    const config = parseConfig(minimal, "/etc/keeper");
    expect(config.dataDirectory).to.equal("/etc/keeper/data");
    expect(config.chain.deployment).to.equal("/etc/keeper/31337.json");
    expect(config.vault).to.deep.equal({ kind: "keyFile", keyFile: "/secrets/vault.key" });
    expect(config.http.port).to.equal(8700);
    expect(config.extensions.modules).to.deep.equal([]);
  });

  describe("factories of accounts that are not deployed", () => {
    const withFactory = (selector: string, accountCodeHash = `0x${"ab".repeat(32)}`, address = `0x${"fa".repeat(20)}`) =>
      parseConfig(
        `${minimal}\n[wallets]\nfactories = [{ address = "${address}", selector = "${selector}", accountCodeHash = "${accountCodeHash}" }]\n`,
        "/",
      );
    const problemOf = (act: () => unknown): string => {
      try {
        act();
        return "nothing";
      } catch (error) {
        return error instanceof OperatorError ? error.message : String(error);
      }
    };
    it("are none by default, and those that are listed", () => {
      expect(parseConfig(minimal, "/").wallets.factories).to.deep.equal([]);
      const listed = { address: `0x${"fa".repeat(20)}`, selector: "0x5fbfb9cf", accountCodeHash: `0x${"ab".repeat(32)}` };
      expect(withFactory("0x5FBFB9CF").wallets.factories).to.deep.equal([listed]);
    });
    it("cannot be those of Safe, whose call runs code of the caller's choice (D61)", () => {
      for (const selector of ["0x1688f0b9", "0xd18af54d", "0x61b69abd", "0xec9e80bb"])
        expect(
          problemOf(() => withFactory(selector)),
          selector,
        ).to.match(/wallets[.]factories.*cannot be listed/);
    });
    it("need a whole address, selector and hash", () => {
      for (const act of [() => withFactory("0x5fbfb9"), () => withFactory("0x5fbfb9cf", "0xab")])
        expect(problemOf(act)).to.match(/wallets[.]factories.*bytes of hex/);
      expect(problemOf(() => withFactory("0x5fbfb9cf", undefined, `0x${"Fa".repeat(20)}`))).to.match(/wallets[.]factories.*checksum/);
    });
  });

  it("attack 50: gives an operator an hour to veto an epoch unless the file says otherwise, also where it says 0", () => {
    expect(parseConfig(minimal, "/etc/keeper").epochs.minDelaySeconds).to.equal(3_600);
    expect(parseConfig(`${minimal}\n[epochs]\nminDelaySeconds = 0\n`, "/etc/keeper").epochs.minDelaySeconds).to.equal(0);
  });

  it("attack 36: waits before it erases as the contracts say unless the file says otherwise, also where it says 0", () => {
    expect(parseConfig(minimal, "/etc/keeper").epochs.eraseDelaySeconds).to.equal(undefined);
    expect(parseConfig(`${minimal}\n[epochs]\neraseDelaySeconds = 0\n`, "/etc/keeper").epochs.eraseDelaySeconds).to.equal(0);
  });

  it("reads finality as a number of confirmations", () => {
    const config = parseConfig(minimal.replace("[operator]", "finality = { confirmations = 0 }\n[operator]"), "/");
    expect(config.chain.finality).to.deep.equal({ kind: "confirmations", blocks: 0 });
  });

  it("reads extensions with and without options", () => {
    const config = parseConfig(`${minimal}\n[extensions]\nmodules = ["a", { module = "b", options = { c = 1 } }]`, "/");
    expect(config.extensions.modules).to.deep.equal([
      { module: "a", options: {} },
      { module: "b", options: { c: 1 } },
    ]);
  });

  it("names unknown keys, at the top and inside", () => {
    expect(fieldsOf(`dataDir = "x"\n${minimal}\n[http]\nprot = 1`)).to.have.members(["dataDir", "http.prot"]);
  });

  it("names what is missing", () => {
    expect(fieldsOf("")).to.have.members(["dataDirectory", "chain", "operator", "vault"]);
    expect(fieldsOf(minimal.replace("chainId = 31337", ""))).to.deep.equal(["chain.chainId"]);
  });

  for (const [name, from, to, field] of [
    ["a port above 65535", "[vault]", "[http]\nport = 70000\n[vault]", "http.port"],
    ["a port that is text", "[vault]", '[http]\nport = "80"\n[vault]', "http.port"],
    ["an RPC URL of another scheme", "http://127.0.0.1:8545/secret-rpc-key", "ftp://x", "chain.rpcUrls.0"],
    ["an empty list of RPC URLs", '["http://127.0.0.1:8545/secret-rpc-key"]', "[]", "chain.rpcUrls"],
    ["a negative chain id", "31337\n", "-1\n", "chain.chainId"],
    ["a finality that is neither", "[operator]", 'finality = "latest"\n[operator]', "chain.finality"],
    ["both operator keys", 'keyFile = "operator.key"', 'keyFile = "a"\nkeystoreFile = "b"\npassphraseFile = "c"', "operator"],
    ["a keystore without passphrase", 'keyFile = "operator.key"', 'keystoreFile = "b"', "operator"],
    ["no key for the vault", 'keyFile = "/secrets/vault.key"', "", "vault"],
    ["a reserve that is no number", "[vault]", '[limits]\nbalanceReserveWei = "1e18"\n[vault]', "limits.balanceReserveWei"],
    ["a share of a core that is none", "[vault]", "[limits]\nbulkWorkShare = 1.5\n[vault]", "limits.bulkWorkShare"],
    ["a deadline above what the protocol allows", "[vault]", "[limits]\nmaxDeadlineSeconds = 601\n[vault]", "limits.maxDeadlineSeconds"],
    ["a least threshold that no key has", "[vault]", "[epochs]\nminThreshold = 0\n[vault]", "epochs.minThreshold"],
    ["an unknown log level", "[vault]", '[log]\nlevel = "loud"\n[vault]', "log.level"],
  ] as const)
    it(`refuses ${name}`, () => {
      expect(minimal).to.include(from);
      expect(fieldsOf(minimal.replace(from, to))).to.deep.equal([field]);
    });

  it("says where a file is no TOML", () => {
    expect(fieldsOf("dataDirectory = = 1")).to.deep.equal(["line 1, column 17"]);
  });

  it("never repeats a wrong value: it might be a secret in the wrong place", () => {
    const problems = problemsOf(
      minimal
        .replace("chainId = 31337", 'chainId = "canary-value"')
        .replace('keyFile = "operator.key"', 'keyFile = "x"\nkey = "canary-value"'),
    );
    expect(problems).to.have.length(2);
    expect(JSON.stringify(problems)).not.to.include("canary");
  });
});
