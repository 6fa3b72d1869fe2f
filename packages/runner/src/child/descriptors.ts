import { ERRNO, refuse } from "./errno.ts";
import type { Directory, File } from "./files.ts";

/** What a descriptor stands for. `position` is of the descriptor, as POSIX has it. */
export type Descriptor =
  | { readonly kind: "input"; readonly bytes: Uint8Array; position: number }
  | { readonly kind: "output"; readonly write: (bytes: Uint8Array) => void }
  | { readonly kind: "file"; readonly file: File; readonly canWrite: boolean; isAppending: boolean; position: number }
  | { readonly kind: "directory"; readonly directory: Directory; readonly preopened: string | undefined };

const MAX_OPEN = 256;

/** The guest's table of open descriptors: the lowest free number is given out, as POSIX does. */
export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  open(descriptor: Descriptor): number {
    if (this.#open.size >= MAX_OPEN) refuse(ERRNO.tooManyOpen);
    let number = 0;
    while (this.#open.has(number)) number += 1;
    this.#open.set(number, descriptor);
    return number;
  }

  at(number: number): Descriptor {
    return this.#open.get(number >>> 0) ?? refuse(ERRNO.badDescriptor);
  }

  directory(number: number): Directory {
    const found = this.at(number);
    return found.kind === "directory" ? found.directory : refuse(ERRNO.notDirectory);
  }

  file(number: number): Extract<Descriptor, { kind: "file" }> {
    const found = this.at(number);
    if (found.kind === "file") return found;
    return refuse(found.kind === "directory" ? ERRNO.isDirectory : ERRNO.noSeek);
  }

  close(number: number): void {
    if (!this.#open.delete(number >>> 0)) refuse(ERRNO.badDescriptor);
  }

  /** Gives `from` the number `to`, which has to be open, and closes what was there. */
  renumber(from: number, to: number): void {
    const moved = this.at(from);
    this.at(to);
    this.#open.delete(from >>> 0);
    this.#open.set(to >>> 0, moved);
  }
}
