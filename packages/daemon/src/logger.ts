import { pino } from "pino";
import { type LogDestination, outputLines } from "./logLines.ts";

/** Public data about an event. Never a secret, never a whole object of somebody else's. bigint becomes a decimal string. */
export type LogData = Readonly<Record<string, unknown>>;
type Write = (sentence: string, data?: LogData) => void;

/** A logger takes a constant sentence and data. Injected everywhere; nothing logs by itself. */
export type Logger = {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly child: (data: LogData) => Logger;
};

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

const withStrings = (data: LogData): LogData =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      if (typeof value === "bigint") return [name, value.toString()];
      if (value instanceof Uint8Array) return [name, `<${value.length} bytes>`];
      return [name, value];
    }),
  );

type PinoLike = Record<"trace" | "debug" | "info" | "warn" | "error", (data: object, sentence: string) => void> & {
  child(data: object): PinoLike;
};

const wrap = (inner: PinoLike): Logger => {
  const writer =
    (level: "trace" | "debug" | "info" | "warn" | "error"): Write =>
    (sentence, data = {}) =>
      inner[level](withStrings(data), sentence);
  return {
    trace: writer("trace"),
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    child: (data) => wrap(inner.child(withStrings(data))),
  };
};

/** A logger: one JSON line per event, to stdout unless told otherwise. */
export const createLogger = (level: LogLevel, destination: LogDestination = outputLines()): Logger => {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(options, destination));
};

/** A logger that says nothing. */
export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
