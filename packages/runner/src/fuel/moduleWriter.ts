import { fuelUnsupported } from "./fuelUnsupported.ts";

const FIXED_SIZE_BYTES = 5;

/** Writes the bytes of a module, front to back. */
export class ModuleWriter {
  private bytes: Uint8Array;
  private readonly most: number;
  length = 0;

  /**
   * @param expected bytes to begin with; it grows
   * @param most bytes that it may have: a write beyond them throws FUEL_UNSUPPORTED
   */
  constructor(expected: number, most = Number.POSITIVE_INFINITY) {
    this.bytes = new Uint8Array(Math.max(expected, 64));
    this.most = most;
  }

  private room(count: number): void {
    if (this.length + count > this.most) throw fuelUnsupported(`the copy that counts would have more than ${this.most} bytes`);
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** The source's bytes from `from` up to `to`. */
  copy(source: Uint8Array, from: number, to: number): void {
    this.room(to - from);
    if (to - from < 32)
      for (let at = from; at < to; at++) this.bytes[this.length++] = source[at] as number; // most are a few bytes: a view of each costs more
    else {
      this.bytes.set(source.subarray(from, to), this.length);
      this.length += to - from;
    }
  }

  put(bytes: readonly number[]): void {
    this.room(bytes.length);
    for (const byte of bytes) this.bytes[this.length++] = byte;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(value: number): void {
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.put([(left % 0x80) + 0x80]);
    this.put([left]);
  }

  /** A signed LEB128 number that is not negative. */
  positive(value: number): void {
    let left = value;
    for (; left >= 0x40; left = Math.floor(left / 0x80)) this.put([(left % 0x80) + 0x80]);
    this.put([left]);
  }

  /** Writes something with its length in front: a number of five bytes, which every reader takes. Returns the length. */
  sized(write: () => void): number {
    this.put(new Array<number>(FIXED_SIZE_BYTES).fill(0));
    const start = this.length;
    write();
    const size = this.length - start;
    for (let place = 0, left = size; place < FIXED_SIZE_BYTES; place++, left = Math.floor(left / 0x80))
      this.bytes[start - FIXED_SIZE_BYTES + place] = (left % 0x80) + (place < FIXED_SIZE_BYTES - 1 ? 0x80 : 0);
    return size;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
