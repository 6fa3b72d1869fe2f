/** Bytes of modules that no assembler makes. */

export const leb = (value: number): readonly number[] => {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return bytes;
};

export const section = (id: number, content: readonly number[]): readonly number[] => [id, ...leb(content.length), ...content];

export const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;

const name = (text: string): readonly number[] => [text.length, ...Buffer.from(text)];

const EXPORTS = section(7, [2, ...name("_start"), 0, 0, ...name("memory"), 2, 0]);

/** A module of `count` functions, each with this body (locals and instructions, without the length), with one memory of one page. */
export const functionsOf = (count: number, body: readonly number[]): Uint8Array => {
  const sized = [...leb(body.length), ...body];
  const code = new Uint8Array(count * sized.length);
  for (let at = 0; at < count; at++) code.set(sized, at * sized.length);
  const [head, codeCount] = [[...PREAMBLE, ...section(1, [1, 0x60, 0, 0])], leb(count)];
  const functions = new Uint8Array(count); // type 0, each
  const middle = [...section(5, [1, 0, 1]), ...EXPORTS];
  return Buffer.concat([
    Buffer.from([...head, 3, ...leb(codeCount.length + count), ...codeCount]),
    functions,
    Buffer.from([...middle, 10, ...leb(codeCount.length + code.length), ...codeCount]),
    code,
  ]);
};

/** A body of `depth` blocks inside each other. */
export const nestedBlocks = (depth: number): readonly number[] => [
  0,
  ...new Array<readonly number[]>(depth).fill([0x02, 0x40]).flat(),
  ...new Array<number>(depth + 1).fill(0x0b),
];

/** A module whose memory section has this content. */
export const memoryOf = (content: readonly number[]): Uint8Array =>
  Uint8Array.from([
    ...PREAMBLE,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, content),
    ...EXPORTS,
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
