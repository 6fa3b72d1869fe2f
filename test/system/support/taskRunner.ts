import { expect } from "chai";
import { tasks } from "../../../tasks/index.ts";

export type Result = { readonly ok: boolean; readonly stdout: string; readonly stderr: string; readonly json: () => unknown };
type Action = (args: object, hre: object, streams: object) => Promise<{ readonly success: boolean }>;

/** Runs a task as Hardhat would: its own registration and defaults, in this process. */
export const createRunner =
  (root: string, fixed: () => object) =>
  async (name: string, args: Readonly<Record<string, unknown>> = {}): Promise<Result> => {
    const id = `keyquorum ${name}`;
    const definition = tasks.find((task) => task.id.join(" ") === id);
    if (definition === undefined || !("action" in definition) || definition.action === undefined)
      throw new Error(`There is no task ${id}.`);
    const given: Record<string, unknown> = { ...fixed(), ...args };
    for (const { name: option, defaultValue } of [...Object.values(definition.options), ...definition.positionalArguments])
      given[option] ??= defaultValue;
    const text = { stdout: "", stderr: "" };
    const into = (stream: keyof typeof text) => ({
      write: (part: string | Uint8Array) => {
        text[stream] += typeof part === "string" ? part : Buffer.from(part).toString();
      },
    });
    const { default: action } = (await definition.action()) as { default: Action };
    const hre = { globalOptions: {}, config: { paths: { root }, networks: {} } };
    const { success } = await action(given, hre, { stdout: into("stdout"), stderr: into("stderr") });
    return { ok: success, ...text, json: () => JSON.parse(text.stdout) as unknown };
  };

/** What the tests read of the commands' JSON. */
export type Printed = {
  readonly slot: number;
  readonly contracts: object;
  readonly keepers: readonly { readonly endpoint: string }[];
  readonly members: readonly number[];
  readonly status: string;
  readonly sid: string;
  readonly publicKeyAddress: string;
  readonly document: string;
  readonly version: number;
  readonly cid: string;
  readonly used: readonly number[];
  readonly content: string;
  readonly receiving: { readonly epoch: number; readonly removed: readonly number[] };
  readonly former: string;
  readonly identityKey: string;
  readonly revoked: boolean;
  readonly transaction: string | null;
};
export type PrintedError = {
  readonly code: string;
  readonly error?: string;
  readonly failure?: string;
  readonly culprits?: readonly { readonly slot: number; readonly fault: string }[];
};

/** What a command with --json printed. Fails the test when the command failed. */
export const okJson = (result: Result): Printed => {
  expect(result.ok, `${result.stdout}${result.stderr}`).to.equal(true);
  return result.json() as Printed; // the fields that the command is to print; a missing one fails the assertion on it
};
/** The error that it printed. Fails the test when the command succeeded. */
export const errorOf = (result: Result): PrintedError => {
  expect(result.ok, result.stdout).to.equal(false);
  return (result.json() as { readonly error: PrintedError }).error; // as above
};
export const codeOf = (result: Result): string => errorOf(result).code;
