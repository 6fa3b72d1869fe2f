import { ENDINGS, STOPS } from "../child/frames.ts";
import { trapSentence } from "../child/traps.ts";
import type { ChildExit } from "./child.ts";

export type LimitName = "cpu" | "wall" | "memory" | "stdout" | "stderr" | "hostCalls";

/** How a run ended. Sentences are ours: nothing of the guest is in them. */
export type RunOutcome =
  | { readonly kind: "exited" }
  | { readonly kind: "trapped"; readonly sentence: string }
  | { readonly kind: "limit"; readonly limit: LimitName; readonly sentence: string }
  | { readonly kind: "refused"; readonly sentence: string }
  | { readonly kind: "aborted"; readonly sentence: string }
  | { readonly kind: "cancelled"; readonly sentence: string };

/** `fuel`: what the child says that a metered module took. */
export type Ended = { readonly outcome: RunOutcome; readonly exitCode: number; readonly fuel?: number };

const LIMIT_SENTENCES: Readonly<Record<LimitName, string>> = {
  cpu: "The module used up its CPU time.",
  wall: "The run used up its time.",
  memory: "The process reached its memory limit, and V8 ended it.",
  stdout: "The module wrote more to stdout than it may.",
  stderr: "The module wrote more to stderr than it may.",
  hostCalls: "The module called the runner more often than it may.",
};

export const stoppedBy = (limit: LimitName): Ended => ({
  outcome: { kind: "limit", limit, sentence: LIMIT_SENTENCES[limit] },
  exitCode: -1,
});

export const aborted = (sentence: string): Ended => ({ outcome: { kind: "aborted", sentence }, exitCode: -1 });

export const cancelled: Ended = { outcome: { kind: "cancelled", sentence: "The run was cancelled." }, exitCode: -1 };

export const brokeProtocol: Ended = aborted("The process did not keep to the runner's protocol and was ended.");

/** What an END says. `limit`: the fuel of a metered module; who claims to have taken more did not keep to the protocol. */
export const endedByFrame = (payload: Buffer, limit: number | undefined): Ended => {
  const fuel = payload.readBigUInt64LE(5);
  if (fuel > BigInt(limit ?? 0)) return brokeProtocol;
  const ended = endingOf(payload.readUInt8(0), payload.readInt32LE(1));
  return limit === undefined ? ended : { ...ended, fuel: Number(fuel) };
};

const endingOf = (kind: number, code: number): Ended => {
  switch (kind) {
    case ENDINGS.exited:
      return { outcome: { kind: "exited" }, exitCode: code };
    case ENDINGS.trapped:
      return { outcome: { kind: "trapped", sentence: `The module trapped: ${trapSentence(code)}.` }, exitCode: code };
    case ENDINGS.stopped: {
      const limit = STOPS[code];
      return limit === undefined ? brokeProtocol : stoppedBy(limit);
    }
    case ENDINGS.notCompiled:
      return { outcome: { kind: "refused", sentence: "V8 does not compile the module: it is not valid." }, exitCode: -1 };
    case ENDINGS.notLinked:
      return { outcome: { kind: "refused", sentence: "V8 does not link the module's imports." }, exitCode: -1 };
    case ENDINGS.broken:
      return aborted("The module could not be run: a host function failed.");
    default:
      return brokeProtocol;
  }
};

/** What it means when a process is gone and has said nothing. */
export const endedBySystem = ({ code, signal, ranOut }: ChildExit): Ended => {
  if (signal === "SIGXCPU") return stoppedBy("cpu");
  if (ranOut) return stoppedBy("memory");
  if (signal !== null) return aborted(`The process was ended by the system (${signal}).`);
  return aborted(`The process ended before the module did${code === null ? "" : ` (code ${code})`}.`);
};
