// `npm run check`: all static checks. Two at a time; prints a failing check's output and continues, so that one run shows everything.
//   npm run check -- [--part sources|types]   the half that needs no compiled contracts, or the other; one check at a time
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { contractSentencesProblems } from "./checks/contractSentences.ts";
import { decisionProblems } from "./checks/decisions.ts";
import { dutyProblems } from "./checks/duties.ts";
import { kernelBoundsProblems } from "./checks/kernel/limbBounds.ts";
import { kernelSecretsProblems } from "./checks/kernel/secrets.ts";
import { kernelBytesProblems } from "./checks/kernelBytes.ts";
import { manifestProblems } from "./checks/manifests.ts";
import { mapProblems } from "./checks/map.ts";
import { natspecProblems } from "./checks/natspec.ts";
import { userContractErrorsProblems } from "./checks/userContractErrors.ts";

type Check = { readonly name: string; readonly run: () => Promise<string | undefined> };

/** A command as a check: its output if it fails. */
const command = (name: string, file: string, ...args: string[]): Check => ({
  name,
  run: () =>
    new Promise((resolve) => {
      const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (data: Buffer) => {
          output += data.toString();
        });
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code) => resolve(code === 0 ? undefined : output));
    }),
});

/** A list of problems as a check. */
const problems = (name: string, find: () => Promise<readonly string[]>): Check => ({
  name,
  run: async () => {
    const found = await find();
    return found.length === 0 ? undefined : found.join("\n");
  },
});

const build = command("contracts compile", process.execPath, "scripts/compile.mjs");
/** What is checked with the types that the compilation of the contracts generates. */
const types: readonly Check[] = [
  command("types, and lint with types (oxlint)", "oxlint"), // TypeScript 7: what `tsc` says, and the rules of .oxlintrc.json
  command("import rules", "depcruise", "--output-type", "err-long", "packages", "tasks", "scripts", "test"),
  problems("generated documentation is fresh", async () => {
    const [{ errorsDocumentProblems }, { tasksDocumentProblems }] = await Promise.all([
      import("./checks/errorsDocument.ts"), // they load the generated types
      import("./checks/tasksDocument.ts"),
    ]);
    return [...(await errorsDocumentProblems()), ...(await tasksDocumentProblems())];
  }),
];
const sources: readonly Check[] = [
  command("format and lint (biome)", "biome", "ci", "--colors=off", "."),
  command("format of contracts (prettier)", "prettier", "--check", "contracts/**/*.sol", "test/invariants/*.sol"),
  command("lint of contracts (solhint)", "solhint", "--disc", "--noPoster", "contracts/**/*.sol"),
  problems("package manifests against the import rules", manifestProblems),
  problems("events and duties", dutyProblems),
  problems("@param, @return and sentences of the interfaces", natspecProblems),
  problems("sentences of the contracts' errors are fresh", contractSentencesProblems),
  problems("errors of contracts that users deploy are fresh", userContractErrorsProblems),
  problems("cited decisions", decisionProblems),
  problems("map of CONTRIBUTING", mapProblems),
  problems("the kernel is what its sources compile to", kernelBytesProblems),
  problems("the kernel takes no branch and no address from a secret", kernelSecretsProblems),
  problems("bounds of the kernel's limbs", kernelBoundsProblems),
];

let failed = 0;
const runAll = async (list: readonly Check[], width: number): Promise<void> => {
  const queue = [...list];
  const work = async (): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const started = Date.now();
      const output = await check.run();
      console.log(`${output === undefined ? "ok    " : "FAILED"} ${check.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      if (output === undefined) continue;
      failed += 1;
      console.log(output.trimEnd());
    }
  };
  await Promise.all(Array.from({ length: width }, work));
};

const { part } = parseArgs({ options: { part: { type: "string" } } }).values;
if (part === undefined) {
  await runAll([build], 1);
  if (failed === 0) await runAll([...types, ...sources], 2);
} else if (part === "sources") await runAll(sources, 1);
else if (part === "types") await runAll([build, ...types], 1);
else {
  console.error("--part must be sources or types.");
  process.exit(2);
}
process.exit(failed === 0 ? 0 : 1);
