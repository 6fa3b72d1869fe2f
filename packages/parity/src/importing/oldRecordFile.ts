import { open } from "node:fs/promises";
import { type Hash32, parseHash32 } from "@keyquorum/wire";
import { type OldRecord, OldRecordError, parseOldRecord } from "./oldRecord.ts";

/** Far above 10,000 records. */
const MAX_BYTES = 256 * 1024 * 1024;
const OTHERS = 0o077;

/**
 * Reads what one old node keeps. Two forms, told apart by the first character: `{"ID": RECORD, ..}`, and what `ldb scan --hex` prints of its database (lines
 * `0xKEY : 0xVALUE` or `0xKEY ==> 0xVALUE`, the value being the record's JSON). The file holds shares in clear: it must be its owner's alone.
 * Throws OldRecordError.
 */
export const readOldRecordFile = async (file: string): Promise<readonly OldRecord[]> => {
  const text = await readPrivately(file);
  const found = text.trimStart().startsWith("{") ? entriesOfJson(text, file) : entriesOfScan(text, file);
  const ids = new Set<string>();
  return found.map(({ id, value, name }) => {
    const where = `${file}, ${name}`;
    const digits = id.replace(/^0x/i, "").toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digits)) throw new OldRecordError(`${where}: its name is not 64 digits of hex.`);
    if (ids.has(digits)) throw new OldRecordError(`${where}: the file has two records of this id.`);
    ids.add(digits);
    const serverKeyId: Hash32 = parseHash32(`0x${digits}`);
    return parseOldRecord(serverKeyId, value, where);
  });
};

type Entry = { readonly id: string; readonly value: unknown; readonly name: string };

const readPrivately = async (file: string): Promise<string> => {
  const handle = await open(file, "r").catch(() => {
    throw new OldRecordError(`${file}: it cannot be read.`);
  });
  try {
    const { mode, size } = await handle.stat();
    if ((mode & OTHERS) !== 0)
      throw new OldRecordError(`${file}: others on this machine may read it, and it holds shares in clear; chmod 600 it first.`);
    if (size > MAX_BYTES) throw new OldRecordError(`${file}: it is longer than ${MAX_BYTES} bytes; split it.`);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
};

const entriesOfJson = (text: string, file: string): readonly Entry[] => {
  const value = jsonOf(text);
  if (value === undefined) throw new OldRecordError(`${file}: it is no JSON.`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new OldRecordError(`${file}: it is no object of records by id.`);
  return Object.entries(value).map(([id, one]) => ({ id, value: one, name: `record ${id.slice(0, 66)}` }));
};

/** A line of what `ldb scan --hex` prints. */
const LINE = /^0x([0-9a-fA-F]+) (?::|==>) 0x([0-9a-fA-F]+)$/;
/** In databases of older versions: the version, under its name. */
const VERSION_KEY = Buffer.from("version").toString("hex");

const entriesOfScan = (text: string, file: string): readonly Entry[] =>
  text.split(/\r?\n/).flatMap((line, index): readonly Entry[] => {
    if (line.trim() === "") return [];
    const [, key = "", bytes = ""] = LINE.exec(line.trim()) ?? [];
    const name = `line ${index + 1}`;
    if (key === "") throw new OldRecordError(`${file}, ${name}: it is no line of "ldb scan --hex".`);
    if (key.toLowerCase() === VERSION_KEY) return [];
    const value = jsonOf(Buffer.from(bytes, "hex").toString("utf8"));
    if (value === undefined) throw new OldRecordError(`${file}, ${name}: its value is no JSON.`);
    return [{ id: key, value, name: `${name} (record 0x${key.slice(0, 64)})` }];
  });

/** Undefined: it is no JSON. What is wrong where is not repeated: shares are in it. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
