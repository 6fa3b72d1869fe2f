import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { bareHex } from "./hexText.ts";

/** What an administrator signs to change the set of nodes: keccak of the nodes' ids (64 bytes each), each once, in the order of their bytes. */
export const serversSetHash = (nodes: readonly Uint8Array[]): Uint8Array => {
  const unique = new Map(nodes.map((node) => [bareHex(node), node]));
  const sorted = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node);
  return keccak_256(concatBytes(...sorted));
};
