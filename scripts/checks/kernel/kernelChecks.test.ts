import { expect } from "chai";
import { kernelBytes } from "../../../packages/threshold/src/kernel/instantiate.ts";
import { compileKernel } from "../../kernel/compile.ts";
import { boundProblem, formulas } from "./limbBounds.ts";
import { dependenceOf, PUBLIC_CALLS } from "./secrets.ts";
import { readModule } from "./wasmModule.ts";

const SECRET_FROM = 4096;
const kernel = readModule(kernelBytes());
const [point, word, table] = ["POINTS", "WORDS", "FIXED"].map((name) => kernel.globals.get(name) as number) as [number, number, number];

/** A module of one page that exports `f`, a function from i32 to nothing with this code (the binary format, without the end). */
const moduleOf = (...code: readonly number[]): Uint8Array => {
  const section = (id: number, ...bytes: readonly number[]): readonly number[] => [id, bytes.length, ...bytes];
  const body = [0, ...code, 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 1, 1, 0x66, 0, 0),
    ...section(10, 1, body.length, ...body),
  );
};
const [GET, CONST, LOAD, STORE, DROP] = [0x20, 0x41, [0x28, 2, 0], [0x36, 2, 0], 0x1a] as const;
const SECRET = [GET, 0, ...LOAD]; // what lies at the address that the function is given
const problemOf = (...code: readonly number[]): string | undefined =>
  dependenceOf(readModule(moduleOf(...code)), SECRET_FROM, "f", SECRET_FROM);

// That both hold for the committed kernel is what `npm run check` says.
describe("the proof that nothing depends on a secret", () => {
  const planted: Readonly<Record<string, readonly number[]>> = {
    "a branch": [...SECRET, 0x04, 0x40, 0x0b],
    "a conditional break": [0x02, 0x40, ...SECRET, 0x0d, 0, 0x0b],
    "a selection, which engines may make a branch": [CONST, 1, CONST, 2, ...SECRET, 0x1b, DROP],
    "an address that is read": [...SECRET, ...LOAD, DROP],
    "an address that is written": [...SECRET, CONST, 1, ...STORE],
    "a length": [GET, 0, CONST, 0, ...SECRET, 0xfc, 11, 0],
    "a division": [...SECRET, CONST, 3, 0x6e, DROP],
    "a branch on what was computed of a secret and kept in memory": [
      GET,
      0,
      ...SECRET,
      CONST,
      5,
      0x6a,
      ...STORE,
      GET,
      0,
      ...LOAD,
      0x45,
      0x04,
      0x40,
      0x0b,
    ],
    "a loop": [0x03, 0x40, ...SECRET, CONST, 1, 0x6b, 0x0d, 0, 0x0b],
  };
  for (const [what, code] of Object.entries(planted)) {
    it(`finds ${what}`, () => {
      expect(problemOf(...code)).to.match(/is not known$/);
    });
  }

  it("lets arithmetic, and branches on what is public, be", () => {
    expect(problemOf(GET, 0, ...SECRET, ...SECRET, 0x6c, ...STORE)).to.equal(undefined);
    expect(problemOf(GET, 0, CONST, 0, ...STORE, GET, 0, ...LOAD, 0x04, 0x40, 0x0b), "a secret that was overwritten").to.equal(undefined);
    expect(problemOf(CONST, 0, ...LOAD, 0x04, 0x40, 0x0b), "a constant").to.equal(undefined);
  });

  it("refuses a module with an instruction that it does not know", () => {
    expect(() => readModule(moduleOf(0x92))).to.throw("opcode 146");
  });

  it("finds those of the kernel that work in variable time", () => {
    const calls: readonly (readonly [string, ...number[]])[] = [
      ["decompress", point, word, 1],
      ["multiplyFixedPublic", point, table, word],
      ["sumPublic", point, point + 128, word, 1],
    ];
    for (const [name, ...args] of calls) {
      expect(dependenceOf(kernel, SECRET_FROM, name, ...args), name).to.match(/is not known$/);
      expect(PUBLIC_CALLS).to.include(name);
    }
  });
});

describe("the bounds of limbs", () => {
  it("do not hold for points of greater limbs than the formulas are made for", () => {
    const found = formulas(kernel, [12n, 12n, 12n])
      .filter(({ name }) => ["double", "addPoints"].includes(name))
      .map((formula) => boundProblem(kernel, formula));
    expect(found).to.have.lengthOf(2);
    for (const problem of found) expect(problem).to.be.a("string");
  });

  it("are missed by each result that is promised too small", () => {
    const [add] = formulas(kernel).filter(({ name }) => name === "addPoints");
    if (add === undefined) throw new Error("unreachable");
    for (const index of [0, 1, 2]) {
      const outputs = add.outputs.map(([address, magnitude], i) => [address, i === index ? magnitude - 1n : magnitude] as const);
      expect(boundProblem(kernel, { ...add, outputs })).to.match(/more than magnitude/);
    }
  });
});

describe("faults that are planted in the kernel's sources", () => {
  const edits: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    "secretSum.ts": [
      ["  negateWhere(ENTRY + Y, ((digit >> 31) ^ sign) as i64 as u64);", "  if ((digit ^ sign) < 0) negateWhere(ENTRY + Y, -1);"],
    ],
    "fixedBase.ts": [["i64x2.splat((((i ^ index) - 1) >> 31) as i64)", "v128.load(table + (index << 4))"]],
    "curve.ts": [["subtract(t0, t0, t2, 3); // [5]", "subtract(t0, t0, t2, 0);"]],
    "jacobian.ts": [["subtract(t0, t0, p + Y, 4); // R = S2 - Y1 [6]", "subtract(t0, t0, p + Y, 0);"]],
    "keccak.ts": [["    if (at == RATE) {", "    if (at == RATE || load<u64>(MESSAGE) == 0) {"]],
  };
  let module: ReturnType<typeof readModule>;
  before(async () => {
    const planted = await compileKernel((file, text) =>
      (edits[file] ?? []).reduce((edited, [from, to]) => {
        expect(edited.split(from), from).to.have.lengthOf(2);
        return edited.replace(from, to);
      }, text),
    );
    module = readModule(planted);
  });

  it("a branch on a digit's sign, an address from a digit: the proof fails", () => {
    expect(dependenceOf(module, SECRET_FROM, "sumSecret", point, point + 128, word, 1)).to.match(/^sumSecret.*the condition of/);
    expect(dependenceOf(module, SECRET_FROM, "multiplyFixedSecret", point, table, word)).to.match(/^multiplyFixedSecret.*the address of/);
  });

  it("a branch on a message that is hashed: the proof fails", () => {
    expect(dependenceOf(module, SECRET_FROM, "keccak256", 64)).to.match(/^keccak256.*the condition of/);
  });

  it("too small a multiple of p in a difference: it can go below 0, also beyond the branches of public sums", () => {
    for (const name of ["double", "sumPublic"]) {
      const problems = formulas(module)
        .filter((formula) => formula.name === name)
        .map((formula) => boundProblem(module, formula));
      expect(
        problems.filter((problem) => problem !== undefined),
        name,
      ).to.not.be.empty;
      for (const problem of problems) if (problem !== undefined) expect(problem).to.match(/can go below 0/);
    }
  });
});
