import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { functionsOf, leb, memoryOf, nestedBlocks, PREAMBLE, section } from "../testing/guests/binaries.ts";
import { mutate, wholeModule } from "../testing/mutatedModules.ts";
import { command, wat } from "../testing/wat.ts";
import { MODULE_LIMITS } from "./limits.ts";
import { validateModule } from "./validateModule.ts";

const codeOf = (bytes: Uint8Array): string => {
  try {
    validateModule(bytes);
    return "passes";
  } catch (error) {
    return error instanceof KeyquorumError ? error.code : String(error);
  }
};

describe("The validator of modules", () => {
  it("when a module has something in every section, it should pass it and say what it asks for", async () => {
    const facts = validateModule(await wholeModule());
    expect(facts).to.deep.equal({ minimumPages: 1, functions: 3, importsFrom: ["wasi_snapshot_preview1"] });
  });

  it("when a module is cut off anywhere, it should refuse it with its own code", async () => {
    const whole = await wholeModule();
    for (let length = 0; length < whole.length; length++) expect(codeOf(whole.subarray(0, length)), `${length} bytes`).to.match(/^MODULE_/);
  });

  it("when bytes are changed, taken out or put in, it should pass it or refuse it with its own code", async () => {
    const [whole, dice] = [await wholeModule(), rollDice("the validator's mutations")];
    for (let left = casesFor(1_500); left > 0; left--) {
      const bytes = mutate(whole, dice);
      expect(codeOf(bytes), Buffer.from(bytes).toString("hex")).to.match(/^(passes|MODULE_INVALID|MODULE_REFUSED)$/);
    }
  });

  it("when sections are out of order or there twice, it should say so", async () => {
    const memory = memoryOf([1, 0, 1]);
    const section = memory.subarray(18, 23); // the memory's own
    expect(codeOf(memory)).to.equal("passes");
    expect(codeOf(Buffer.concat([memory.subarray(0, 23), section, memory.subarray(23)]))).to.equal("MODULE_INVALID");
  });

  it("when nesting, functions and locals are at their limits, it should pass them, and one more it should refuse", () => {
    expect(codeOf(functionsOf(1, nestedBlocks(MODULE_LIMITS.nesting - 1)))).to.equal("passes");
    expect(codeOf(functionsOf(1, nestedBlocks(MODULE_LIMITS.nesting)))).to.equal("MODULE_REFUSED");
    expect(codeOf(functionsOf(1, [1, 0xd0, 0x86, 0x03, 0x7f, 0x0b]))).to.equal("passes"); // 50000
    expect(codeOf(functionsOf(1, [1, 0xd1, 0x86, 0x03, 0x7f, 0x0b]))).to.equal("MODULE_REFUSED");
    expect(codeOf(functionsOf(MODULE_LIMITS.functions, [0, 0x0b]))).to.equal("passes");
    expect(codeOf(functionsOf(MODULE_LIMITS.functions + 1, [0, 0x0b]))).to.equal("MODULE_REFUSED");
  });

  it("when lists claim more items than there are bytes, it should refuse them before it reads one", () => {
    for (const id of [1, 2, 3, 4, 6, 7, 9, 10, 11])
      expect(codeOf(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, id, 2, 0xe8, 0x07])), `section ${id}`).to.match(/^MODULE_/);
  });

  it("when a number is written longer than 32 bits, it should refuse it", () => {
    expect(codeOf(memoryOf([1, 0, 0x81, 0x80, 0x80, 0x80, 0x10]))).to.equal("MODULE_INVALID");
    expect(codeOf(memoryOf([1, 0, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00]))).to.equal("MODULE_INVALID");
    expect(codeOf(memoryOf([1, 0, 0x81, 0x80, 0x80, 0x80, 0x00]))).to.equal("passes");
  });

  it("when an import is refused, its name should reach the sentence without what could disturb a terminal, and 64 letters of it at most", async () => {
    const name = `\\1b]0;x\\07${"a".repeat(200)}`;
    const bytes = await wat(`(module (import "m" "${name}" (func)) (memory (export "memory") 1) (func (export "_start")))`);
    try {
      validateModule(bytes);
      expect.fail("it passed");
    } catch (error) {
      const { message } = error as Error; // of the validator, or of expect.fail
      expect(message).to.match(/m\.\?\?0\?x\?a+\.\./);
      expect(message).to.not.match(/a{65}/);
    }
  });

  it("when names are so long that V8 hashes them by their length alone, it should refuse them: a thousand took seconds", () => {
    const withExport = (length: number): Uint8Array => {
      const name = [...leb(length), ...Buffer.alloc(length, "a")];
      const start = [6, ...Buffer.from("_start"), 0, 0, 6, ...Buffer.from("memory"), 2, 0];
      return Uint8Array.from([
        ...[...PREAMBLE, ...section(1, [1, 0x60, 0, 0]), ...section(3, [1, 0]), ...section(5, [1, 0, 1])],
        ...[...section(7, [3, ...start, ...name, 0, 0]), ...section(10, [1, 2, 0, 0x0b])],
      ]);
    };
    expect(codeOf(withExport(16_000))).to.equal("passes");
    expect(codeOf(withExport(16_384))).to.equal("MODULE_INVALID");
  });

  it("when a type has a thousand values, it should keep no text of a thousand letters for it", () => {
    const values = (type: number) => [...leb(1_000), ...Buffer.alloc(1_000, type)];
    const name = (text: string) => [text.length, ...Buffer.from(text)];
    const types = section(1, [1, 0x60, ...values(0x7f), ...values(0x7e)]);
    const bytes = Uint8Array.from([...PREAMBLE, ...types, ...section(2, [1, ...name("keyquorum"), ...name("secret_close"), 0, 0])]);
    expect(() => validateModule(bytes)).to.throw(KeyquorumError, "its type is (iiiiiiiiiiiiiiii..)IIIIIIIIIIIIIIII.., the offer's is (i)i");
  });

  it("when an instruction of a proposal that is not taken is used, it should name the proposal", async () => {
    for (const [body, word] of [
      ["(drop (i32.atomic.load (i32.const 0)))", "threads"],
      ["(drop (ref.null extern)) (drop (i31.get_s (ref.i31 (i32.const 1))))", "garbage collection"],
    ] as const) {
      const bytes = await wat(command(body)).catch(() => undefined); // where the assembler does not know it
      if (bytes !== undefined)
        expect(() => validateModule(bytes))
          .to.throw(KeyquorumError)
          .with.property("message")
          .that.contains(word);
    }
  });
});
