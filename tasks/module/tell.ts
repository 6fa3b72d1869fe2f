import { writeAtomically } from "@keyquorum/client/node";
import type { RunRecordBody } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";

/** A run that is over, as a task tells it. */
export type ToldRun = {
  readonly outcome: unknown;
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly used: Readonly<Record<string, number>>;
  readonly record?: RunRecordBody;
};

/** Prints what the module printed, keeps the record in the file that was named, and returns all of it for --json. */
export const tell = async (
  { outcome, exitCode, stdout, stderr, used, record }: ToldRun,
  args: { readonly record: string | undefined },
  { terminal }: Pick<TaskContext, "terminal">,
): Promise<unknown> => {
  if (!terminal.isJson) {
    terminal.write(stdout);
    if (stderr.length > 0) terminal.progress(Buffer.from(stderr).toString());
  }
  terminal.progress(`Exit code ${exitCode}; ${Math.round(used.cpuMs ?? 0)} ms of CPU, ${Math.round(used.wallMs ?? 0)} ms in all`);
  if (record !== undefined && args.record !== undefined) {
    await writeAtomically(args.record, new TextEncoder().encode(`${JSON.stringify(record, undefined, 2)}\n`), { replace: false });
    terminal.progress(`Wrote ${args.record}: npx hardhat keyquorum module verify ${args.record}`);
  }
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  return { outcome, exitCode, used, stdoutBase64: text(stdout), stderrBase64: text(stderr), ...(record === undefined ? {} : { record }) };
};
