import { ERRNO, Refusal } from "./errno.ts";
import type { Memory } from "./webAssembly.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The guest's memory, as host functions see it. Pointers and lengths are i32 of the guest: unsigned, and each range is checked before it is touched.
 * `fault` is what a range outside is answered with. A view is taken anew for each call: the memory may have grown in between.
 */
export class GuestMemory {
  readonly #fault: number;
  #memory: Memory | undefined;

  constructor(fault: number = ERRNO.fault) {
    this.#fault = fault;
  }

  /** Before this, in a module's start section, no range is inside. */
  attach(memory: Memory): void {
    this.#memory = memory;
  }

  get bytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  range(pointer: number, length: number): Uint8Array {
    const [start, count] = [pointer >>> 0, length >>> 0];
    if (this.#memory === undefined || start + count > this.#memory.buffer.byteLength) throw new Refusal(this.#fault);
    return new Uint8Array(this.#memory.buffer, start, count);
  }

  view(pointer: number, length: number): DataView {
    const { buffer, byteOffset } = this.range(pointer, length);
    return new DataView(buffer, byteOffset, length);
  }

  setU32(pointer: number, value: number): void {
    this.view(pointer, 4).setUint32(0, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.view(pointer, 8).setBigUint64(0, value, true);
  }

  /** A text of the guest's; `illegal` is what bytes that are not UTF-8 are answered with. */
  text(pointer: number, length: number, illegal: number): string {
    const bytes = this.range(pointer, length).slice();
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Refusal(illegal);
    }
  }

  /** Ranges of a list of (pointer, length), all of them checked. */
  ranges(pointer: number, count: number): readonly Uint8Array[] {
    const list = this.view(pointer, (count >>> 0) * 8);
    const ranges: Uint8Array[] = [];
    for (let at = 0; at < list.byteLength; at += 8) ranges.push(this.range(list.getUint32(at, true), list.getUint32(at + 4, true)));
    return ranges;
  }
}
