import type { Point } from "../point.ts";
import type { Arena } from "./arena.ts";

/** 32 tables of 110,080 bytes: 3.5 MB. */
const MAX_TABLES = 32;

/** A table whose point was not used during this many uses of others gives way to another point's. */
const IDLE_USES = 256;

type Table = { owner: WeakRef<Point> | undefined; lastUse: number };

/** Tables of points that are used often, in the kernel's memory, as many as there is room for. They are public and stay until they give way. */
export class HotPoints {
  readonly #arena: Arena;
  readonly #hot = new WeakSet<Point>();
  readonly #indexOf = new WeakMap<Point, number>();
  readonly #tables: Table[] = [];
  #uses = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Remembers this object as hot: its table is made when it is first multiplied. */
  add(point: Point): void {
    if (!point.is0()) this.#hot.add(point);
  }

  /** The address of the point's table, or undefined: not hot, or no room. Uses point register 0 when it makes one. */
  tableOf(point: Point): number | undefined {
    if (!this.#hot.has(point)) return undefined;
    const use = ++this.#uses;
    const known = this.#indexOf.get(point);
    const table = known === undefined ? undefined : this.#tables[known];
    if (known !== undefined && table?.owner?.deref() === point) {
      table.lastUse = use;
      return this.#address(known);
    }
    const index = this.#freeIndex();
    if (index === undefined) return undefined;
    const address = this.#address(index);
    if (!this.#arena.reserve(address + this.#arena.wasm.FIXED_BYTES.value)) return undefined;
    // nobody's while it is written: a table that is not finished must not be found
    this.#tables[index] = { owner: undefined, lastUse: use };
    this.#arena.putPoint(0, point);
    this.#arena.wasm.writeFixedTable(address, this.#arena.point(0));
    this.#tables[index] = { owner: new WeakRef(point), lastUse: use };
    this.#indexOf.set(point, index);
    return address;
  }

  #freeIndex(): number | undefined {
    if (this.#tables.length < MAX_TABLES) return this.#tables.length;
    const index = this.#tables.findIndex(({ owner, lastUse }) => owner?.deref() === undefined || this.#uses - lastUse > IDLE_USES);
    return index === -1 ? undefined : index;
  }

  #address(index: number): number {
    const { FIXED, FIXED_BYTES } = this.#arena.wasm;
    return FIXED.value + index * FIXED_BYTES.value;
  }
}
