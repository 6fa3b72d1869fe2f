import type { Instruction, WasmFunction, WasmModule } from "./wasmModule.ts";

/**
 * What is known of values, instead of values. One run over a domain stands for all runs over the values that the domain leaves open, as long as every
 * branch and every address is decided by what is known: then all of them take the same path.
 */
export type Domain<V> = {
  readonly constant: (value: bigint, bits: number) => V;
  /** The value, as an unsigned integer, if it is the same in all runs. */
  readonly known: (value: V) => bigint | undefined;
  /** Which way a branch goes whose condition is not known; undefined, or without this, it is refused. */
  readonly assumed?: (condition: V) => bigint | undefined;
  readonly unary: (op: string, a: V, where: string) => V;
  readonly binary: (op: string, a: V, b: V, where: string) => V;
  readonly load: (address: number, bytes: number) => V;
  readonly store: (address: number, bytes: number, value: V) => void;
};

/** Something that depends on what is not known, though it must not. */
export class Undecided extends Error {
  override readonly name = "Undecided";
}

const MAX_STEPS = 100_000_000;
const BITS: Readonly<Record<string, number>> = { i32: 32, i64: 64, v128: 128 };
const VARIABLE_TIME = /[.](div|rem)_/;
const ACCESS = /^(i32|i64|v128)[.](load|store)(\d*)(_[su])?$/;

/** Runs functions of a module over a domain: the instructions in their order, each branch and address decided or refused with Undecided. */
export class Machine<V> {
  readonly #module: WasmModule;
  readonly #domain: Domain<V>;
  #steps = 0;

  constructor(module: WasmModule, domain: Domain<V>) {
    this.#module = module;
    this.#domain = domain;
  }

  /** How many instructions have run. */
  get steps(): number {
    return this.#steps;
  }

  /** Calls an exported function with arguments of 32 bits. */
  call(name: string, ...args: readonly number[]): V | undefined {
    const index = this.#module.exports.get(name);
    if (index === undefined) throw new Error(`The module exports no ${name}.`);
    const stack = args.map((value) => this.#domain.constant(BigInt(value), 32));
    this.#run(this.#module.functions[index] as WasmFunction, stack);
    return stack.pop();
  }

  #run({ index, parameters, locals: types, code }: WasmFunction, stack: V[]): void {
    const domain = this.#domain;
    const locals = stack.splice(stack.length - parameters, parameters);
    for (const type of types.slice(parameters)) locals.push(domain.constant(0n, BITS[type] as number));
    const labels: { readonly start: number; readonly height: number; readonly keep: number }[] = [];
    const bottom = stack.length;
    const pop = (): V => stack.pop() as V;
    const decided = (value: V, what: string, { at, op }: Instruction): bigint => {
      const known = domain.known(value) ?? (what === "the condition" && op !== "select" ? domain.assumed?.(value) : undefined);
      if (known === undefined) throw new Undecided(`${what} of ${op} in function ${index} at byte ${at} is not known`);
      return known;
    };
    /** Leaves `depth` blocks; the next instruction to run, or undefined where that is the function itself. */
    const branch = (depth: number): number | undefined => {
      const label = labels[labels.length - 1 - depth];
      if (label === undefined) return undefined;
      const { op, to } = code[label.start] as Instruction;
      const isLoop = op === "loop";
      stack.splice(label.height, stack.length - label.height - (isLoop ? 0 : label.keep));
      labels.length -= isLoop ? depth : depth + 1;
      return isLoop ? label.start + 1 : to + 1;
    };
    let next = 0;
    while (next < code.length) {
      if (++this.#steps > MAX_STEPS) throw new Error("This takes too many steps.");
      const instruction = code[next++] as Instruction;
      const { op, a } = instruction;
      const where = `${op} in function ${index} at byte ${instruction.at}`;
      switch (op) {
        case "nop":
          break;
        case "block":
        case "loop":
          labels.push({ start: next - 1, height: stack.length, keep: Number(a) });
          break;
        case "if": {
          const isTaken = decided(pop(), "the condition", instruction) !== 0n;
          if (isTaken || instruction.otherwise >= 0) labels.push({ start: next - 1, height: stack.length, keep: Number(a) });
          if (!isTaken) next = (instruction.otherwise >= 0 ? instruction.otherwise : instruction.to) + 1;
          break;
        }
        case "else": // the end of what is done if so
          next = (code[(labels.pop() as { start: number }).start] as Instruction).to + 1;
          break;
        case "end":
          labels.pop();
          break;
        case "br_if":
        case "br": {
          if (op === "br_if" && decided(pop(), "the condition", instruction) === 0n) break;
          const target = branch(Number(a));
          if (target === undefined) return;
          next = target;
          break;
        }
        case "return":
          stack.splice(bottom, stack.length - bottom - (this.#module.functions[index] as WasmFunction).results);
          return;
        case "call":
          this.#run(this.#module.functions[Number(a)] as WasmFunction, stack);
          break;
        case "drop":
          pop();
          break;
        case "select": {
          // engines may branch here
          const isFirst = decided(pop(), "the condition", instruction) !== 0n;
          const [second, first] = [pop(), pop()];
          stack.push(isFirst ? first : second);
          break;
        }
        case "local.get":
          stack.push(locals[Number(a)] as V);
          break;
        case "local.set":
          locals[Number(a)] = pop();
          break;
        case "local.tee":
          locals[Number(a)] = stack.at(-1) as V;
          break;
        case "i32.const":
          stack.push(domain.constant(a, 32));
          break;
        case "i64.const":
          stack.push(domain.constant(a, 64));
          break;
        case "v128.const":
          stack.push(domain.constant(a, 128));
          break;
        case "memory.fill": {
          const length = Number(decided(pop(), "the length", instruction));
          const value = pop();
          const address = Number(decided(pop(), "the address", instruction));
          for (let i = 0; i < length; i++) domain.store(address + i, 1, value);
          break;
        }
        case "memory.copy": {
          const length = Number(decided(pop(), "the length", instruction));
          const from = Number(decided(pop(), "the address", instruction));
          const to = Number(decided(pop(), "the address", instruction));
          if (length % 4 !== 0) throw new Error(`${where}: a length that is no multiple of 4`);
          const copied = Array.from({ length: length / 4 }, (_, i) => domain.load(from + 4 * i, 4));
          copied.forEach((value, i) => {
            domain.store(to + 4 * i, 4, value);
          });
          break;
        }
        default: {
          const access = ACCESS.exec(op);
          if (access !== null) {
            this.#access(access, stack, instruction, decided);
            break;
          }
          if (/eqz$|wrap|extend|splat|[.]not$|clz|ctz|popcnt/.test(op)) {
            stack.push(domain.unary(op, pop(), where));
            break;
          }
          if (!/^(i32|i64|v128)[.]/.test(op)) throw new Error(`${where}: the machine does not know it`);
          const [second, first] = [pop(), pop()];
          if (VARIABLE_TIME.test(op)) for (const operand of [first, second]) decided(operand, "an operand", instruction);
          stack.push(domain.binary(op, first, second, where));
        }
      }
    }
  }

  #access(
    [, type, kind, size, extension]: RegExpExecArray,
    stack: V[],
    instruction: Instruction,
    decided: (value: V, what: string, instruction: Instruction) => bigint,
  ): void {
    const domain = this.#domain;
    const whole = (BITS[type as string] as number) / 8;
    const bytes = size === "" ? whole : Number(size) / 8;
    const value = kind === "store" ? (stack.pop() as V) : undefined;
    const address = Number(decided(stack.pop() as V, "the address", instruction) + instruction.a);
    if (value !== undefined) {
      domain.store(address, bytes, value);
      return;
    }
    const loaded = domain.load(address, bytes);
    if (extension === undefined || (extension === "_u" && type === "i32")) stack.push(loaded);
    else if (type === "i64" && bytes === 4) stack.push(domain.unary(`i64.extend_i32${extension}`, loaded, instruction.op));
    else stack.push(domain.unary(`${type}.extend${8 * bytes}${extension}`, loaded, instruction.op));
  }
}
