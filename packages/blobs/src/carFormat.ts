// Ours rather than @ipld/car, which the tests read and write with: a stranger's file is read here, and the library holds a part of whatever length it
// announces, takes version 2 with its offsets, and content ids that no store of ours has.

import { KeyquorumError } from "@keyquorum/wire";
import { CID } from "multiformats/cid";
import { CID_BYTES, type Cid, cidFromBytes, cidToBytes } from "./cid.ts";
import { concat } from "./remote.ts";

/** Roots that a file may name. */
export const MAX_ROOTS = 16;

const ROOTS = Uint8Array.from([0xa2, 0x65, ...new TextEncoder().encode("roots")]); // a map of two, "roots":
const VERSION_1 = Uint8Array.from([0x67, ...new TextEncoder().encode("version"), 0x01]); // "version": 1
const LINK = Uint8Array.from([0xd8, 0x2a, 0x58, CID_BYTES + 1, 0x00]); // tag 42, 37 bytes, the first of them 0

/** A CAR file of version 1 begins with its roots in DAG-CBOR, length first. https://ipld.io/specs/transport/car/carv1/ */
export const encodeCarHeader = (roots: readonly Cid[]): Uint8Array => {
  const links = roots.flatMap((root) => [...LINK, ...cidToBytes(root)]);
  const header = Uint8Array.from([...ROOTS, 0x80 | roots.length, ...links, ...VERSION_1]);
  return withLength([header]);
};

/** One block: length, content id, bytes. */
export const encodeCarBlock = (cid: CID, bytes: Uint8Array): Uint8Array => withLength([cid.bytes, bytes]);

/**
 * Reads a header. DAG-CBOR has one spelling for one value, so it is compared rather than parsed. Throws `INVALID_CAR`; `INVALID_CID` for roots that
 * are no content ids of ours.
 */
export const decodeCarHeader = (header: Uint8Array): readonly Cid[] => {
  let at = 0;
  const isNext = (expected: Uint8Array): boolean => {
    const isSame = expected.every((byte, i) => header[at + i] === byte);
    at += expected.length;
    return isSame;
  };
  if (!isNext(ROOTS)) throw invalidCar("it does not begin with the header of version 1");
  const count = (header[at++] ?? 0) - 0x80;
  if (count < 1 || count > MAX_ROOTS) throw invalidCar(`it does not name 1 to ${MAX_ROOTS} roots`);
  const roots: Cid[] = [];
  for (let i = 0; i < count; i++) {
    if (!isNext(LINK)) throw invalidCar("a root is not a content id of version 1 with sha2-256");
    roots.push(cidFromBytes(header.subarray(at, at + CID_BYTES)));
    at += CID_BYTES;
  }
  if (!isNext(VERSION_1) || at !== header.length) throw invalidCar("its header is not that of version 1");
  return roots;
};

/** The content id and the bytes of a section. Throws `INVALID_CAR`. */
export const decodeCarBlock = (section: Uint8Array): { readonly cid: CID; readonly bytes: Uint8Array } => {
  try {
    const [cid, bytes] = CID.decodeFirst(section);
    return { cid, bytes };
  } catch {
    throw invalidCar("a block has no content id");
  }
};

/**
 * Cuts a stream into what stands behind each length. Holds one part and what the stream gave beyond it.
 * Throws `INVALID_CAR` for a part that is longer than `maxBytes`, before it is read, and for a stream that ends within one.
 */
export async function* partsOf(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let wanted: number | undefined;
  for await (const piece of stream) {
    held.push(Uint8Array.from(piece)); // sources may use their buffers again
    heldBytes += piece.length;
    if (heldBytes < (wanted ?? 0)) continue;
    let rest = concat(held, heldBytes);
    for (;;) {
      if (wanted === undefined) {
        const length = readVarint(rest);
        if (length === undefined) break;
        if (length.value < 1 || length.value > maxBytes) throw invalidCar(`a part has ${length.value} bytes, not 1 to ${maxBytes}`);
        wanted = length.value;
        rest = rest.subarray(length.read);
      }
      if (rest.length < wanted) break;
      yield rest.subarray(0, wanted);
      rest = rest.subarray(wanted);
      wanted = undefined;
    }
    held = [rest];
    heldBytes = rest.length;
  }
  if (heldBytes > 0 || wanted !== undefined) throw invalidCar("it is cut off");
}

export const invalidCar = (reason: string): KeyquorumError =>
  new KeyquorumError("INVALID_CAR", `The CAR file is refused: ${reason}.`, { details: { reason } });

const withLength = (parts: readonly Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const prefix = varintOf(length);
  return concat([prefix, ...parts], prefix.length + length);
};

const varintOf = (value: number): Uint8Array => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    if (rest < 128) return Uint8Array.from(bytes);
  }
};

/** Up to seven bytes: no part is as long as eight would say. Undefined while its end is not there. Throws `INVALID_CAR`. */
const readVarint = (bytes: Uint8Array): { readonly value: number; readonly read: number } | undefined => {
  let value = 0;
  for (let i = 0; i < 7; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    value += (byte % 128) * 128 ** i;
    if (byte < 128) return { value, read: i + 1 };
  }
  throw invalidCar("a length is too large");
};
