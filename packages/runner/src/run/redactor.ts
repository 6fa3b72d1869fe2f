import { setImmediate as othersTurn } from "node:timers/promises";
import { createSearch, type Search, SLICE_BYTES } from "./search.ts";

const SHORTEST = 8;
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

/** Forms of a value that programs print: as it is, hex, base64 (also inside a longer text, at each of its three places), URL-encoded, as in JSON. */
const formsOf = (value: Buffer): readonly Buffer[] => {
  const forms: (string | Buffer)[] = [Buffer.from(value), value.toString("hex"), value.toString("hex").toUpperCase()];
  for (const shift of [0, 1, 2]) {
    const start = (3 - shift) % 3; // bytes before the first whole group of three
    const whole = value.subarray(start, start + Math.floor((value.length - start) / 3) * 3);
    forms.push(whole.toString("base64"), whole.toString("base64url"));
  }
  forms.push(value.toString("base64"), value.toString("base64url"));
  const text = value.toString("utf8");
  if (Buffer.from(text).equals(value)) forms.push(...urlForms(text), ...jsonForms(text));
  forms.push(value.toString("hex").replace(/../g, "%$&"));
  return forms.map((form) => Buffer.from(form)).filter(({ length }) => length >= SHORTEST);
};

const isSpace = (byte: number | undefined): boolean => byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13));

/** A value without the line's end that a file or `echo` adds to it, and without other white space around it: programs take it off before they use it. */
const trimmed = (value: Buffer): Buffer => {
  let [start, end] = [0, value.length];
  while (start < end && isSpace(value[start])) start += 1;
  while (end > start && isSpace(value[end - 1])) end -= 1;
  return value.subarray(start, end);
};

export type Redactor = {
  /** Learns a value. Values of fewer than 8 bytes are not looked for: they would be found everywhere. */
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
  const searches = new Map<string, Search>();
  return {
    learn: (value) => {
      const whole = Buffer.from(value.buffer, value.byteOffset, value.length);
      if (whole.length < SHORTEST) return;
      for (const form of [whole, trimmed(whole)].filter(({ length }) => length >= SHORTEST).flatMap(formsOf)) {
        const name = form.toString("latin1");
        if (!searches.has(name)) searches.set(name, createSearch(form));
      }
    },
    redact: async (output, isCut) => {
      const bytes = Buffer.from(output.buffer, output.byteOffset, output.length);
      if (searches.size === 0) return Buffer.from(bytes);
      const marks = new Uint8Array(bytes.length);
      for (const search of searches.values()) {
        const marking = search.mark(bytes, marks);
        let step = marking.next();
        for (; step.done !== true; step = marking.next()) await othersTurn();
        const begun = step.value;
        if (bytes.length > SLICE_BYTES) await othersTurn();
        if (isCut && begun >= CUT_PREFIX) marks.fill(1, bytes.length - begun);
      }
      return replaced(bytes, marks);
    },
    forget: () => {
      for (const search of searches.values()) search.forget();
      searches.clear();
    },
  };
};

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
