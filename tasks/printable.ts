/** What moves a terminal's cursor, turns reading order or hides: controls of 7 and 8 bits, bidirectional controls, separators, half characters. */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\ufeff]/gu;

const written = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** A line for a terminal, whoever chose its words: an author, a keeper, a gateway. What could do harm there is written out, line breaks included. */
export const printable = (text: string): string => text.replace(HARMFUL, written);

/** Several lines of ours. */
export const printableLines = (text: string): string =>
  text.replace(HARMFUL, (character) => (character === "\n" ? "\n" : written(character)));

/** JSON is the same value with these escaped, and its strings do nothing to a terminal either. */
export const printableJson = (json: string): string =>
  json.replace(
    /[\x7f-\x9f\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
