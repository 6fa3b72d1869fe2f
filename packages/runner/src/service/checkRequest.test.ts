import { createHash } from "node:crypto";
import {
  type Hash32,
  KeyquorumError,
  type RunRequest,
  runReadingTypedData,
  runRequestDigest,
  runRequestTypedData,
  type SignedRunRequestBody,
} from "@keyquorum/wire";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import type { LoadedModule } from "../loadModule.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { DEFAULT_LIMITS } from "../run/limits.ts";
import { callerWallet, DOMAIN } from "../testing/servedRunner.ts";
import { type CheckOptions, checkReader, checkRequest } from "./checkRequest.ts";
import type { CallerPart } from "./config.ts";
import { addressOf } from "./identity.ts";
import type { ServedModule } from "./servedModules.ts";

const NOW = 1_700_000_000_000;
const HASH = `0x${"ab".repeat(32)}` as Hash32;
const CALLER = addressOf(callerWallet(1));
const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;

const MANIFEST: Manifest = {
  ...{ module: { file: "a.wasm" }, args: ["--city", "Oslo"], limits: {}, permissions: ["https://api.example/v1/"], notUsed: [] },
  secrets: [{ name: "API_KEY", source: { owner: CALLER }, delivery: { as: "env", variable: "API_KEY" } }],
};

const served = (more: Partial<ServedModule> & { readonly may?: readonly CallerPart[] } = {}): ServedModule => {
  const { may = [], ...rest } = more;
  const loaded = { hash: HASH } as LoadedModule;
  return {
    hash: HASH,
    manifest: MANIFEST,
    limits: DEFAULT_LIMITS,
    callers: undefined,
    callerMay: new Set(may),
    module: () => loaded,
    ...rest,
  };
};

const optionsOf = (module: ServedModule, more: Partial<CheckOptions> = {}): CheckOptions => ({
  ...{ domain: DOMAIN, callers: new Set([CALLER]), modules: { find: (hash) => (hash === HASH ? module : undefined) }, now: () => NOW },
  ...{ maxStdinBytes: 8, maxDeadlineSeconds: 600, keepOutput: false, ...more },
});

const requestOf = (more: Partial<RunRequest> = {}): RunRequest => ({
  ...{ caller: CALLER, module: HASH, args: [], stdin: sha256(Buffer.alloc(0)), limits: {}, keepOutput: false },
  ...{ nonce: `0x${"01".repeat(32)}`, deadline: String(NOW / 1000 + 60), ...more },
});

const signed = async (more: Partial<RunRequest> = {}, { caller = 1, domain = DOMAIN, stdin = "" } = {}): Promise<SignedRunRequestBody> => {
  const request = requestOf({ ...(stdin === "" ? {} : { stdin: sha256(Buffer.from(stdin)) }), ...more });
  const data = runRequestTypedData(domain, request);
  const signature = await callerWallet(caller).signTypedData(data.domain, data.types, data.message);
  return { request, signature, ...(stdin === "" ? {} : { stdin: Buffer.from(stdin).toString("base64") }) };
};

const refusal = (work: () => unknown): readonly unknown[] => {
  try {
    work();
    return ["taken"];
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return [error.code, ...(error.details.field === undefined ? [] : [error.details.field])];
  }
};

describe("What a caller may ask a runner for", () => {
  it("has the digest that a wallet makes of it", () => {
    for (const request of [
      requestOf(),
      requestOf({ args: ["a", "ö€"], limits: { wallMs: 5, cpuMs: 1 }, keepOutput: true, deadline: "18446744073709551615" }),
    ]) {
      const { domain, types, message } = runRequestTypedData(DOMAIN, request);
      expect(runRequestDigest(DOMAIN, request)).to.equal(TypedDataEncoder.hash(domain, types, message));
    }
  });

  it("is what the operator's manifest says: secrets, permissions and limits are never the caller's", async () => {
    const module = served({ may: ["args", "stdin", "limits"] });
    const body = await signed({ args: ["--days", "3"], limits: { cpuMs: 5 } }, { stdin: "hello" });
    const checked = checkRequest(body, optionsOf(module));
    expect(checked.manifest).to.deep.equal({
      ...MANIFEST,
      args: ["--city", "Oslo", "--days", "3"],
      limits: { ...DEFAULT_LIMITS, cpuMs: 5 },
    });
    expect([Buffer.from(checked.stdin).toString(), checked.id]).to.deep.equal(["hello", runRequestDigest(DOMAIN, body.request)]);
  });

  it("is refused alike for an account that is not listed, another's signature, another runner, another chain, and a request that was changed", async () => {
    const options = optionsOf(served({ may: ["args"] }));
    const other = { ...DOMAIN, runner: CALLER };
    const right = await signed();
    const wrong: readonly (readonly [string, SignedRunRequestBody])[] = [
      ["a stranger", await signed({ caller: addressOf(callerWallet(3)) }, { caller: 3 })],
      ["another's signature", await signed({}, { caller: 2 })],
      ["another runner", await signed({}, { domain: other })],
      ["another chain", await signed({}, { domain: { ...DOMAIN, chainId: 1n } })],
      ["other arguments", { ...right, request: { ...right.request, args: ["--url=https://evil.example"] } }],
      ["a later deadline", { ...right, request: { ...right.request, deadline: String(NOW / 1000 + 61) } }],
      ["another nonce", { ...right, request: { ...right.request, nonce: `0x${"02".repeat(32)}` } }],
    ];
    for (const [what, body] of wrong)
      expect(
        refusal(() => checkRequest(body, options)),
        what,
      ).to.deep.equal(["CALLER_NOT_ALLOWED"]);
    expect(refusal(() => checkRequest(right, options))).to.deep.equal(["taken"]);
  });

  it("has a deadline that is near and not over", async () => {
    const options = optionsOf(served());
    const at = async (seconds: number) =>
      refusal(await signed({ deadline: String(NOW / 1000 + seconds) }).then((body) => () => checkRequest(body, options)));
    expect(await at(0)).to.deep.equal(["DEADLINE_PASSED", "request.deadline"]);
    expect(await at(601)).to.deep.equal(["DEADLINE_TOO_FAR", "request.deadline"]);
    expect([await at(1), await at(600)]).to.deep.equal([["taken"], ["taken"]]);
  });

  it("is a module that is listed, for this caller, and whose bytes are there", async () => {
    const body = await signed();
    expect(refusal(() => checkRequest(body, optionsOf(served({ callers: new Set() }))))).to.deep.equal(["MODULE_NOT_ALLOWED"]);
    const unknown = await signed({ module: `0x${"cd".repeat(32)}` });
    expect(refusal(() => checkRequest(unknown, optionsOf(served())))).to.deep.equal(["MODULE_NOT_ALLOWED"]);
    expect(refusal(() => checkRequest(body, optionsOf(served({ module: () => undefined }))))).to.deep.equal(["UNAVAILABLE"]);
  });

  it("adds nothing that the operator does not leave to callers, and lowers limits only", async () => {
    const none = optionsOf(served());
    expect(refusal(await signed({ args: ["a"] }).then((body) => () => checkRequest(body, none)))).to.deep.equal(["RUN_REFUSED", "args"]);
    expect(refusal(await signed({ limits: { cpuMs: 1 } }).then((body) => () => checkRequest(body, none)))).to.deep.equal([
      "RUN_REFUSED",
      "limits",
    ]);
    expect(refusal(await signed({}, { stdin: "a" }).then((body) => () => checkRequest(body, none)))).to.deep.equal([
      "RUN_REFUSED",
      "stdin",
    ]);
    expect(refusal(await signed({ keepOutput: true }).then((body) => () => checkRequest(body, none)))).to.deep.equal([
      "RUN_REFUSED",
      "keepOutput",
    ]);
    const all = optionsOf(served({ may: ["args", "stdin", "limits"] }));
    for (const name of ["cpuMs", "wallMs", "memoryPages", "stdoutBytes", "stderrBytes", "hostCalls", "temporaryBytes"] as const) {
      const above = await signed({ limits: { [name]: DEFAULT_LIMITS[name] + 1 } });
      expect(refusal(() => checkRequest(above, all))).to.deep.equal(["RUN_REFUSED", `limits.${name}`]);
    }
    const unknown = await signed({ limits: { constructor: 1 } });
    expect(refusal(() => checkRequest(unknown, all))).to.deep.equal(["RUN_REFUSED", "limits.constructor"]);
    expect(refusal(await signed({}, { stdin: "123456789" }).then((body) => () => checkRequest(body, all)))).to.deep.equal([
      "RUN_REFUSED",
      "stdin",
    ]);
    expect(refusal(await signed({ args: ["a\0b"] }).then((body) => () => checkRequest(body, all)))).to.deep.equal([
      "INVALID_REQUEST",
      "args",
    ]);
  });

  it("has the standard input that was signed", async () => {
    const body = await signed({}, { stdin: "hello" });
    const options = optionsOf(served({ may: ["stdin"] }));
    const { stdin: _, ...without } = body;
    for (const other of [{ ...body, stdin: Buffer.from("hallo").toString("base64") }, without])
      expect(refusal(() => checkRequest(other, options))).to.deep.equal(["INVALID_REQUEST", "stdin"]);
  });

  it("reads by a signature over this run, this runner and a time that is near", async () => {
    const reading = async (
      more: { readonly run?: Hash32; readonly seconds?: number; readonly domain?: typeof DOMAIN; readonly caller?: number } = {},
    ) => {
      const { run = HASH, seconds = 60, domain = DOMAIN, caller = 1 } = more;
      const deadline = BigInt(NOW / 1000 + seconds);
      const data = runReadingTypedData(domain, { run, deadline });
      const signature = Buffer.from((await callerWallet(caller).signTypedData(data.domain, data.types, data.message)).slice(2), "hex");
      return refusal(() => checkReader({ caller: CALLER, deadline: String(deadline), signature, run: HASH }, optionsOf(served())));
    };
    expect(await reading()).to.deep.equal(["taken"]);
    for (const wrong of [{ run: `0x${"cd".repeat(32)}` as Hash32 }, { domain: { ...DOMAIN, chainId: 1n } }, { caller: 2 }])
      expect(await reading(wrong)).to.deep.equal(["CALLER_NOT_ALLOWED"]);
    expect(await reading({ seconds: 601 })).to.deep.equal(["DEADLINE_TOO_FAR", "request.deadline"]);
    expect(await reading({ seconds: -1 })).to.deep.equal(["DEADLINE_PASSED", "request.deadline"]);
  });
});
