import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";

/** A kind of test file: which files it has, and what runs them. */
export type TestKind = "unit" | "contract" | "invariant" | "system";

export type TestCommand = { readonly kind: TestKind; readonly command: string; readonly args: readonly string[] };

export type TestCommandOptions = {
  /** The repository, or a copy of it. */
  readonly root: string;
  /** Only the tests whose titles contain this. */
  readonly grep?: string;
};

const KINDS: readonly (readonly [kind: TestKind, files: string, pattern: RegExp])[] = [
  [
    "unit",
    "packages/*/src/**/*.test.ts, tasks/**/*.test.ts, scripts/**/*.test.ts, test/random/**/*.test.ts",
    /^(packages\/[^/]+\/src|tasks|scripts|test\/random)\/.*[.]test[.]ts$/,
  ],
  ["contract", "test/contracts/**/*.test.ts", /^test\/contracts\/.*[.]test[.]ts$/],
  ["invariant", "test/invariants/*.t.sol", /^test\/invariants\/[^/]+[.]t[.]sol$/],
  ["system", "test/system/**/*.test.ts", /^test\/system\/.*[.]test[.]ts$/],
];

export class TestFileError extends Error {
  override readonly name = "TestFileError";
}

/** Picks the runner of one test file by its path. Throws a TestFileError when there is no such file or none of the runners takes it. */
export const testCommandOf = (file: string, { root, grep }: TestCommandOptions): TestCommand => {
  const path = relative(root, isAbsolute(file) ? file : join(root, file))
    .split(sep)
    .join("/");
  const kind = KINDS.find(([, , pattern]) => pattern.test(path))?.[0];
  if (!existsSync(join(root, path))) throw new TestFileError(`There is no file ${path} in ${root}.`);
  if (kind === undefined) {
    const known = KINDS.map(([name, files]) => `  ${name.padEnd(9)} ${files}`).join("\n");
    throw new TestFileError(`${path} is not a test file that a runner takes. Test files are:\n${known}`);
  }
  return { kind, ...runnerOf(kind, path, { root, ...(grep === undefined ? {} : { grep }) }) };
};

const runnerOf = (kind: TestKind, path: string, { root, grep }: TestCommandOptions): Omit<TestCommand, "kind"> => {
  const pattern = grep === undefined ? [] : ["--grep", escapeForGrep(grep)];
  switch (kind) {
    case "unit":
      return { command: "mocha", args: [...mochaOptions(join(root, ".mocharc.json")), ...pattern, path] };
    case "system":
      return { command: "mocha", args: [...mochaOptions(join(root, "test", "system", ".mocharc.json")), ...pattern, path] };
    case "contract":
      return { command: "hardhat", args: ["test", "mocha", ...pattern, path] };
    case "invariant":
      return { command: "hardhat", args: ["test", "solidity", ...pattern, path, ...handlerOf(root, path)] };
  }
};

/** A mocha configuration without its `spec`: mocha runs the configured files beside those that it is given. */
export const mochaOptions = (configFile: string): readonly string[] => {
  const { spec: _, ...options }: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(configFile, "utf8"));
  return [
    "--no-config",
    ...Object.entries(options).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)])),
  ];
};

/** The file of an invariant test's handler, if it has one: Hardhat calls only what it was told to compile. */
const handlerOf = (root: string, path: string): readonly string[] => {
  const handler = path.replace(/[.]t[.]sol$/, "Handler.sol");
  return existsSync(join(root, handler)) ? [handler] : [];
};

const escapeForGrep = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
