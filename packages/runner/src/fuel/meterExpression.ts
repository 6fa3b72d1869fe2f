import { skipExpression } from "../validate/instructions.ts";
import { ModuleBytes } from "../validate/moduleBytes.ts";
import { malformed } from "../validate/moduleRefused.ts";
import { fuelUnsupported } from "./fuelUnsupported.ts";
import type { ModuleWriter } from "./moduleWriter.ts";

/** What `fuelOf` says of an instruction that this pass does not know: it is no guess what it does to the flow. */
const UNKNOWN = -1;

/** Fuel of each one-byte instruction. As wasmtime counts, whose units Blockless's `limited_fuel` has: one each, nothing for what makes no code. */
const FUEL: Int8Array = (() => {
  const table = new Int8Array(256).fill(UNKNOWN);
  const set = (from: number, to: number, fuel: number): unknown => table.fill(fuel, from, to + 1);
  set(0x00, 0x03, 0); // unreachable, nop, block, loop
  table[0x04] = 1; // if
  table[0x05] = 0; // else
  table[0x0b] = 0; // end
  set(0x0c, 0x0e, 1); // br, br_if, br_table
  table[0x0f] = 0; // return
  set(0x10, 0x13, 1); // calls and tail calls
  table[0x1a] = 0; // drop
  set(0x1b, 0x1c, 1); // select
  set(0x20, 0x26, 1); // locals, globals, tables
  set(0x28, 0xc4, 1); // memory, constants, arithmetic
  set(0xd0, 0xd2, 1); // references
  set(0xfc, 0xfd, 1); // bulk memory and vectors: one each, however many bytes
  return table;
})();

/** Where a straight stretch ends: what follows is reached from elsewhere, or not at all. A block's begin is no end: it is only fallen into. */
const ENDS_STRETCH: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (const opcode of [0x00, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x12, 0x13]) table[opcode] = 1;
  return table;
})();

const [GLOBAL_GET, GLOBAL_SET] = [0x23, 0x24];
/** global.get 0, i64.const .. */
const CHARGE = [0x23, 0x00, 0x42] as const;
/** .. i64.sub, global.set 0, global.get 0, i64.const 0, i64.lt_s, if, unreachable, end. It never goes far below zero: the counter cannot run over. */
const OR_TRAP = [0x7d, 0x24, 0x00, 0x23, 0x00, 0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b] as const;

/** Even an empty function costs something: who calls it without end runs out. */
const FUEL_OF_ENTRY = 1;

/** How many globals the module has: an index above them would be another one's once the fuel's is there. */
export type Globals = { readonly count: number };

/**
 * Copies an expression with every global's index one higher: 0 is the fuel's. With `isCode` each straight stretch pays for itself before it begins.
 * Throws FUEL_UNSUPPORTED for an instruction that this pass does not know, MODULE_INVALID for a global that is not there.
 */
export const meterExpression = (code: ModuleBytes, out: ModuleWriter, { count }: Globals, isCode: boolean): void => {
  const { bytes } = code;
  let [begin, fuel] = [code.offset, isCode ? FUEL_OF_ENTRY : 0];
  let indices: number[] = []; // of globals in this stretch: where each begins and ends, and what it is
  const endStretch = (end: number): void => {
    if (isCode && fuel > 0) {
      out.put(CHARGE);
      out.positive(fuel);
      out.put(OR_TRAP);
    }
    let copied = begin;
    for (let at = 0; at < indices.length; at += 3) {
      const [from = 0, to = 0, index = 0] = [indices[at], indices[at + 1], indices[at + 2]];
      out.copy(bytes, copied, from);
      out.u32(index + 1);
      copied = to;
    }
    out.copy(bytes, copied, end);
    [begin, fuel] = [end, 0];
    if (indices.length > 0) indices = [];
  };
  skipExpression(code, (opcode, at) => {
    const own = FUEL[opcode] ?? UNKNOWN;
    if (own === UNKNOWN) throw fuelUnsupported(`it uses the instruction 0x${opcode.toString(16)}, at byte ${at}`);
    fuel += own;
    if (opcode === GLOBAL_GET || opcode === GLOBAL_SET) {
      const index = new ModuleBytes(bytes, at + 1, code.offset).u32();
      if (index >= count) throw malformed("there is no such global", at);
      indices.push(at + 1, code.offset, index);
    }
    if (ENDS_STRETCH[opcode] === 1) endStretch(code.offset);
  });
  endStretch(code.offset);
};
