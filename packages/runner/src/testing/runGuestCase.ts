import { KeyquorumError } from "@keyquorum/wire";
import { checkModule, type Runner } from "../run/createRunner.ts";
import type { RunResult } from "../run/oneRun.ts";
import type { Expected, Guest } from "./guests/index.ts";
import { wat } from "./wat.ts";

/** What became of a guest. `fault`: what should not have happened, or undefined. */
export type GuestReport = {
  readonly outcome: string;
  readonly exitCode: number | undefined;
  readonly ms: number;
  readonly cpuMs: number;
  readonly bytes: number;
  readonly result: RunResult | undefined;
  readonly fault: string | undefined;
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const isAs = (expected: Expected, refusal: KeyquorumError | undefined, result: RunResult | undefined): boolean => {
  if ("refusal" in expected) return refusal?.code === expected.refusal && refusal.message.includes(expected.says ?? "");
  if (result === undefined) return false;
  if ("limit" in expected) return result.outcome.kind === "limit" && result.outcome.limit === expected.limit;
  return (
    result.outcome.kind === expected.ends &&
    (expected.exitCode === undefined || result.exitCode === expected.exitCode) &&
    (expected.stdout === undefined || text(result.stdout) === expected.stdout) &&
    (expected.stderr === undefined || text(result.stderr) === expected.stderr)
  );
};

/** Runs one guest as an operator's runner would, and says whether what must happen did. */
export const runGuestCase = async (runner: Runner, guest: Guest): Promise<GuestReport> => {
  const bytes = typeof guest.module === "string" ? await wat(guest.module) : await guest.module();
  const began = performance.now();
  let [refusal, result]: [KeyquorumError | undefined, RunResult | undefined] = [undefined, undefined];
  try {
    const run = await runner.start(checkModule(bytes), { limits: guest.limits ?? {} });
    result = await run.give(guest.inputs?.() ?? {});
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    refusal = error;
  }
  const outcome = refusal?.code ?? (result?.outcome.kind === "limit" ? `limit: ${result.outcome.limit}` : (result?.outcome.kind ?? ""));
  const holds = guest.expected.some((expected) => isAs(expected, refusal, result));
  const said =
    refusal?.message ?? `${JSON.stringify(result?.outcome)} ${result?.exitCode} ${text(result?.stderr ?? new Uint8Array(0)).slice(0, 200)}`;
  return {
    outcome,
    exitCode: result?.exitCode,
    ms: performance.now() - began,
    cpuMs: result?.used.cpuMs ?? 0,
    bytes: result?.used.peakMemoryBytes ?? 0,
    result,
    fault: holds ? undefined : `${JSON.stringify(guest.expected)} was expected: ${said}`,
  };
};
