import { malformed } from "./moduleRefused.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a part of a module's bytes from front to back, and never past its end. Every method throws `MODULE_INVALID` where the bytes end too soon. */
export class ModuleBytes {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.end;
  }

  byte(): number {
    if (this.offset >= this.end) throw malformed("it ends too soon", this.offset);
    return this.bytes[this.offset++] as number; // inside by the line above
  }

  skip(count: number): void {
    if (count > this.end - this.offset) throw malformed("it ends too soon", this.offset);
    this.offset += count;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) throw malformed("a number is too long", this.offset - 1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed("a number is too long", this.offset - 1);
  }

  /** Steps over a signed LEB128 number of at most `bits` bits, and returns its first byte. */
  signed(bits: 33 | 32 | 64): number {
    const first = this.byte();
    let last = first;
    for (let read = 1; last >= 0x80; read++) {
      if (read >= Math.ceil(bits / 7)) throw malformed("a number is too long", this.offset - 1);
      last = this.byte();
    }
    return first;
  }

  /** The next `length` bytes, as a reader of their own, and steps over them. */
  part(length: number): ModuleBytes {
    const start = this.offset;
    this.skip(length);
    return new ModuleBytes(this.bytes, start, start + length);
  }

  name(maxBytes: number): string {
    const length = this.u32();
    const start = this.offset;
    if (length > maxBytes) throw malformed("a name is too long", start);
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw malformed("a name is not UTF-8", start);
    }
  }
}
