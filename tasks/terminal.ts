import { printable, printableJson, printableLines } from "./printable.ts";

/** Where a task speaks: results on stdout, progress on stderr, so that results can be piped. */
export type Terminal = {
  readonly isJson: boolean;
  /** A line of the result. Silent with --json. */
  readonly print: (line?: string) => void;
  /** Bytes of the result as they are. */
  readonly write: (bytes: Uint8Array) => void;
  /** A text that somebody else wrote: to a person's terminal without what would do harm there; into a pipe or file as it is. */
  readonly show: (bytes: Uint8Array) => void;
  /** Rows under a header, in columns. Silent with --json. */
  readonly table: (header: readonly string[], rows: readonly (readonly string[])[]) => void;
  /** Names and values, one a line. Silent with --json. */
  readonly facts: (facts: readonly (readonly [name: string, value: string])[]) => void;
  /** A step of long work that has just happened, with the seconds since the task began. */
  readonly progress: (line: string) => void;
  /** Something the user should know though it worked. */
  readonly warn: (line: string) => void;
};

/** Where text goes: the process's own streams, or a test's. */
export type Streams = { readonly stdout: Stream; readonly stderr: Stream };

type Stream = {
  write(text: string | Uint8Array): unknown;
  on?(event: "error", listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
};

/** A terminal over two streams. */
export const createTerminal = ({ isJson, streams }: { readonly isJson: boolean; readonly streams: Streams }): Terminal => {
  const startedAt = performance.now();
  const print = (line = ""): void => {
    if (!isJson) streams.stdout.write(`${printableLines(line)}\n`);
  };
  return {
    isJson,
    print,
    write: (bytes) => {
      streams.stdout.write(bytes);
    },
    show: (bytes) => {
      const { stdout } = streams;
      stdout.write(stdout.isTTY === true ? printableText(bytes) : bytes);
      print();
    },
    table: (header, rows) => {
      for (const line of formatTable(header, rows)) print(line);
    },
    facts: (facts) => {
      const width = Math.max(...facts.map(([name]) => name.length));
      for (const [name, value] of facts) print(printable(`${name.padEnd(width)}  ${value}`));
    },
    progress: (line) => {
      streams.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${printableLines(line)}\n`);
    },
    warn: (line) => {
      streams.stderr.write(`Warning: ${printable(line)}\n`);
    },
  };
};

/** Line by line, with tabs. What is not UTF-8 shows as U+FFFD. */
const printableText = (bytes: Uint8Array): string =>
  new TextDecoder()
    .decode(bytes)
    .split("\n")
    .map((line) => line.split("\t").map(printable).join("\t"))
    .join("\n");

/** Columns as wide as their widest cell, the header underlined. */
export const formatTable = (header: readonly string[], given: readonly (readonly string[])[]): string[] => {
  const rows = given.map((cells) => cells.map(printable));
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const format = (cells: readonly string[]): string =>
    widths
      .map((width, column) => (cells[column] ?? "").padEnd(width))
      .join("  ")
      .trimEnd();
  return [format(header), format(widths.map((width) => "-".repeat(width))), ...rows.map(format)];
};

/** JSON with bigints as decimal strings and bytes as hex. */
export const toJson = (value: unknown): string =>
  printableJson(
    JSON.stringify(
      value,
      (_, item: unknown) =>
        typeof item === "bigint" ? item.toString() : item instanceof Uint8Array ? `0x${Buffer.from(item).toString("hex")}` : item,
      2,
    ),
  );
