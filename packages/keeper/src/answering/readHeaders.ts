import { type DocumentHeader, parseHeaderText } from "@keyquorum/wire";
import { setNewest } from "../run/newestOnly.ts";

/** About 4 MB. */
const MOST = 1_000;

/**
 * Reads headers as requests carry them, in hex, and remembers those that it read last by all of their text: readers of one document send the same one, and
 * reading it costs two square roots. One that is refused is not remembered. Throws what `parseHeaderText` throws.
 */
export const createReadHeaders = (
  most = MOST,
  parse: (hex: string) => DocumentHeader = parseHeaderText,
): ((hex: string) => DocumentHeader) => {
  const known = new Map<string, DocumentHeader>();
  return (hex) => {
    const header = known.get(hex) ?? parse(hex);
    setNewest(known, hex, header, most);
    return header;
  };
};
