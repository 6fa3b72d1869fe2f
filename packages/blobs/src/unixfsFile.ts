/** What a dag-pb node of a UnixFS file says: bytes of its own, then the sizes of what its links lead to. https://specs.ipfs.tech/unixfs/ */
export type UnixfsFile = { readonly data: Uint8Array; readonly blockSizes: readonly bigint[] };

const TYPES = ["raw", "directory", "file", "metadata", "symlink", "hamt-sharded-directory"];
const [TYPE, DATA, FILE_SIZE, BLOCK_SIZES] = [1, 2, 3, 4];
const [VARINT, FIXED_64, BYTES, FIXED_32] = [0, 1, 2, 5];

/** The node's `Data` (protocol buffers) for an inner node of a file. The content id depends on every byte: the same as ipfs-unixfs writes. */
export const encodeUnixfsFile = (blockSizes: readonly bigint[]): Uint8Array => {
  const size = blockSizes.reduce((sum, part) => sum + part, 0n);
  return Uint8Array.from([
    ...field(TYPE, BigInt(TYPES.indexOf("file"))),
    ...field(FILE_SIZE, size),
    ...blockSizes.flatMap((part) => field(BLOCK_SIZES, part)),
  ]);
};

/**
 * Reads a node's `Data`. Fields that a file's bytes do not depend on (its declared size, mode, time) are passed over.
 * Throws an Error that says what is wrong.
 */
export const decodeUnixfsFile = (bytes: Uint8Array): UnixfsFile => {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("it is cut off");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number is too large");
  };
  const take = (length: bigint): Uint8Array => {
    if (length > BigInt(bytes.length - at)) throw new Error("it is cut off");
    at += Number(length);
    return bytes.subarray(at - Number(length), at);
  };

  let type: bigint | undefined;
  let data = new Uint8Array(0);
  const blockSizes: bigint[] = [];
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === VARINT) {
      const value = varint();
      if (number === TYPE) type = value;
      if (number === BLOCK_SIZES) blockSizes.push(value);
    } else if (wire === BYTES) {
      const value = take(varint());
      if (number === DATA) data = Uint8Array.from(value);
      if (number === BLOCK_SIZES) throw new Error("its sizes are packed");
    } else if (wire === FIXED_64) take(8n);
    else if (wire === FIXED_32) take(4n);
    else throw new Error("a field has an unknown form");
  }
  const name = TYPES[Number(type)];
  if (name !== "file" && name !== "raw") throw new Error(`it is a ${name ?? "node of no type"}, not a file`);
  return { data, blockSizes };
};

const field = (number: number, value: bigint): number[] => [number * 8 + VARINT, ...varintOf(value)];

const varintOf = (value: bigint): number[] => (value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varintOf(value >> 7n)]);
