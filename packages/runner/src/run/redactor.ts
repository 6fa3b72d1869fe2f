import { createHash } from "node:crypto";
import { setImmediate as othersTurn } from "node:timers/promises";
import { createSearch, SLICE_BYTES } from "./search.ts";

const SHORTEST = 8;
/** Of a value that is longer, the forms are looked for one by one, with other work in between. */
const LONG_BYTES = 4_096;
const STARS = Buffer.from("***");
/** How much of a value at the end of an output that was cut counts as the value. */
const CUT_PREFIX = 4;

const MARKS = /[!'()*]/g;
const percent = (mark: string): string => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;

/** As URLs have a text: by JavaScript, which leaves some marks as they are, by whoever leaves none, with + for spaces, in small letters. */
const urlForms = (text: string): readonly string[] => {
  const encoded = encodeURIComponent(text);
  return [encoded, encoded.replace(MARKS, percent)].flatMap((form) => [
    form,
    form.replace(/%20/g, "+"),
    form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  ]);
};

/** As JSON has a text, and as encoders have it that keep it safe inside HTML (Go's). */
const jsonForms = (text: string): readonly string[] => {
  const json = JSON.stringify(text).slice(1, -1);
  return [json, json.replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`)];
};

/**
 * Forms of a value that programs print: as it is, hex, base64 (also inside a longer text, at each of its three places), URL-encoded, as in JSON. A few at a
 * time: together those of a long value are thirty times as long.
 */
function* formsOf(value: Buffer): Generator<readonly (string | Buffer)[]> {
  yield [Buffer.from(value)];
  yield [value.toString("hex"), value.toString("hex").toUpperCase()];
  for (const shift of [0, 1, 2]) {
    const start = (3 - shift) % 3; // bytes before the first whole group of three
    const whole = value.subarray(start, start + Math.floor((value.length - start) / 3) * 3);
    yield [whole.toString("base64"), whole.toString("base64url")];
  }
  yield [value.toString("base64"), value.toString("base64url")];
  const text = value.toString("utf8");
  if (Buffer.from(text).equals(value)) {
    yield urlForms(text);
    yield jsonForms(text);
  }
  yield [value.toString("hex").replace(/../g, "%$&")];
}

const isSpace = (byte: number | undefined): boolean => byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13));

/** A value without the line's end that a file or `echo` adds to it, and without other white space around it: programs take it off before they use it. */
const trimmed = (value: Buffer): Buffer => {
  let [start, end] = [0, value.length];
  while (start < end && isSpace(value[start])) start += 1;
  while (end > start && isSpace(value[end - 1])) end -= 1;
  return value.subarray(start, end);
};

export type Redactor = {
  /** Learns a value, of which it keeps a copy. Values of fewer than 8 bytes are not looked for: they would be found everywhere. */
  readonly learn: (value: Uint8Array) => void;
  /**
   * The output with every value replaced by `***`, in time that grows with the output's length and not with what it repeats; other work of the process
   * gets its turn in between. `isCut`: the output was ended by its limit, so its last bytes may be the beginning of a value.
   */
  readonly redact: (output: Uint8Array, isCut: boolean) => Promise<Buffer>;
  /** Zeroes what was learned, as far as JavaScript lets it. */
  readonly forget: () => void;
};

/** Takes the values of a run's secrets out of what the guest printed. It hides what is printed by mistake, not what a module means to show. */
export const createRedactor = (): Redactor => {
  const values: Buffer[] = [];
  return {
    learn: (value) => {
      if (value.length >= SHORTEST) values.push(Buffer.from(value)); // copied: what is made of it for a search is made when there is an output
    },
    redact: async (output, isCut) => {
      const bytes = Buffer.from(output.buffer, output.byteOffset, output.length);
      if (values.length === 0 || bytes.length === 0) return Buffer.from(bytes);
      const marks = new Uint8Array(bytes.length);
      for (const value of values)
        for await (const form of distinctForms(value)) {
          const search = createSearch(form);
          const marking = search.mark(bytes, marks);
          let step = marking.next();
          for (; step.done !== true; step = marking.next()) await othersTurn();
          const begun = step.value;
          if (bytes.length > SLICE_BYTES || form.length > LONG_BYTES) await othersTurn();
          if (isCut && begun >= CUT_PREFIX) marks.fill(1, bytes.length - begun);
          search.forget();
        }
      return replaced(bytes, marks);
    },
    forget: () => {
      for (const value of values.splice(0)) value.fill(0);
    },
  };
};

/** Forms to look for, each once; of a long value, other work of the process gets its turn in between. */
async function* distinctForms(value: Buffer): AsyncGenerator<Buffer> {
  const seen = new Set<string>();
  const trim = trimmed(value);
  for (const one of trim.length === value.length || trim.length < SHORTEST ? [value] : [value, trim])
    for (const forms of formsOf(one)) {
      if (one.length > LONG_BYTES) await othersTurn();
      for (const form of forms) {
        const bytes = Buffer.from(form);
        const name = createHash("sha256").update(bytes).digest("base64");
        if (bytes.length < SHORTEST || seen.has(name)) continue;
        seen.add(name);
        yield bytes;
      }
    }
}

/** Each run of marked bytes becomes `***`: it has four bytes or more, so that what comes out is no longer than what came in. */
const replaced = async (bytes: Buffer, marks: Uint8Array): Promise<Buffer> => {
  const result = Buffer.alloc(bytes.length);
  let [size, pause] = [0, SLICE_BYTES];
  for (let at = 0; at < bytes.length; ) {
    if (at >= pause) {
      await othersTurn();
      pause = at + SLICE_BYTES;
    }
    const isMarked = marks[at] === 1;
    const next = marks.indexOf(isMarked ? 0 : 1, at);
    const end = next === -1 ? bytes.length : next;
    size += isMarked ? STARS.copy(result, size) : bytes.copy(result, size, at, end);
    at = end;
  }
  return Buffer.from(result.subarray(0, size));
};
