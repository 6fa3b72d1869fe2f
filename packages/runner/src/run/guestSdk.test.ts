import { fileURLToPath } from "node:url";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { compileAssemblyScript } from "../testing/assemblyScript.ts";
import { compileC, missingForC } from "../testing/clang.ts";
import { type CheckedModule, checkModule, createRunner, type Runner } from "./createRunner.ts";

const example = (name: string): string => fileURLToPath(new URL(`../../guest/examples/${name}`, import.meta.url));
const PASSWORD = "correct horse, battery";

// Both examples are the same program, so they are held to the same cases.
for (const [language, build, missing, tooLong] of [
  ["AssemblyScript", () => compileAssemblyScript({ file: example("password.ts") }), async () => undefined, { exitCode: 1, stderr: "" }],
  ["C", () => compileC(example("password.c")), missingForC, { exitCode: 2, stderr: "no secret: 8\n" }], // its buffer is the caller's
] as const)
  describe(`The guest SDK in ${language}, by its example`, () => {
    let runner: Runner;
    let module: CheckedModule;
    before(async function () {
      const lacking = await missing();
      if (lacking !== undefined) {
        console.warn(
          `      NOT RUN: the guest SDK in ${language}. This machine has no ${lacking} (Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32).`,
        );
        return this.skip();
      }
      module = checkModule(await build());
      runner = await createRunner({ spare: 0 });
    });
    after(() => runner?.close());

    const run = async (stdin: string, openSecret: () => Promise<Uint8Array>, open: readonly string[] = ["PASSWORD"]) => {
      const started = await runner.start(module);
      const { exitCode, stdout, stderr, used } = await started.give({ stdin: Buffer.from(stdin), open, openSecret });
      return { exitCode, stdout: Buffer.from(stdout).toString(), stderr: Buffer.from(stderr).toString(), calls: used.hostCalls };
    };

    it("should read a secret when it opens it, whole, and once", async () => {
      expect(await run(PASSWORD, async () => Buffer.from(PASSWORD))).to.include({ exitCode: 0, stdout: "right\n", calls: 1 });
      for (const wrong of [`${PASSWORD}.`, PASSWORD.slice(1), PASSWORD.replace("horse", "house"), ""])
        expect(await run(wrong, async () => Buffer.from(PASSWORD)), wrong).to.include({ exitCode: 1, stdout: "wrong\n" });
    });

    it("should read a secret without bytes, and one as long as its buffer", async () => {
      expect(await run("", async () => new Uint8Array(0))).to.include({ exitCode: 0, stdout: "right\n" });
      const long = "x".repeat(1_024);
      expect(await run(long, async () => Buffer.from(long))).to.include({ exitCode: 0, stdout: "right\n" });
    });

    it("should not write past its buffer when a secret is longer", async () => {
      expect(await run("x".repeat(1_024), async () => Buffer.alloc(1_025, "x"))).to.include(tooLong);
    });

    it("should say by number why it was given none", async () => {
      for (const [code, number] of [
        ["ACCESS_DENIED", 5],
        ["PERMISSION_NOT_FINAL", 6],
        ["UNAVAILABLE", 7],
      ] as const) {
        const denied = await run(PASSWORD, () => Promise.reject(new KeyquorumError(code)));
        expect(denied, code).to.include({ exitCode: 2, stdout: "", stderr: `no secret: ${number}\n` });
      }
      expect(await run(PASSWORD, async () => new Uint8Array(0), [])).to.include({ exitCode: 2, stderr: "no secret: 3\n", calls: 1 });
    });
  });
