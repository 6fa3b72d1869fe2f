import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const INTERFACES = "contracts/interfaces";

/** An event, error or function of an interface with its NatSpec. Texts are on one line. */
export type Documented = {
  readonly file: string;
  readonly kind: "event" | "error" | "function";
  readonly name: string;
  /** As the source writes them, on one line. */
  readonly signature: string;
  readonly parameters: readonly { readonly type: string; readonly name: string }[];
  /** What stands before the first tag. */
  readonly notice: string;
  /** By the parameter's name. */
  readonly params: ReadonlyMap<string, string>;
  readonly hasReturn: boolean;
  readonly returnsSomething: boolean;
};

/** Everything that the contracts' interfaces declare, by file and place. */
export const documentedInterfaces = async (): Promise<readonly Documented[]> => {
  const files = (await readdir(INTERFACES)).filter((name) => name.endsWith(".sol")).sort();
  return (await Promise.all(files.map(async (file) => read(file, await readFile(join(INTERFACES, file), "utf8"))))).flat();
};

const read = (file: string, source: string): readonly Documented[] =>
  [...source.matchAll(/((?:^ *\/\/\/.*\n)*)^ *(event|error|function) (\w+)\(([^)]*)\)([^;]*);/gm)].map(
    ([, comment = "", kind, name = "", list = "", rest = ""]) => {
      const [notice = "", ...tags] = comment
        .replace(/^ *\/\/\/ ?/gm, "")
        .replaceAll("\n", " ")
        .split(/(?:^|\s)@(?=(?:param|return|dev|custom:\w+)\b)/);
      const parameters = list
        .split(",")
        .map((text) => text.trim().split(/\s+/))
        .filter(([type]) => type !== "")
        .map((words) => ({ type: words[0] ?? "", name: words.at(-1) ?? "" }));
      return {
        file,
        kind: kind as Documented["kind"], // safe: the pattern matches nothing else
        name,
        signature: `${name}(${list.replace(/\s+/g, " ").trim()})`,
        parameters,
        notice: notice.trim(),
        params: new Map(tags.map((tag) => /^param (\w+) (.*)/.exec(tag.trim())).map((match) => [match?.[1] ?? "", match?.[2] ?? ""])),
        hasReturn: tags.some((tag) => tag.startsWith("return ")),
        returnsSomething: /\breturns\b/.test(rest),
      };
    },
  );

/** Parameters of events and errors without @param, functions without @return, errors without a sentence. */
export const natspecProblems = async (): Promise<readonly string[]> =>
  (await documentedInterfaces()).flatMap(({ file, kind, name, parameters, notice, params, hasReturn, returnsSomething }) => {
    const at = `${file}: ${kind} ${name}`;
    if (kind === "function") return returnsSomething && !hasReturn ? [`${at} has no @return`] : [];
    return [
      ...(kind === "error" && !notice.endsWith(".") ? [`${at} has no sentence`] : []),
      ...parameters.filter((parameter) => !params.has(parameter.name)).map((parameter) => `${at} has no @param ${parameter.name}`),
    ];
  });
