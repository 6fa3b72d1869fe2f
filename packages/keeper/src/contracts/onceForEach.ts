import type { MirroredLog } from "@keyquorum/vault";
import { setNewest } from "../run/newestOnly.ts";

/**
 * Decodes a log when it first comes. It is known again by its content, not by its place: where a provider lied, the same place in the same block has
 * another log once the block is mirrored again.
 */
export const onceForEach = <Rest extends readonly string[], Decoded>(
  most: number,
  decode: (log: MirroredLog, ...rest: Rest) => Decoded,
): ((log: MirroredLog, ...rest: Rest) => Decoded) => {
  const known = new Map<string, { readonly decoded: Decoded }>();
  return (log, ...rest) => {
    const content = [log.address, ...log.topics, log.data, ...rest].join();
    const entry = known.get(content) ?? { decoded: decode(log, ...rest) };
    setNewest(known, content, entry, most);
    return entry.decoded;
  };
};
