import { createHash } from "node:crypto";
import { KeyquorumError, parseAddress, parseHash32, type RunRecordBody, runDigest } from "@keyquorum/wire";
import { expect } from "chai";
import { Wallet } from "ethers";
import { loadModule } from "./loadModule.ts";
import type { Manifest, WantedSecret } from "./manifest/manifest.ts";
import { runModule } from "./moduleRun.ts";
import { verifyRunRecord } from "./record/verifyRunRecord.ts";
import { createRunner, type Runner } from "./run/createRunner.ts";
import type { SecretSource } from "./secrets/fetchSecret.ts";
import { command, data, exitWith, wat } from "./testing/wat.ts";

const owner = parseAddress(`0x${"a1".repeat(20)}`);
const wallet = new Wallet(`0x${"07".repeat(32)}`);
/** Ends with the first character of the environment's only value, whose name has seven characters. */
const SHOWS = command(`(drop (call $environ (i32.const 64) (i32.const 1024))) ${exitWith("(i32.load8_u (i32.const 1032))")}`);
/** Opens a secret where stdin has a byte. */
const OPENS_SOMETIMES = command(
  `(i32.store (i32.const 16) (i32.const 512)) (i32.store (i32.const 20) (i32.const 1))
   (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
   (if (i32.load (i32.const 24)) (then ${exitWith("(call $secretOpen (i32.const 100) (i32.const 7) (i32.const 200) (i32.const 204))")}))`,
  { more: data(100, "API_KEY") },
);
const secret = (as: "env" | "open"): WantedSecret => ({
  ...{ name: "API_KEY", source: { owner } },
  delivery: as === "env" ? { as, variable: "API_KEY" } : { as },
});
const manifestOf = (more: Partial<Manifest> = {}): Manifest => ({
  ...{ module: { file: "a.wasm" }, secrets: [], args: [], limits: {}, permissions: [], notUsed: [], ...more },
});

describe("Running a module with its secrets", () => {
  let runner: Runner;
  let asked: number;
  before(async () => {
    runner = await createRunner();
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => runner.close());

  const identityOf = (answer: string | KeyquorumError) => {
    const client = {
      requestOffChain: async () => {
        asked += 1;
        if (answer instanceof KeyquorumError) throw answer;
        const content = (async function* () {
          yield new TextEncoder().encode(answer);
        })();
        return { content, report: {}, contentSecret: new Uint8Array(32) };
      },
      exportReceipts: async () => ({ kind: "http" }),
    } as unknown as SecretSource;
    const shareRequests = parseAddress(`0x${"5e".repeat(20)}`);
    return { client, signer: wallet, runner: parseAddress(wallet.address.toLowerCase()), chainId: 31337n, shareRequests };
  };
  const run = async (text: string, manifest: Manifest, answer: string | KeyquorumError = "A secret", stdin = "") =>
    runModule({ ...{ runner, manifest, identity: identityOf(answer), module: loadModule(await wat(text)) }, stdin: Buffer.from(stdin) });
  const codeOf = (result: Promise<unknown>): Promise<string> =>
    result.then(
      () => "ran",
      (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
    );

  it("hands it over, and says in a signed record which one by which receipts, and nothing of the value", async () => {
    const { result, record } = await run(SHOWS, manifestOf({ secrets: [secret("env")] }));
    expect([result.outcome.kind, result.exitCode]).to.deep.equal(["exited", 65]);
    expect(record.secrets.map(({ name }) => name)).to.deep.equal(["API_KEY"]);
    expect([record.outcome, record.exitCode, asked]).to.deep.equal(["exited", 65, 1]);
    expect(JSON.stringify(record)).not.to.include("A secret");
    expect(record.signature).to.equal(wallet.signingKey.sign(runDigest(record)).serialized);
  });

  it("where the bytes are not those that were wanted, or no module, asks for no secret", async () => {
    const other = parseHash32(`0x${"ab".repeat(32)}`);
    const bytes = await wat(SHOWS);
    const load = async (...given: Parameters<typeof loadModule>) => loadModule(...given);
    expect(await codeOf(load(bytes, other))).to.equal("MODULE_MISMATCH");
    expect(await codeOf(load(new Uint8Array(8)))).to.equal("MODULE_INVALID");
    expect(await codeOf(run(SHOWS, manifestOf({ secrets: [secret("env")], permissions: ["no url"] })))).to.equal("INVALID_VALUE");
    for (const delivery of [{ as: "env", variable: "API.KEY" } as const, { as: "file", path: "../key" } as const])
      expect(await codeOf(run(SHOWS, manifestOf({ secrets: [{ ...secret("env"), delivery }] })))).to.equal("INVALID_VALUE");
    expect(asked).to.equal(0);
  });

  it("opens a secret whose name has a dot and a dash, as names of secrets may", async () => {
    const opens = command(exitWith("(call $secretOpen (i32.const 100) (i32.const 6) (i32.const 200) (i32.const 204))"), {
      more: data(100, "db.a-b"),
    });
    const { result } = await run(opens, manifestOf({ secrets: [{ ...secret("open"), name: "db.a-b" }] }));
    expect([result.outcome.kind, result.exitCode, asked]).to.deep.equal(["exited", 0, 1]);
  });

  it("where keepers deny, the module does not run", async () => {
    for (const code of ["ACCESS_DENIED", "PERMISSION_NOT_FINAL"] as const)
      expect(await codeOf(run(SHOWS, manifestOf({ secrets: [secret("env")] }), new KeyquorumError(code)))).to.equal(code);
  });

  it("a secret that is opened when it is needed leaves no receipt where it was not", async () => {
    const lazy = manifestOf({ secrets: [secret("open")] });
    const without = await run(OPENS_SOMETIMES, lazy);
    expect([without.result.exitCode, without.record.secrets.length, asked]).to.deep.equal([0, 0, 0]);
    const opened = await run(OPENS_SOMETIMES, lazy, "A secret", "x");
    expect([opened.result.exitCode, opened.record.secrets.length, asked]).to.deep.equal([0, 1, 1]);
    const denied = await run(OPENS_SOMETIMES, lazy, new KeyquorumError("ACCESS_DENIED"), "x");
    expect([denied.result.exitCode, denied.record.secrets.length]).to.deep.equal([5, 0]);
  });

  it("a record is verified offline: module, runner, times, outcome; one that was changed, or that another signed, is refused", async () => {
    const bytes = await wat(SHOWS);
    const { record } = await run(SHOWS, manifestOf());
    const proved = await verifyRunRecord(JSON.parse(JSON.stringify(record)));
    expect(proved.module).to.equal(`0x${createHash("sha256").update(bytes).digest("hex")}`);
    expect(proved.runner).to.equal(wallet.address.toLowerCase());
    const field = (changed: unknown): Promise<unknown> =>
      verifyRunRecord(changed).then(
        () => "verified",
        (error: KeyquorumError) => [error.code, error.details.field],
      );
    for (const change of [
      { exitCode: 7 },
      { outcome: "trapped" },
      { runner: `0x${"c0".repeat(20)}` },
      { module: `0x${"ab".repeat(32)}` },
      { limits: { ...record.limits, cpuMs: 1 } },
      { stdout: `0x${"ab".repeat(32)}` },
    ] satisfies Partial<RunRecordBody>[])
      expect(await field({ ...record, ...change }), JSON.stringify(change)).to.deep.equal(["INVALID_RECORD", "signature"]);
  });

  it("when the run's time is over while keepers are asked, nobody is asked any more, and the record says so", async () => {
    const identity = identityOf("A secret");
    let isStopped = false;
    const requestOffChain = (...[, options]: Parameters<SecretSource["requestOffChain"]>) =>
      new Promise<never>((_, reject) =>
        options?.signal?.addEventListener("abort", () => {
          isStopped = true;
          reject(new Error("stopped"));
        }),
      );
    const manifest = manifestOf({ secrets: [secret("env")], limits: { wallMs: 1 } });
    const client = { ...identity.client, requestOffChain };
    const { record } = await runModule({ runner, manifest, identity: { ...identity, client }, module: loadModule(await wat(SHOWS)) });
    expect([record.outcome, record.secrets.length, isStopped]).to.deep.equal(["limit: wall", 0, true]);
  });

  it("reads what its record needs beside the run; where the chain does not say it, the run was, and there is no record", async () => {
    const identity = identityOf("A secret");
    const ready = Promise.withResolvers<void>();
    const given = { runner, manifest: manifestOf({ secrets: [secret("env")] }), module: loadModule(await wat(SHOWS)) };
    const started: Runner = {
      ...runner,
      start: async (...of) => {
        const one = await runner.start(...of);
        return { ...one, give: (inputs) => one.give(inputs).finally(ready.resolve) };
      },
    };
    const late = { ...identity.client, exportReceipts: () => ready.promise.then(() => identity.client.exportReceipts({} as never)) };
    const { record } = await runModule({ ...given, runner: started, identity: { ...identity, client: late } });
    expect([record.exitCode, record.secrets.length]).to.deep.equal([65, 1]);
    const never = { ...identity.client, exportReceipts: () => Promise.reject(new KeyquorumError("BAD_ANSWER")) };
    expect(await codeOf(runModule({ ...given, identity: { ...identity, client: never } }))).to.equal("RUN_INTERRUPTED");
  });

  it("asks the keepers while the process starts", async () => {
    const identity = identityOf("A secret");
    const isAsked = Promise.withResolvers<void>();
    const client: SecretSource = {
      ...identity.client,
      requestOffChain: async (...of) => {
        isAsked.resolve();
        return identity.client.requestOffChain(...of);
      },
    };
    const slow: Runner = { ...runner, start: (...of) => isAsked.promise.then(() => runner.start(...of)) };
    const manifest = manifestOf({ secrets: [secret("env")] });
    const { record } = await runModule({ runner: slow, manifest, identity: { ...identity, client }, module: loadModule(await wat(SHOWS)) });
    expect(record.exitCode).to.equal(65);
  });

  it("a secret that keepers gave while the run was ended is in its record", async () => {
    const [identity, stopping] = [identityOf("A secret"), new AbortController()];
    const requestOffChain: SecretSource["requestOffChain"] = (...of) => {
      queueMicrotask(() => stopping.abort(new Error("enough")));
      return new Promise((resolve) => {
        of[1]?.signal?.addEventListener("abort", () => setImmediate(() => resolve(identity.client.requestOffChain(...of))));
      });
    };
    const { record } = await runModule({
      ...{ runner, manifest: manifestOf({ secrets: [secret("open")] }), module: loadModule(await wat(OPENS_SOMETIMES)) },
      identity: { ...identity, client: { ...identity.client, requestOffChain } },
      ...{ stdin: Buffer.from("x"), signal: stopping.signal },
    });
    expect([record.outcome, record.secrets.length]).to.deep.equal(["cancelled", 1]);
  });

  it("when it is aborted, while keepers are asked or later, no process stays", async () => {
    for (const [as, text] of [
      ["env", SHOWS],
      ["open", OPENS_SOMETIMES],
    ] as const) {
      const stopping = new AbortController();
      const identity = identityOf("A secret");
      const client = {
        ...identity.client,
        requestOffChain: async (...[, options]: Parameters<SecretSource["requestOffChain"]>) => {
          queueMicrotask(() => stopping.abort(new Error("enough")));
          return new Promise<never>((_, reject) => options?.signal?.addEventListener("abort", () => reject(new Error("stopped"))));
        },
      };
      const options = {
        runner,
        manifest: manifestOf({ secrets: [secret(as)] }),
        identity: { ...identity, client },
        module: loadModule(await wat(text)),
      };
      const running = runModule({ ...options, stdin: Buffer.from("x"), signal: stopping.signal });
      if (as === "env") expect(await running.catch((error: Error) => error.message)).to.equal("stopped");
      else expect((await running).result.outcome.kind).to.equal("cancelled");
    }
  });
});
