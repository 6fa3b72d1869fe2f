import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { OperatorError } from "./operatorError.ts";

type Issue = {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
};

/** A field that is wrong and what to do about it. */
export type ConfigProblem = { readonly field: string; readonly problem: string };

const fieldOf = (path: readonly PropertyKey[]): string => path.map(String).join(".") || "(file)";

const problemsOf = (issues: readonly Issue[]): readonly ConfigProblem[] =>
  issues.flatMap((issue): readonly ConfigProblem[] => {
    if (issue.code === "unrecognized_keys")
      return (issue.keys ?? []).map((key) => ({
        field: fieldOf([...issue.path, key]),
        problem: "unknown key; remove it or correct its name",
      }));
    return [{ field: fieldOf(issue.path), problem: issue.message }];
  });

/** The failure that names each field of a configuration that is wrong. */
export const invalidConfig = (problems: readonly ConfigProblem[], options: { readonly cause?: unknown } = {}) =>
  new OperatorError(
    "CONFIG_INVALID",
    `The configuration is not usable. Correct: ${problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}`,
    { problems },
    options,
  );

const readToml = (text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0] ?? "not TOML";
    throw invalidConfig([{ field: `line ${error.line}, column ${error.column}`, problem: reason }]);
  }
};

/** Reads TOML by a schema. Throws OperatorError CONFIG_INVALID, whose `details.problems` names each field and what to do. */
export const parseTomlConfig = <Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> => {
  const parsed = schema.safeParse(readToml(text), {
    error: (issue) => (issue.code === "invalid_type" && issue.input === undefined ? "is missing; add it" : undefined),
  });
  if (!parsed.success) throw invalidConfig(problemsOf(parsed.error.issues as readonly Issue[]));
  return parsed.data;
};

/**
 * The text of a configuration file. Throws OperatorError CONFIG_UNREADABLE.
 * @param example the file to begin with, as the message names it
 */
export const readConfigText = async (file: string, example: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new OperatorError(
      "CONFIG_UNREADABLE",
      `The configuration file ${file} cannot be read. Copy ${example} there and adapt it, or name another file with --config.`,
      { file },
      { cause },
    );
  }
};
