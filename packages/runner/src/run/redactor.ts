const SHORTEST = 8;
const STARS = Buffer.from("***");
/** How much of a value at the end of an output that was cut counts as the value. */
const CUT_PREFIX = 4;

/** Forms of a value that programs print: as it is, hex, base64 (also inside a longer text, at each of its three places), URL-encoded. */
const formsOf = (value: Buffer): readonly Buffer[] => {
  const forms: (string | Buffer)[] = [Buffer.from(value), value.toString("hex"), value.toString("hex").toUpperCase()];
  for (const shift of [0, 1, 2]) {
    const start = (3 - shift) % 3; // bytes before the first whole group of three
    const whole = value.subarray(start, start + Math.floor((value.length - start) / 3) * 3);
    forms.push(whole.toString("base64"), whole.toString("base64url"));
  }
  forms.push(value.toString("base64"), value.toString("base64url"));
  const text = value.toString("utf8");
  if (Buffer.from(text).equals(value)) {
    const encoded = encodeURIComponent(text);
    forms.push(
      encoded,
      encoded.replace(/%20/g, "+"),
      encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    );
    forms.push(JSON.stringify(text).slice(1, -1));
  }
  forms.push([...value].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
  const unique = new Map(forms.map((form) => Buffer.from(form)).map((form) => [form.toString("latin1"), form]));
  return [...unique.values()].filter(({ length }) => length >= SHORTEST);
};

export type Redactor = {
  /** Learns a value. Values of fewer than 8 bytes are not looked for: they would be found everywhere. */
  readonly learn: (value: Uint8Array) => void;
  /** The output with every value replaced by `***`. `isCut`: the output was ended by its limit, so its last bytes may be the beginning of a value. */
  readonly redact: (output: Uint8Array, isCut: boolean) => Buffer;
  /** Zeroes what was learned, as far as JavaScript lets it. */
  readonly forget: () => void;
};

/** Takes the values of a run's secrets out of what the guest printed. It hides what is printed by mistake, not what a module means to show. */
export const createRedactor = (): Redactor => {
  const forms: Buffer[] = [];
  return {
    learn: (value) => {
      if (value.length >= SHORTEST) forms.push(...formsOf(Buffer.from(value.buffer, value.byteOffset, value.length)));
    },
    redact: (output, isCut) => {
      const bytes = Buffer.from(output.buffer, output.byteOffset, output.length);
      const found = forms.flatMap((form) => occurrences(bytes, form));
      if (isCut) found.push(...forms.flatMap((form) => cutOccurrence(bytes, form)));
      return replaced(bytes, found);
    },
    forget: () => {
      for (const form of forms) form.fill(0);
      forms.length = 0;
    },
  };
};

type Span = readonly [start: number, end: number];

const occurrences = (bytes: Buffer, form: Buffer): Span[] => {
  const spans: Span[] = [];
  for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + 1)) spans.push([at, at + form.length]);
  return spans;
};

const cutOccurrence = (bytes: Buffer, form: Buffer): Span[] => {
  for (let length = Math.min(form.length - 1, bytes.length); length >= CUT_PREFIX; length--)
    if (bytes.subarray(bytes.length - length).equals(form.subarray(0, length))) return [[bytes.length - length, bytes.length]];
  return [];
};

const replaced = (bytes: Buffer, found: readonly Span[]): Buffer => {
  const parts: Buffer[] = [];
  let at = 0;
  for (const [start, end] of [...found].sort(([a], [b]) => a - b)) {
    if (start >= at) parts.push(bytes.subarray(at, start), STARS);
    at = Math.max(at, end);
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
};
