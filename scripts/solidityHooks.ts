import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SolidityHooks } from "hardhat/types/hooks";

/** Two things Hardhat has no setting for: quiet warnings of dependencies; generated types that Node can run as they are. */
export default async (): Promise<Partial<SolidityHooks>> => ({
  invokeSolc: async (context, compiler, input, version, next) => {
    const output = await next(context, compiler, input, version);
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
