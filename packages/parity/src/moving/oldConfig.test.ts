import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { parse } from "smol-toml";
import { describeOldConfig, OldConfigError, readOldConfig } from "./oldConfig.ts";
import { createParityProgram } from "./parityProgram.ts";

/** The configuration that Ocean ran. */
const OCEAN = join(
  dirname(createRequire(import.meta.url).resolve("@oceanprotocol/secret-store-client/package.json")),
  "barge/networks/secret-store/config/config.toml.save",
);
const ADDRESS = "ab".repeat(20);

const verdictsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readOldConfig(text).verdicts.map(({ key, verdict }) => [key, verdict]));
const of = (line: string) => readOldConfig(`[secretstore]\nacl_contract = "${ADDRESS}"\n${line}`);

describe("an old configuration", () => {
  it("Ocean's own: each of its keys has a verdict, and what it leaves open is said", async () => {
    const text = await readFile(OCEAN, "utf8");
    expect(verdictsOf(text)).to.deep.equal({
      ...{ self_secret: "replaced", disable: "honoured", disable_http: "honoured", http_interface: "honoured", http_port: "honoured" },
      ...{
        acl_contract: "refused",
        server_set_contract: "replaced",
        nodes: "replaced",
        interface: "replaced",
        port: "replaced",
        path: "replaced",
      },
    });
    const { options, toDecide } = readOldConfig(text);
    expect(options).to.deep.equal({ keyServer: { host: "0.0.0.0", port: 12_001 } });
    expect(toDecide.join()).to.match(/option permissions must be the address.*option keyServer.authors must be/s);
    const printed = describeOldConfig(readOldConfig(text));
    expect(printed, "no secret, no node").not.to.match(/a1345ed0|7cb22f9a|172[.]15/);
    expect(parse(printed)).to.deep.equal({ extensions: { modules: [{ module: "@keyquorum/parity/extension", options }] } });
  });

  it("is carried over: interface, port, shift, contract and origins", () => {
    expect(of('http_interface = "local"').options).to.deep.equal({
      permissions: `0x${ADDRESS}`,
      keyServer: { host: "127.0.0.1", port: 8082 },
    });
    expect(of("http_port = 9000\n[misc]\nports_shift = 3").options.keyServer).to.deep.equal({ port: 9_003 });
    expect(of('cors = "none"').options.keyServer.corsOrigins).to.deep.equal([]);
    expect(of('cors = ["all"]').options.keyServer.corsOrigins).to.deep.equal(["*"]);
    expect(of('cors = "https://a, https://b"').options.keyServer.corsOrigins).to.deep.equal(["https://a", "https://b"]);
    expect(of(`admin_public = "0x${"AB".repeat(64)}"`).options.keyServer.adminPublic).to.equal("ab".repeat(64));
    expect(verdictsOf(`[secretstore]\nadmin_public = "ab"`).admin_public).to.equal("refused");
    expect(of("").toDecide, "nothing is left").to.deep.equal([]);
    expect(readOldConfig(`[secretstore]\nacl_contract = "none"`).options.permissions).to.equal("none");
  });

  it("carries service contracts over, each once, and says what is left to decide about them", () => {
    const other = "be".repeat(20);
    const { options, toDecide } = of(
      `service_contract = "${ADDRESS}"\nservice_contract_srv_gen = "${ADDRESS}"\nservice_contract_doc_store = "0x${other.toUpperCase()}"`,
    );
    const services = [`0x${ADDRESS}`, `0x${other}`].map((contract) => ({ contract, fromBlock: 0 }));
    expect(options.services).to.deep.equal(services);
    expect(toDecide).to.have.length(2);
    expect(toDecide.join()).to.match(/set fromBlock to the contract/);
    expect(readOldConfig(`[secretstore]\nacl_contract = "none"\nservice_contract = "${ADDRESS}"`).toDecide.join()).to.match(
      /option services/,
    );
  });

  it("refuses by name, with a reason, what would mean something else here", () => {
    for (const [line, key] of [
      ["disable = true", "disable"],
      ["disable_http = true", "disable_http"],
      ['service_contract = "registry"', "service_contract"],
      ['service_contract_srv_gen = "srv"', "service_contract_srv_gen"],
      ['http_interface = "eth0"', "http_interface"],
      ["http_port = 70000", "http_port"],
      ["cors = 1", "cors"],
      ["secret = 1", "secret"],
      ["toString = 1", "toString"],
    ] as const)
      expect(of(line).verdicts.find((verdict) => verdict.key === key)?.verdict, line).to.equal("refused");
    for (const acl of ['"registry"', '"0x12"', "1"])
      expect(verdictsOf(`[secretstore]\nacl_contract = ${acl}`).acl_contract, acl).to.equal("refused");
    expect(verdictsOf("[secretstore]").acl_contract, "by its default").to.equal("refused");
    expect(verdictsOf('[secretstore]\nacl_contract = "none"\nhttp_interface = "all"').acl_contract).to.equal("refused");
    expect(verdictsOf('[secretstore]\nservice_contract = "none"').service_contract).to.equal("honoured");
  });

  it("that is none says so, with the line, and no more of it", () => {
    for (const [text, message] of [
      ["[parity]", /no section \[secretstore\]/],
      ["secretstore = 1", /no section/],
      ['[secretstore]\nself_secret = "canary', /not valid TOML: see line 2/],
    ] as const) {
      let error: unknown;
      try {
        readOldConfig(text);
      } catch (reason) {
        error = reason;
      }
      expect(error).to.be.instanceOf(OldConfigError);
      expect((error as Error).message)
        .to.match(message)
        .and.not.to.include("canary");
    }
  });

  it("keyquorum-parity config prints it, and exits with 3 where something is left to decide", async () => {
    const before = process.exitCode;
    try {
      let printed = "";
      const run = (...args: readonly string[]) =>
        createParityProgram((text) => (printed += text)).parseAsync(["node", "parity", "config", OCEAN, ...args]);
      await run("--json");
      expect(Object.keys(JSON.parse(printed) as object)).to.deep.equal(["verdicts", "options", "toDecide"]);
      printed = "";
      await run();
      expect(printed).to.match(/^# .*\n\n\[\[extensions.modules\]\]/s);
      expect(process.exitCode).to.equal(3);
    } finally {
      process.exitCode = before ?? 0;
    }
  });
});
