import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SolidityHooks } from "hardhat/types/hooks";
import type { CompilerInput } from "hardhat/types/solidity";

/** Hardhat names our files so when it asks the compiler. */
const INVARIANTS = "project/test/invariants/";

/**
 * Three things Hardhat has no setting for: no code of contracts where only the Solidity tests are compiled, which deploy those that are there;
 * quiet warnings of dependencies; generated types that Node can run as they are.
 */
export default async (): Promise<Partial<SolidityHooks>> => ({
  invokeSolc: async (context, compiler, input, version, next) => {
    const output = await next(context, compiler, withoutContracts(input), version);
    if (output.errors)
      output.errors = output.errors.filter((error) => error.severity !== "warning" || !/--> npm\//.test(error.formattedMessage ?? ""));
    return output;
  },
  build: async (context, rootFiles, options, next) => {
    const result = await next(context, rootFiles, options);
    await trimTypes(join(context.config.paths.root, "typechain-types"));
    return result;
  },
});

/** Of the tests' files alone. What is asked for of any other file, its tree too, makes the compiler generate the code of its contracts. */
const withoutContracts = (input: CompilerInput): CompilerInput => {
  const tests = Object.keys(input.sources).filter((name) => name.startsWith(INVARIANTS));
  const { "*": wanted } = input.settings.outputSelection;
  if (tests.length === 0 || wanted === undefined) return input;
  return { ...input, settings: { ...input.settings, outputSelection: Object.fromEntries(tests.map((name) => [name, wanted])) } };
};

/**
 * TypeChain writes `./X.js`; Node runs the `.ts` files themselves, so the specifiers must say `.ts`. Solidity's own names of types go: nothing reads
 * them, and every page would load them.
 */
const trimTypes = async (dir: string): Promise<void> => {
  for (const file of await readdir(dir, { recursive: true }).catch(() => [])) {
    if (!file.endsWith(".ts")) continue;
    const path = join(dir, file);
    const before = await readFile(path, "utf8");
    const after = before.replace(/(from\s+['"]\.{1,2}\/[^'"]+)\.js(['"])/g, "$1.ts$2").replace(/^\s*"internalType": "[^"]*",\n/gm, "");
    if (after !== before) await writeFile(path, after);
  }
};
