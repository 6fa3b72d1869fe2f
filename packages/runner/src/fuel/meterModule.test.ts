import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { FUEL_IMPORT } from "../child/fuel.ts";
import { leb, PREAMBLE, section } from "../testing/guests/binaries.ts";
import { mutate, wholeModule } from "../testing/mutatedModules.ts";
import { wat } from "../testing/wat.ts";
import { validateModule } from "../validate/validateModule.ts";
import { meterModule } from "./meterModule.ts";

type Counter = { value: bigint };
/** V8's WebAssembly, as these tests use it: its types are of TypeScript's library for pages. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
    readonly Global: new (type: { readonly value: string; readonly mutable: boolean }, value: bigint) => Counter;
    readonly validate: (bytes: Uint8Array) => boolean;
  };
};

const FULL = 1_000_000n;
const imports = (counter: Counter, more = {}) => ({ [FUEL_IMPORT.module]: { [FUEL_IMPORT.name]: counter }, ...more });
const counterOf = (fuel: bigint): Counter => new WebAssembly.Global({ value: "i64", mutable: true }, fuel);

/** Calls `f` of a module as it is and metered. Returns what it gave, twice, and the fuel that it took. */
const both = (bytes: Uint8Array, args: readonly unknown[] = [], fuel = FULL) => {
  const call = (of: Uint8Array, imported: object): unknown =>
    (new WebAssembly.Instance(new WebAssembly.Module(of), imported).exports.f as (...args: readonly unknown[]) => unknown)(...args);
  const counter = counterOf(fuel);
  return { plain: call(bytes, {}), metered: call(meterModule(bytes), imports(counter)), fuel: Number(fuel - counter.value) };
};

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "passes";
  } catch (error) {
    return error instanceof KeyquorumError ? error.code : String(error);
  }
};

describe("The meter of fuel", () => {
  it("should count one for each instruction that runs, nothing for what makes no code, and one for each function that is entered", async () => {
    for (const [body, args, fuel] of [
      ['(func (export "f"))', [], 1],
      ['(func (export "f") (result i32) (i32.add (i32.const 1) (i32.const 2)))', [], 4],
      ['(func (export "f") nop (drop (i32.const 1)) (block))', [], 2],
      // if: its condition, itself, and the one branch that is taken
      [
        '(func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.add (i32.const 1) (i32.const 2)))))',
        [1],
        4,
      ],
      [
        '(func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.add (i32.const 1) (i32.const 2)))))',
        [0],
        6,
      ],
      // each round: get, const, sub, tee, br_if
      ['(func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))', [10], 51],
      // what stands behind a branch that is taken does not run
      ['(func (export "f") (block (br 0) (drop (i32.const 1)) (drop (i32.const 1))))', [], 2],
      ['(func (export "f") (block (br_if 0 (i32.const 1)) (drop (i32.const 1)) (drop (i32.const 1))))', [], 3],
      ['(func (export "f") (block (br_if 0 (i32.const 1)) (drop (i32.const 1))) (drop (i32.const 1)))', [], 4],
      ['(func (export "f") (block (br_table 0 0 (i32.const 0)) (drop (i32.const 1))))', [], 3],
      ['(func $g) (func (export "f") (return_call $g) (drop (i32.const 1)))', [], 3],
      ['(func (export "f") (result i32) (return (i32.const 1)) (drop (i32.const 1)) (i32.const 2))', [], 2],
      ['(func $g (result i32) (i32.const 3)) (func (export "f") (result i32) (i32.mul (call $g) (call $g)))', [], 8],
    ] as const)
      expect(both(await wat(`(module ${body})`), args).fuel, `${body} ${args.join()}`).to.equal(fuel);
  });

  it("should leave what a module does as it is: branches by table, several results, tables, bulk memory, vectors, tail calls", async () => {
    for (const [body, cases] of [
      [
        `(func (export "f") (param i32) (result i32) (block $c (block $b (block $a (br_table $a $b $c (local.get 0)))
           (return (i32.const 10))) (return (i32.const 20))) (i32.const 30))`,
        [[0], [1], [2], [9], [-1]],
      ],
      [
        `(type $two (func (param i32) (result i32 i32))) (func (export "f") (param i32) (result i32)
           (local.get 0) (block (type $two) (i32.const 5)) (i32.sub) (i32.const 2) (loop (param i32 i32) (result i32) (i32.mul)))`,
        [[7], [0]],
      ],
      [
        `(table 2 funcref) (elem (i32.const 0) $a $b) (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
         (func (export "f") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))`,
        [[0], [1]],
      ],
      [
        `(memory 1) (data $d "abcd") (func (export "f") (result i32) (memory.init $d (i32.const 8) (i32.const 0) (i32.const 4))
           (memory.copy (i32.const 16) (i32.const 8) (i32.const 4)) (memory.fill (i32.const 17) (i32.const 1) (i32.const 2)) (data.drop $d)
           (i32.load (i32.const 16)))`,
        [[]],
      ],
      [
        `(func (export "f") (param i32) (result i32) (i32x4.extract_lane 1 (i32x4.add (i32x4.splat (local.get 0))
           (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i32x4 1 2 3 4) (v128.const i32x4 5 6 7 8)))))`,
        [[40]],
      ],
      [
        `(func $sum (param i32 i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
           (return_call $sum (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (local.get 0))))
         (func (export "f") (param i32) (result i32) (return_call $sum (local.get 0) (i32.const 0)))`,
        [[100]],
      ],
      ['(func (export "f") (param f64) (result i64) (i64.trunc_sat_f64_s (f64.sqrt (local.get 0))))', [[1e18], [Number.NaN]]],
    ] as const)
      for (const args of cases) {
        const { plain, metered, fuel } = both(await wat(`(module ${body})`), args);
        expect(metered, `${body} ${args.join()}`).to.equal(plain);
        expect(fuel).to.be.above(1);
      }
  });

  it("should move every index of a global: in code, beginnings, exports, data and elements", async () => {
    const body = `(global $a (mut i32) (i32.const 3)) (global $b (export "b") (mut i32) (i32.const 40)) (memory (export "memory") 1)
      (func (export "f") (result i32) (global.set $b (i32.add (global.get $a) (global.get $b))) (global.set $a (i32.const 9)) (i32.sub (global.get $b) (global.get $a)))`;
    const bytes = await wat(`(module ${body})`);
    const { plain, metered } = both(bytes);
    expect([plain, metered]).to.deep.equal([34, 34]);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(meterModule(bytes)), imports(counterOf(FULL)));
    expect((exports.b as { value: unknown }).value).to.equal(40);
    // a place that a constant global says
    const placed = `(global $at i32 (i32.const 16)) (global $also i32 (global.get $at)) (global $data i32 (i32.const 24)) (memory 1) (data (global.get $data) "\\07") (table 20 funcref)
      (elem (global.get $also) $f) (func $f (export "f") (result i32) (i32.load8_u (i32.const 24)))`;
    expect(both(await wat(`(module ${placed})`)).metered).to.equal(7);
  });

  it("should reach no global of a module by the fuel's index: one that was never there is refused, not given", async () => {
    const reaching = (index: number, opcode: number) => {
      const name = (text: string) => [text.length, ...Buffer.from(text)];
      const body = opcode === 0x24 ? [0, 0x42, 0, opcode, ...leb(index), 0x0b] : [0, opcode, ...leb(index), 0x1a, 0x0b];
      return Uint8Array.from([
        ...[...PREAMBLE, ...section(1, [1, 0x60, 0, 0]), ...section(3, [1, 0]), ...section(5, [1, 0, 1])],
        ...section(6, [1, 0x7e, 1, 0x42, 0, 0x0b]), // one global of its own, an i64
        ...section(7, [2, ...name("_start"), 0, 0, ...name("memory"), 2, 0]),
        ...section(10, [1, ...leb(body.length), ...body]),
      ]);
    };
    for (const opcode of [0x23, 0x24]) {
      expect(WebAssembly.validate(meterModule(reaching(0, opcode)))).to.equal(true);
      for (const index of [1, 127, 2 ** 32 - 1])
        expect(
          codeOf(() => meterModule(reaching(index, opcode))),
          `${index}`,
        ).to.equal("MODULE_INVALID");
    }
    const bytes = meterModule(reaching(0, 0x24));
    const counter = counterOf(FULL);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports(counter));
    (exports._start as () => void)(); // sets its own to 0
    expect(counter.value).to.equal(FULL - 3n);
    expect(Object.keys(exports)).to.deep.equal(["_start", "memory"]);
  });

  it("should stop a module at the instruction stretch that it cannot pay, and let it pass with exactly enough", async () => {
    const bytes = await wat(
      '(module (func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))',
    );
    const { fuel } = both(bytes, [1_000]);
    expect(both(bytes, [1_000], BigInt(fuel)).fuel).to.equal(fuel);
    const counter = counterOf(BigInt(fuel) - 1n);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(meterModule(bytes)), imports(counter));
    expect(() => (exports.f as (rounds: number) => void)(1_000)).to.throw("unreachable");
    expect(counter.value).to.equal(-1n);
  });

  it("should end loops, recursion and tail calls that do nothing else", async () => {
    for (const body of [
      '(func (export "f") (loop (br 0)))',
      '(func (export "f") (loop (br_if 0 (i32.const 1))))',
      '(func (export "f") (loop (br_table 0 0 (i32.const 1))))',
      '(func $f (export "f") (return_call $f))',
      '(func (export "f")) (func $s (loop (br 0))) (start $s)',
    ]) {
      const module = new WebAssembly.Module(meterModule(await wat(`(module ${body})`)));
      const counter = counterOf(1_000n);
      const run = () => (new WebAssembly.Instance(module, imports(counter)).exports.f as () => void)();
      expect(run, body).to.throw("unreachable");
      expect(counter.value < 0n).to.equal(true);
    }
  });

  it("should make the same copy twice, without names and other custom sections", async () => {
    const bytes = await wholeModule();
    expect(Buffer.from(meterModule(bytes)).equals(meterModule(bytes))).to.equal(true);
    const named = Uint8Array.from([...bytes, 0, 6, 4, ...Buffer.from("name"), 9]);
    expect(Buffer.from(meterModule(named)).equals(meterModule(bytes))).to.equal(true);
  });

  it("should refuse an instruction that it does not know", async () => {
    const unknown = await wat('(module (tag $t) (func (export "f") (throw $t)))');
    expect(codeOf(() => meterModule(unknown))).to.equal("FUEL_UNSUPPORTED");
  });

  it("when a module that the validator passes is changed anywhere, its copy should be valid exactly when it is", async () => {
    const [whole, dice] = [await wholeModule(), rollDice("the meter's mutations")];
    for (let left = casesFor(1_500); left > 0; left--) {
      const bytes = mutate(whole, dice);
      if (codeOf(() => validateModule(bytes)) !== "passes") continue;
      const isValid = WebAssembly.validate(bytes);
      const code = codeOf(() => expect(WebAssembly.validate(meterModule(bytes))).to.equal(isValid));
      expect(code, Buffer.from(bytes).toString("hex")).to.match(isValid ? /^passes$/ : /^(passes|MODULE_INVALID)$/);
    }
  });
});
