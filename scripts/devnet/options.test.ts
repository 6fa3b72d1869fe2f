import { expect } from "chai";
import { DevnetOptionError, parityPorts, parseDevnetOptions } from "./options.ts";

describe("the options of devnet", () => {
  const parse = (line: string) => {
    const parsed = parseDevnetOptions([...line.split(" ").filter((word) => word !== ""), "--patience", "1"]);
    if (parsed === "help") throw new Error("help");
    return parsed;
  };
  const sentence = (line: string): string => {
    try {
      parse(line);
      return "taken";
    } catch (error) {
      if (error instanceof DevnetOptionError) return error.message;
      throw error;
    }
  };

  it("are five keepers with t = 2 and no Parity, and help where it is asked for", () => {
    expect(parse("")).to.deep.equal({ keepers: 5, threshold: 2, spare: 0, port: undefined, patience: 1, parity: undefined });
    expect([parse("--keepers 3").threshold, parse("--keepers 4").threshold, parse("--keepers 9").threshold]).to.deep.equal([1, 1, 2]);
    expect([parseDevnetOptions(["--help"]), parseDevnetOptions(["--keepers", "x", "-h"])]).to.deep.equal(["help", "help"]);
  });

  it("give each keeper a key server, and as many agents as ports are named", () => {
    const acl = "0x00a329c0648769a73afac7f9381e08fb43dbea72";
    expect(parse("--parity --keepers 3").parity).to.deep.equal({
      ...{ keystore: undefined, acl: undefined, keyServerPort: 8082, agentPorts: [9545] },
    });
    const { parity } = parse(`--parity --keystore keys --acl ${acl} --key-server-port 12001 --agent-port 1 --agent-port 2`);
    expect(parity).to.deep.equal({ keystore: "keys", acl, keyServerPort: 12_001, agentPorts: [1, 2] });
    expect(parse("--parity --acl none").parity?.acl).to.equal("none");
    expect(parityPorts({ keyServerPort: 8, agentPorts: [2] }, 2)).to.deep.equal([
      { port: 8, option: "--key-server-port" },
      { port: 9, option: "--key-server-port" },
      { port: 2, option: "--agent-port" },
    ]);
  });

  for (const [line, what] of [
    ["--keepers 0", /^--keepers must be a whole number from 1 to 16, not "0"\.$/],
    ["--keepers 17", /^--keepers /],
    ["--keepers 3 --threshold 2", /^--threshold 2 with --keepers 3: it must be 1 <= T, 2T\+1 <= N <= 16\.$/],
    ["--keepers 2 --threshold 1", /^--threshold 1 with --keepers 2/],
    ["--threshold 0", /^--threshold must be/],
    ["--spare 12", /^--spare 12: all keepers together may be 16/],
    ["--port 65536", /^--port must be/],
    ["--nothing", /'--nothing'/],
    ["--acl none", /^--acl means something with --parity only\.$/],
    ["--agent-port 1", /^--agent-port means something with --parity only\.$/],
    ["--parity --acl 0x12", /^--acl must be "none", or 0x and 40 hex digits .*, not "0x12"\.$/],
    ["--parity --acl 0x00A329c0648769A73afAc7F9381E08FB43dBEA71", /^--acl must be/],
    ["--parity --key-server-port 0", /^--key-server-port must be/],
    ["--parity --key-server-port 65533", /5 keepers take the ports from there on, and 65535 is the last/],
    ["--parity --key-server-port 9541", /^Port 9545 is asked for twice: key servers have 9541 to 9545\.$/],
    ["--parity --agent-port 7 --agent-port 7", /^Port 7 is asked for twice/],
    ["--parity --agent-port 12x", /^--agent-port must be a whole number from 1 to 65535, not "12x"\.$/],
  ] as const)
    it(`refuse "${line}" in one sentence`, () => expect(sentence(line)).to.match(what));

  it("refuse fewer than three keepers with --parity, who share no server key, however many wait", () => {
    for (const keepers of ["--keepers 2", "--keepers 1", "--keepers 2 --spare 5"])
      expect(sentence(`--parity ${keepers}`)).to.match(
        /^--parity needs 3 keepers at least: fewer share no server key\. --keepers is [12]\.$/,
      );
  });
});
