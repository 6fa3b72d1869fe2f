import { expect } from "chai";
import type { Command } from "commander";
import { createProgram } from "./program.ts";

const allCommands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allCommands)];

/** The help as it is printed, with what stands after it. */
const helpOf = (command: Command): string => {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
};

describe("the command line", () => {
  const commands = allCommands(createProgram());

  it("has the commands that its documents name", () => {
    expect(commands.map((command) => command.name())).to.deep.equal([
      ...[
        "keyquorum-keeper",
        "init",
        "run",
        "status",
        "backup",
        "identity",
        "new",
        "list",
        "operator",
        "replace",
        "veto",
        "repair",
        "mirror",
        "resume",
        "audit",
        "verify",
        "export",
        "restart",
        "prune",
        "boot",
        "advance",
        "config",
        "check",
      ],
    ]);
  });
  for (const command of commands)
    it(`${command.name()} --help says what it does, how t is meant (D54), and shows examples`, () => {
      const help = helpOf(command);
      expect(help).to.include("t keepers together learn nothing; t+1 are needed");
      expect(help).to.match(/Examples:\n {2}\$ keyquorum-keeper/);
      expect(command.description()).not.to.equal("");
    });
  for (const name of ["init", "status", "new", "list", "replace", "veto", "repair", "verify", "prune", "check"])
    it(`${name} prints JSON when asked`, () => {
      expect(commands.find((command) => command.name() === name)?.options.map(({ long }) => long)).to.include("--json");
    });
  it("takes no secret as an argument", () => {
    for (const command of commands) for (const { long } of command.options) expect(long).not.to.match(/pass|secret|private|=key/i);
  });
});
