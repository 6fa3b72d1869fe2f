// Types (what `tsc` says) and the lint rules that need types (eslint), from one program: two commands would each infer every type.
//   node scripts/checks/typesAndLint.ts
import { join } from "node:path";
import { ESLint } from "eslint";
import ts from "typescript";

const root = join(import.meta.dirname, "..", "..");

const openProgram = (): { readonly program: ts.Program; readonly errors: readonly ts.Diagnostic[] } => {
  const errors: ts.Diagnostic[] = [];
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error: ts.Diagnostic) => void errors.push(error) };
  const configuration = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), {}, host);
  if (configuration === undefined) throw new Error(`tsconfig.json cannot be read. ${textOf(errors)}`);
  const program = ts.createProgram({ rootNames: configuration.fileNames, options: configuration.options });
  return { program, errors: [...errors, ...configuration.errors, ...ts.getPreEmitDiagnostics(program)] };
};

const textOf = (errors: readonly ts.Diagnostic[]): string =>
  ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(errors), {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  });

const { program, errors } = openProgram();
const eslint = new ESLint({
  cwd: root,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false, programs: [program] } } },
});
const results = await eslint.lintFiles(["."]);
const found = [textOf(errors), await (await eslint.loadFormatter("stylish")).format(results)].filter((text) => text.trim() !== "");
if (found.length > 0) console.error(found.join("\n"));
process.exitCode = found.length === 0 ? 0 : 1;
