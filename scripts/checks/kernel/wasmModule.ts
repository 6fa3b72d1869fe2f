// Reads the part of the WebAssembly binary format (core specification 2.0, chapter 5) that the kernel uses. What it does not know, it refuses.

/** One instruction. `a` and `b` are its immediates: an index, a constant, the offset of a memory access; `to` is where a block's end or an if's else is. */
export type Instruction = {
  readonly op: string;
  readonly a: bigint;
  readonly to: number;
  readonly otherwise: number;
  /** Where it stands in the file. */
  readonly at: number;
};
export type WasmFunction = {
  readonly index: number;
  readonly parameters: number;
  readonly results: number;
  /** Types of parameters and locals. */
  readonly locals: readonly string[];
  readonly code: readonly Instruction[];
};
export type WasmModule = {
  readonly functions: readonly WasmFunction[];
  readonly exports: ReadonlyMap<string, number>;
  readonly globals: ReadonlyMap<string, number>;
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly pages: number;
};

const TYPES: Readonly<Record<number, string>> = { 127: "i32", 126: "i64", 123: "v128" };
const names = (from: number, text: string): readonly (readonly [number, string])[] => text.split(" ").map((name, i) => [from + i, name]);

/** Opcodes without immediates. */
const PLAIN: ReadonlyMap<number, string> = new Map([
  ...names(0x00, "unreachable nop"),
  ...names(0x0f, "return"),
  ...names(0x1a, "drop select"),
  ...names(0x45, "i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u"),
  ...names(0x50, "i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u"),
  ...names(0x67, "i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u"),
  ...names(0x71, "i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr"),
  ...names(0x79, "i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u"),
  ...names(0x83, "i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr"),
  ...names(0xa7, "i32.wrap_i64"),
  ...names(0xac, "i64.extend_i32_s i64.extend_i32_u"),
  ...names(0xc0, "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s"),
]);
/** Opcodes with one index. */
const INDEXED: ReadonlyMap<number, string> = new Map([
  ...names(0x0c, "br br_if"),
  ...names(0x10, "call"),
  ...names(0x20, "local.get local.set local.tee global.get global.set"),
]);
/** Loads and stores: alignment and offset. */
const MEMORY: ReadonlyMap<number, string> = new Map([
  ...names(0x28, "i32.load i64.load"),
  ...names(
    0x2c,
    "i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u",
  ),
  ...names(0x36, "i32.store i64.store"),
  ...names(0x3a, "i32.store8 i32.store16 i64.store8 i64.store16 i64.store32"),
]);
const SIMD_MEMORY: ReadonlyMap<number, string> = new Map([
  [0, "v128.load"],
  [11, "v128.store"],
]);
const SIMD_PLAIN: ReadonlyMap<number, string> = new Map([
  [18, "i64x2.splat"],
  ...names(77, "v128.not v128.and v128.andnot v128.or v128.xor"),
]);

class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("The module ends too early.");
    return value;
  }
  unsigned(): number {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return Number(value);
    }
  }
  signed(): bigint {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return byte & 0x40 ? value - (1n << shift) : value;
    }
  }
  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  text(): string {
    return Buffer.from(this.take(this.unsigned())).toString();
  }
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }
}

const unknown = (what: string, at: number): Error =>
  new Error(`${what} at byte ${at} is not in the part of WebAssembly that this reader knows.`);
const typeOf = (byte: number, at: number): string => {
  const type = TYPES[byte];
  if (type === undefined) throw unknown(`type ${byte}`, at);
  return type;
};

type Draft = { -readonly [K in keyof Instruction]: Instruction[K] };

/** One instruction, `to` and `otherwise` still open. */
const readInstruction = (reader: Reader): Draft => {
  const at = reader.at;
  const opcode = reader.byte();
  const make = (op: string | undefined, a = 0n): Draft => {
    if (op === undefined) throw unknown(`opcode ${opcode}`, at);
    return { op, a, to: -1, otherwise: -1, at };
  };
  const memory = (op: string | undefined): Draft => {
    reader.unsigned(); // alignment says nothing of the meaning
    return make(op, BigInt(reader.unsigned()));
  };
  if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) {
    const blockType = reader.byte();
    if (blockType !== 0x40) typeOf(blockType, at);
    return make({ 2: "block", 3: "loop", 4: "if" }[opcode], blockType === 0x40 ? 0n : 1n);
  }
  if (opcode === 0x05) return make("else");
  if (opcode === 0x0b) return make("end");
  if (opcode === 0x41) return make("i32.const", BigInt.asUintN(32, reader.signed()));
  if (opcode === 0x42) return make("i64.const", BigInt.asUintN(64, reader.signed()));
  if (INDEXED.has(opcode)) return make(INDEXED.get(opcode), BigInt(reader.unsigned()));
  if (MEMORY.has(opcode)) return memory(MEMORY.get(opcode));
  if (opcode === 0xfc) {
    const sub = reader.unsigned();
    if (sub === 10) reader.take(2);
    else if (sub === 11) reader.take(1);
    else throw unknown(`opcode 252 ${sub}`, at);
    return make(sub === 10 ? "memory.copy" : "memory.fill");
  }
  if (opcode === 0xfd) {
    const sub = reader.unsigned();
    if (SIMD_MEMORY.has(sub)) return memory(SIMD_MEMORY.get(sub));
    if (sub === 12)
      return make(
        "v128.const",
        Buffer.from(reader.take(16)).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
      );
    return make(SIMD_PLAIN.get(sub));
  }
  return make(PLAIN.get(opcode));
};

/** The instructions up to the end of a function or a constant expression, each block with its end. */
const readCode = (reader: Reader): Instruction[] => {
  const code: Draft[] = [];
  const open: number[] = [];
  for (;;) {
    const instruction = readInstruction(reader);
    const index = code.push(instruction) - 1;
    if (["block", "loop", "if"].includes(instruction.op)) open.push(index);
    else if (instruction.op === "else") (code[open.at(-1) as number] as Draft).otherwise = index;
    else if (instruction.op === "end") {
      const start = open.pop();
      if (start === undefined) return code;
      (code[start] as Draft).to = index;
    }
  }
};

/** Reads a module without imports, tables and start function, of one memory. Throws an Error for anything else. */
export const readModule = (bytes: Uint8Array): WasmModule => {
  const reader = new Reader(bytes);
  if (Buffer.from(reader.take(8)).toString("hex") !== "0061736d01000000") throw new Error("This is no WebAssembly module.");
  let types: { parameters: string[]; results: number }[] = [];
  let signatures: number[] = [];
  let pages = 0;
  const functions: WasmFunction[] = [];
  const values: number[] = [];
  const exports = new Map<string, number>();
  const globals = new Map<string, number>();
  const data: { address: number; bytes: Uint8Array }[] = [];
  const constant = (): number => Number(readCode(reader)[0]?.a);
  const sections: Readonly<Record<number, () => void>> = {
    1: () => {
      types = reader.list(() => {
        if (reader.byte() !== 0x60) throw unknown("a type", reader.at);
        const type = () => typeOf(reader.byte(), reader.at);
        return { parameters: reader.list(type), results: reader.list(type).length };
      });
    },
    3: () => {
      signatures = reader.list(() => reader.unsigned());
    },
    5: () => {
      reader.list(() => {
        const hasMaximum = reader.byte() === 1;
        pages = reader.unsigned();
        if (hasMaximum) reader.unsigned();
      });
    },
    6: () => {
      reader.list(() => {
        reader.take(2);
        values.push(constant());
      });
    },
    7: () => {
      reader.list(() => {
        const name = reader.text();
        const kind = reader.byte();
        const index = reader.unsigned();
        if (kind === 0) exports.set(name, index);
        if (kind === 3) globals.set(name, values[index] as number);
      });
    },
    10: () => {
      reader.list(() => {
        const end = reader.unsigned() + reader.at;
        const { parameters, results } = types[signatures[functions.length] as number] as (typeof types)[number];
        const declared = reader.list(() => Array<string>(reader.unsigned()).fill(typeOf(reader.byte(), reader.at))).flat();
        const code = readCode(reader);
        if (reader.at !== end) throw new Error("A function is not as long as it says.");
        functions.push({ index: functions.length, parameters: parameters.length, results, locals: [...parameters, ...declared], code });
      });
    },
    11: () => {
      reader.list(() => {
        if (reader.unsigned() !== 0) throw unknown("a passive data segment", reader.at);
        data.push({ address: constant(), bytes: reader.take(reader.unsigned()) });
      });
    },
  };
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (id !== 0 && id !== 12) {
      const read = sections[id];
      if (read === undefined) throw unknown(`section ${id}`, reader.at);
      read();
    }
    reader.at = end;
  }
  return { functions, exports, globals, data, pages };
};
