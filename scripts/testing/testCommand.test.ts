import { join } from "node:path";
import { expect } from "chai";
import { TestFileError, testCommandOf } from "./testCommand.ts";

const root = join(import.meta.dirname, "..", "..");
const commandOf = (file: string, grep?: string) => testCommandOf(file, { root, ...(grep === undefined ? {} : { grep }) });

describe("the runner of a test file", () => {
  const files = [
    ["unit", "mocha", "packages/wire/src/ids.test.ts"],
    ["unit", "mocha", "packages/vault/src/sealing/sealer.test.ts"],
    ["unit", "mocha", "scripts/testing/testCommand.test.ts"],
    ["contract", "hardhat", "test/contracts/libraries/VesFraud.test.ts"],
    ["invariant", "hardhat", "test/invariants/ShareRequests.t.sol"],
    ["system", "mocha", "test/system/killRounds.test.ts"],
  ] as const;
  for (const [kind, command, file] of files)
    it(`of ${file} is ${command}, as for every ${kind} test`, () => {
      const chosen = commandOf(file);
      expect([chosen.kind, chosen.command]).to.deep.equal([kind, command]);
      expect(chosen.args).to.include(file);
    });

  it("is given one file: no configured spec beside it", () => {
    for (const [, , file] of files.filter(([, command]) => command === "mocha")) {
      const { args } = commandOf(file);
      expect(args).to.include("--no-config");
      expect(args.filter((arg) => arg.includes("*"))).to.deep.equal([]);
    }
  });

  it("keeps the configured options, and ends a system test's processes", () => {
    expect(commandOf("packages/wire/src/ids.test.ts").args.join(" ")).to.include("--reporter test/reporter.cjs");
    expect(commandOf("test/system/killRounds.test.ts").args).to.include("--exit");
  });

  it("takes an invariant's handler with it", () => {
    expect(commandOf("test/invariants/ShareRequests.t.sol").args).to.include("test/invariants/ShareRequestsHandler.sol");
    expect(commandOf("test/invariants/ReaderSessions.t.sol").args.filter((arg) => arg.includes("Handler"))).to.deep.equal([]);
  });

  it("takes an absolute path", () => {
    expect(commandOf(join(root, "packages/wire/src/ids.test.ts"))).to.deep.equal(commandOf("packages/wire/src/ids.test.ts"));
  });

  it("looks for a title as it is written, not as a pattern", () => {
    expect(commandOf("packages/wire/src/ids.test.ts", "a (b)").args).to.include("a \\(b\\)");
  });

  it("does not exist for a file that is missing, no test, or outside of the repository", () => {
    for (const file of [
      "packages/wire/src/none.test.ts",
      "packages/wire/src/ids.ts",
      "test/invariants/World.sol",
      "../ids.test.ts",
      "test",
    ])
      expect(() => commandOf(file), file).to.throw(TestFileError);
  });
});
