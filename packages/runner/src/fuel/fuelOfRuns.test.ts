import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "chai";
import { checkModule, createRunner, type Runner } from "../run/createRunner.ts";
import type { RunInputs } from "../run/inputs.ts";
import type { RunLimits } from "../run/limits.ts";
import { command, exitWith, wat } from "../testing/wat.ts";

const require = createRequire(import.meta.url);
/** What cowsay takes for this sentence, on every machine. */
const COWSAY = 44_253;
const CIRCUIT = "pragma circom 2.0.0; template M() { signal input a; signal input b; signal output c; c <== a*b; } component main = M();";

/** `rounds` rounds of a loop, five instructions each, and an exit code. */
const looping = (rounds: number): string =>
  command(
    `(local $i i32) (local.set $i (i32.const ${rounds})) (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))) ${exitWith("(i32.const 7)")}`,
  );

describe("The fuel of a run", () => {
  let runner: Runner;
  before(async () => {
    runner = await createRunner({ spare: 0 });
  });
  after(() => runner.close());

  const run = async (bytes: Uint8Array, limits: Partial<RunLimits>, args: readonly string[] = ["module"], inputs: RunInputs = {}) => {
    const started = await runner.start(checkModule(bytes), { limits, args });
    const { outcome, exitCode, stdout, used } = await started.give(inputs);
    return {
      kind: outcome.kind,
      sentence: "sentence" in outcome ? outcome.sentence : "",
      exitCode,
      stdout: Buffer.from(stdout).toString(),
      fuel: used.fuel,
    };
  };

  it("should be counted where it is limited, and not else", async () => {
    const bytes = await wat(looping(1_000));
    expect(await run(bytes, {})).to.include({ kind: "exited", exitCode: 7, fuel: undefined });
    expect(await run(bytes, { fuel: 1_000_000 })).to.include({ kind: "exited", exitCode: 7, fuel: 5_005 }); // a function, a set, a call
  });

  it("should end a run at its limit, as Blockless's trap 1, and let pass what takes exactly as much", async () => {
    const bytes = await wat(looping(1_000));
    expect(await run(bytes, { fuel: 5_005 })).to.include({ kind: "exited", exitCode: 7, fuel: 5_005 });
    const ended = await run(bytes, { fuel: 5_004 });
    expect(ended).to.include({ kind: "trapped", exitCode: 1, fuel: 5_004, sentence: "The module trapped: its fuel is used up." });
    expect(await run(await wat(command("(loop (br 0))")), { fuel: 1_000_000 })).to.include({ kind: "trapped", exitCode: 1 });
  });

  it("should end a module that loops where it begins to exist, and leave other traps their numbers", async () => {
    const start = '(module (memory (export "memory") 1) (func (export "_start")) (func $s (loop (br 0))) (start $s))';
    expect(await run(await wat(start), { fuel: 1_000 })).to.include({ kind: "trapped", exitCode: 1 });
    expect(await run(await wat(command("unreachable")), { fuel: 1_000 })).to.include({ kind: "trapped", exitCode: 11, fuel: 1 });
  });

  it("should be this many for cowsay (Rust, wasi_unstable) on every machine, and it should say what it says without", async function () {
    const file = (() => {
      try {
        return require.resolve("wasi/example/cowsay.wasm");
      } catch {
        return "";
      }
    })();
    if (!existsSync(file)) return this.skip();
    const bytes = readFileSync(file);
    const says = (limits: Partial<RunLimits>) => run(bytes, limits, ["cowsay", "keyquorum"]);
    const [plain, metered] = [await says({}), await says({ fuel: COWSAY })];
    expect(metered.stdout).to.equal(plain.stdout).and.contain("< keyquorum >");
    expect(metered).to.include({ exitCode: 0, fuel: COWSAY });
    expect(await says({ fuel: COWSAY - 1 })).to.include({ kind: "trapped", exitCode: 1 });
  });

  it("should be counted of circom (Rust, 9 MB), which compiles the same circuit", async () => {
    const { stdout, exitCode, fuel } = await run(
      readFileSync(require.resolve("circom2/circom.wasm")),
      { fuel: 100_000_000 },
      ["circom2", "/tmp/a.circom", "--r1cs", "-o", "/tmp"],
      { files: [{ name: "a.circom", value: new TextEncoder().encode(CIRCUIT) }] },
    );
    expect(stdout).to.contain("non-linear constraints: 1").and.contain("/tmp/a.r1cs");
    expect(exitCode).to.equal(0);
    expect(fuel).to.be.within(14_000_000, 16_000_000); // its hash tables are seeded by the random numbers that it asks for
  });
});
