import { expect } from "chai";
import { runCommand } from "./support/runCommand.ts";

describe("examples/", () => {
  it("hardhat: a project's own tests read from a real cluster through @keyquorum/hardhat", async () => {
    const { code, output } = await runCommand("hardhat", ["test", "mocha"], { cwd: "examples/hardhat" });
    expect(code, output).to.equal(0);
    expect(output).to.match(/3 passing/);
    expect(output).not.to.match(/failing|pending/);
  });

  it("hardhat: keepers read and answer on a chain whose date is in the past, by HTTP and on chain", async () => {
    const { code, output } = await runCommand("hardhat", ["test", "mocha", "--network", "past", "--grep", "a member reads"], {
      cwd: "examples/hardhat",
    });
    expect(code, output).to.equal(0);
    expect(output).to.match(/2 passing/);
  });
});
