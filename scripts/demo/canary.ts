import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/** A text as something may have written it down. */
type Form = { readonly name: string; readonly bytes: Buffer };

/** What was looked at, and where a text was found: a file or a process, and the form that it had there. Never the text. */
export type Search = { readonly places: number; readonly bytes: number; readonly found: readonly string[] };

/** A text's forms: as it is, in UTF-16, hex, URL encoding and JSON, and in base64 at each of the three places that it may have in a longer text. */
export const formsOf = (text: string): readonly Form[] => {
  const raw = Buffer.from(text);
  const aligned = [0, 1, 2].map((before) => {
    const [from, to] = [Math.ceil((before * 4) / 3), Math.floor(((before + raw.length) * 4) / 3)];
    return Buffer.concat([Buffer.alloc(before), raw])
      .toString("base64")
      .slice(from, to);
  });
  const forms: readonly (readonly [string, string | Buffer])[] = [
    ["as it is", raw],
    ["UTF-16", Buffer.from(text, "utf16le")],
    ["hex", raw.toString("hex")],
    ["hex in capitals", raw.toString("hex").toUpperCase()],
    ["URL encoding", encodeURIComponent(text)],
    ["JSON", JSON.stringify(text).slice(1, -1)],
    ...aligned.map((part) => ["base64", part] as const),
    ...aligned.map((part) => ["base64url", part.replaceAll("+", "-").replaceAll("/", "_")] as const),
  ];
  return forms.map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes) }));
};

/** The name of the first form of it that is in these bytes. */
export const formIn = (bytes: Buffer, forms: readonly Form[]): string | undefined => forms.find((form) => bytes.includes(form.bytes))?.name;

/** Every file below a folder, whole. */
export const searchFolder = (folder: string, forms: readonly Form[]): Search => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return searchAll(
    files.map(({ parentPath, name }) => join(parentPath, name)),
    forms,
  );
};

/**
 * What any account of this machine sees of processes: arguments and environment of each, where the system lets us read them. And the files that the
 * processes below `root` have open, deleted ones too.
 */
export const searchProcesses = (root: number, forms: readonly Form[]): Search => {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const listed = searchAll(
    numbers.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
    forms,
  );
  const opened = searchAll(processesBelow(root, numbers).flatMap(openFilesOf), forms);
  return { places: listed.places + opened.places, bytes: listed.bytes + opened.bytes, found: [...listed.found, ...opened.found] };
};

const searchAll = (files: readonly string[], forms: readonly Form[]): Search => {
  let [places, bytes] = [0, 0];
  const found: string[] = [];
  for (const file of files) {
    const content = readIfThere(file);
    if (content === undefined) continue;
    places += 1;
    bytes += content.length;
    const form = formIn(content, forms);
    if (form !== undefined) found.push(`${file} (${form})`);
  }
  return { places, bytes, found };
};

/** The process and all that it started, directly or not. */
export const processesBelow = (root: number, numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name))): readonly string[] => {
  const parents = new Map(
    numbers.map((pid) => [pid, /^PPid:\t(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`)?.toString("latin1") ?? "")?.[1]] as const),
  );
  const isBelow = (pid: string | undefined): boolean => pid !== undefined && (pid === String(root) || isBelow(parents.get(pid)));
  return numbers.filter(isBelow);
};

const openFilesOf = (pid: string): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map((descriptor) => `/proc/${pid}/fd/${descriptor}`)
      .filter((path) => readlinkSync(path).startsWith("/") && statSync(path).isFile());
  } catch {
    return []; // the process has gone
  }
};

const readIfThere = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // a process that has gone, or another account's
  }
};
