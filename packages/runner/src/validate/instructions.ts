import { MODULE_LIMITS } from "./limits.ts";
import type { ModuleBytes } from "./moduleBytes.ts";
import { malformed, refused, tooMany } from "./moduleRefused.ts";

/**
 * What follows an opcode: nothing, a block's type, an index, two, a list of indices and one more, a memory argument, numbers, a list of types,
 * one zero byte (a memory's index), a reference type.
 */
type Immediate = "none" | "block" | "index" | "two" | "table" | "memory" | "i32" | "i64" | "f32" | "f64" | "types" | "zero" | "type";

const ONE_BYTE: readonly (Immediate | undefined)[] = (() => {
  const table = new Array<Immediate | undefined>(256).fill(undefined);
  const set = (from: number, to: number, what: Immediate): unknown => table.fill(what, from, to + 1);
  set(0x00, 0x01, "none"); // unreachable, nop
  set(0x02, 0x04, "block"); // block, loop, if
  set(0x05, 0x05, "none"); // else
  set(0x0b, 0x0b, "none"); // end
  set(0x0c, 0x0d, "index"); // br, br_if
  table[0x0e] = "table"; // br_table
  table[0x0f] = "none"; // return
  table[0x10] = "index"; // call
  table[0x11] = "two"; // call_indirect
  table[0x12] = "index"; // return_call
  table[0x13] = "two"; // return_call_indirect
  set(0x1a, 0x1b, "none"); // drop, select
  table[0x1c] = "types"; // select with types
  set(0x20, 0x26, "index"); // locals, globals, table.get, table.set
  set(0x28, 0x3e, "memory"); // loads and stores
  set(0x3f, 0x40, "zero"); // memory.size, memory.grow
  table[0x41] = "i32";
  table[0x42] = "i64";
  table[0x43] = "f32";
  table[0x44] = "f64";
  set(0x45, 0xc4, "none"); // comparisons, arithmetic, conversions, sign extension
  table[0xd0] = "type"; // ref.null
  table[0xd1] = "none"; // ref.is_null
  table[0xd2] = "index"; // ref.func
  return table;
})();

/** Instructions that newer proposals add and that no module here needs: the less of V8 a guest reaches, the better. */
const REFUSED: Readonly<Record<number, string>> = {
  6: "exceptions",
  7: "exceptions",
  8: "exceptions",
  9: "exceptions",
  10: "exceptions",
  20: "typed function references",
  21: "typed function references",
  24: "exceptions",
  25: "exceptions",
  31: "exceptions",
  211: "garbage collection",
  212: "typed function references",
  213: "typed function references",
  214: "typed function references",
  251: "garbage collection",
  254: "threads (atomic instructions)",
};

/** Is told of each instruction that was stepped over: its first byte, and where it began. */
export type OnInstruction = (opcode: number, at: number) => void;

/** Steps over the instructions of one expression, its `end` included. Throws `MODULE_INVALID`, `MODULE_REFUSED`. */
export const skipExpression = (code: ModuleBytes, onInstruction?: OnInstruction): void => {
  let depth = 1;
  while (depth > 0) {
    const at = code.offset;
    const opcode = code.byte();
    if (opcode === 0x0b) depth -= 1;
    else if (opcode === 0xfc) skipNumbered(code, at);
    else if (opcode === 0xfd) skipVector(code, at);
    else {
      const immediate = ONE_BYTE[opcode];
      if (immediate === undefined) throw unknown(opcode, at);
      if (immediate === "block") {
        skipBlockType(code, at);
        depth += 1;
        if (depth > MODULE_LIMITS.nesting) throw tooMany("blocks inside each other", depth, MODULE_LIMITS.nesting);
      } else if (immediate !== "none") skipImmediate(code, immediate);
    }
    onInstruction?.(opcode, at);
  }
};

const unknown = (opcode: number, at: number): Error => {
  const proposal = REFUSED[opcode];
  return proposal === undefined
    ? malformed(`there is no instruction 0x${opcode.toString(16).padStart(2, "0")}`, at)
    : refused(`it uses ${proposal}, at byte ${at}`, { offset: at });
};

const skipImmediate = (code: ModuleBytes, what: Immediate): void => {
  switch (what) {
    case "none":
      return;
    case "index":
      code.u32();
      return;
    case "two":
      code.u32();
      code.u32();
      return;
    case "table":
      for (let count = code.u32(); count >= 0; count--) code.u32(); // the targets and the default
      return;
    case "memory":
      skipMemoryArgument(code);
      return;
    case "i32":
      code.signed(32);
      return;
    case "i64":
      code.signed(64);
      return;
    case "f32":
      code.skip(4);
      return;
    case "f64":
      code.skip(8);
      return;
    case "types":
      for (let count = code.u32(); count > 0; count--) skipValueType(code);
      return;
    case "zero":
      skipZero(code);
      return;
    case "type":
      skipReferenceType(code);
      return;
    case "block":
      skipBlockType(code, code.offset);
      return;
  }
};

/** A block's type: none, one value, or the index of a function's type (a signed number of 33 bits that is not negative). */
const skipBlockType = (code: ModuleBytes, at: number): void => {
  const first = code.signed(33);
  const isOneByte = first < 0x80;
  if (isOneByte && first >= 0x40 && first !== 0x40 && !isValueType(first)) throw malformed("a block has no such type", at);
};

/** Alignment and offset; bit 6 of the alignment announces another memory, and there is one. */
const skipMemoryArgument = (code: ModuleBytes): void => {
  const at = code.offset;
  if (code.u32() >= 64) throw refused(`it uses a further memory, at byte ${at}`, { offset: at });
  code.u32();
};

const skipZero = (code: ModuleBytes): void => {
  const at = code.offset;
  if (code.byte() !== 0) throw refused(`it uses a further memory, at byte ${at}`, { offset: at });
};

const isValueType = (byte: number): boolean => (byte >= 0x7b && byte <= 0x7f) || byte === 0x70 || byte === 0x6f;

/** i32, i64, f32, f64, v128, funcref or externref. */
export const skipValueType = (code: ModuleBytes): number => {
  const at = code.offset;
  const type = code.byte();
  if (!isValueType(type)) throw malformed(`there is no value type 0x${type.toString(16)} here`, at);
  return type;
};

/** funcref or externref. */
export const skipReferenceType = (code: ModuleBytes): void => {
  const at = code.offset;
  const type = code.byte();
  if (type !== 0x70 && type !== 0x6f) throw malformed(`there is no reference type 0x${type.toString(16)} here`, at);
};

/** 0xfc: saturating conversions, bulk memory and tables. */
const skipNumbered = (code: ModuleBytes, at: number): void => {
  const number = code.u32();
  if (number <= 7) return;
  switch (number) {
    case 8: // memory.init
      code.u32();
      skipZero(code);
      return;
    case 9: // data.drop
    case 13: // elem.drop
    case 15: // table.grow
    case 16: // table.size
    case 17: // table.fill
      code.u32();
      return;
    case 10: // memory.copy
      skipZero(code);
      skipZero(code);
      return;
    case 11: // memory.fill
      skipZero(code);
      return;
    case 12: // table.init
    case 14: // table.copy
      code.u32();
      code.u32();
      return;
    default:
      throw malformed(`there is no instruction 0xfc ${number}`, at);
  }
};

/** 0xfd: vectors of 128 bits. The relaxed ones answer differently on different machines and are refused. */
const skipVector = (code: ModuleBytes, at: number): void => {
  const number = code.u32();
  if (number > 255) throw refused(`it uses relaxed vector instructions, at byte ${at}`, { offset: at });
  if (number <= 11 || number === 92 || number === 93) skipMemoryArgument(code);
  else if (number === 12 || number === 13) code.skip(16);
  else if (number >= 21 && number <= 34) code.skip(1);
  else if (number >= 84 && number <= 91) {
    skipMemoryArgument(code);
    code.skip(1);
  }
};
