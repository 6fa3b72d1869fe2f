import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { silentLogger } from "@keyquorum/daemon";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { DEFAULT_LIMITS, type RunLimits } from "../run/limits.ts";
import { command, wat } from "../testing/wat.ts";
import { ServiceError } from "./runnerError.ts";
import { readServedModules } from "./servedModules.ts";

type ReadOptions = {
  readonly blobs?: ReturnType<typeof createMemoryBlobStore>;
  readonly limits?: RunLimits;
  readonly loadMs?: number;
  readonly now?: () => number;
};

describe("The modules that a service runs", () => {
  let directory: string;
  let bytes: Uint8Array;
  const hashOf = (of: Uint8Array): string => `0x${createHash("sha256").update(of).digest("hex")}`;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-served-"));
    bytes = await wat(command(""));
    await writeFile(join(directory, "a.wasm"), bytes);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const read = async (
    manifests: readonly string[],
    { blobs = createMemoryBlobStore(), limits = DEFAULT_LIMITS, ...more }: ReadOptions = {},
  ) => {
    const entries = await Promise.all(
      manifests.map(async (toml, index) => {
        const manifest = join(directory, `${index}.toml`);
        await writeFile(manifest, toml);
        return { manifest, callerMay: [] };
      }),
    );
    return readServedModules({ config: { modules: entries, limits }, blobs: async () => blobs, log: silentLogger, ...more });
  };
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "served",
      (error: unknown) => (error instanceof ServiceError ? `${error.code} ${error.message}` : String(error)),
    );
  const FILE = '[module]\nfile = "a.wasm"\n';

  it("are found by the hash of their bytes, with the manifest's limits, cut to the operator's where it names none", async () => {
    const limits = { ...DEFAULT_LIMITS, wallMs: 5_000 };
    const served = (await read([`${FILE}[limits]\ncpuMs = 7`], { limits })).find(hashOf(bytes) as never);
    expect(served?.limits).to.deep.equal({ ...limits, cpuMs: 7 });
    expect(served?.module()?.hash).to.equal(hashOf(bytes));
  });

  it("are refused at the start where a manifest wants more than the operator's limits, names other bytes, no address, or a module twice", async () => {
    for (const [toml, why] of [
      [`${FILE}[limits]\ncpuMs = ${DEFAULT_LIMITS.cpuMs + 1}`, "limits.cpuMs is above"],
      [`[module]\nfile = "a.wasm"\nhash = "0x${"ab".repeat(32)}"`, "was wanted"],
      [`permissions = ["ftp://api.example"]\n${FILE}`, "A permission is"],
      ['[module]\nfile = "none.wasm"', "cannot be read"],
    ] as const)
      expect(await refusal(read([toml])), why)
        .to.include("MODULE_UNUSABLE")
        .and.include(why);
    expect(await refusal(read([FILE, FILE]))).to.include("that of another manifest");
  });

  it("stay what they were at the start when their files are replaced", async () => {
    const modules = await read([FILE]);
    await writeFile(join(directory, "a.wasm"), await wat(command("unreachable")));
    try {
      await modules.loadMissing(new AbortController().signal);
      expect([...(modules.find(hashOf(bytes) as never)?.module()?.checked.bytes ?? [])]).to.deep.equal([...bytes]);
    } finally {
      await writeFile(join(directory, "a.wasm"), bytes);
    }
  });

  it("may come later from a store, are missing until then, and are never other bytes", async () => {
    const blobs = createMemoryBlobStore();
    const cid = await blobs.add(
      (async function* () {
        yield bytes;
      })(),
    );
    let isThere = false;
    const late = {
      ...blobs,
      get: (...given: Parameters<typeof blobs.get>) => {
        if (!isThere) throw new KeyquorumError("BLOB_NOT_FOUND");
        return blobs.get(...given);
      },
    };
    const modules = await read([`[module]\ncid = "${cid}"\nhash = "${hashOf(bytes)}"`], { blobs: late });
    const load = async (): Promise<readonly unknown[]> => {
      await modules.loadMissing(new AbortController().signal);
      return [modules.missing(), modules.find(hashOf(bytes) as never)?.module()?.hash];
    };
    expect(await load()).to.deep.equal([[hashOf(bytes)], undefined]);
    isThere = true;
    expect(await load()).to.deep.equal([[], hashOf(bytes)]);
    const other = await read([`[module]\ncid = "${cid}"\nhash = "0x${"ab".repeat(32)}"`], { blobs });
    await other.loadMissing(new AbortController().signal);
    expect(other.missing()).to.deep.equal([`0x${"ab".repeat(32)}`]);
  });

  it("are asked for one at a time, each for so long only, the one that failed last, after a pause that grows, and never again after other bytes", async () => {
    const asked: string[] = [];
    const store = createMemoryBlobStore();
    const cidOf = (of: Uint8Array) =>
      store.add(
        (async function* () {
          yield of;
        })(),
      );
    const [dripping, there, wrong] = [await cidOf(Buffer.from("drips")), await cidOf(bytes), await cidOf(Buffer.from("other"))];
    const blobs = {
      ...store,
      get: ((cid: string, options: { readonly signal: AbortSignal }) => {
        asked.push(cid);
        if (cid !== dripping) return store.get(cid as never, options);
        return (async function* () {
          yield new Uint8Array(1);
          await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
          options.signal.throwIfAborted();
        })();
      }) as typeof store.get,
    };
    let time = 0;
    const of = (cid: string, hash: string): string => `[module]\ncid = "${cid}"\nhash = "${hash}"`;
    const hash = (digit: string): string => `0x${digit.repeat(64)}`;
    const modules = await read([of(dripping, hash("1")), of(wrong, hash("2")), of(there, hashOf(bytes))], {
      ...{ blobs, loadMs: 50, now: () => time },
    });
    const signal = new AbortController().signal;
    await Promise.all([modules.loadMissing(signal), modules.loadMissing(signal), modules.loadMissing(signal)]);
    expect(asked).to.deep.equal([dripping, wrong, there]);
    expect(modules.missing()).to.deep.equal([hash("1"), hash("2")]);
    for (const [at, times] of [
      [0, 2],
      [29_999, 2],
      [30_000, 3],
      [119_999, 3],
      [120_000, 4],
    ] as const) {
      time = at;
      await modules.loadMissing(signal);
      expect([at, asked.filter((cid) => cid === dripping).length, asked.filter((cid) => cid === wrong).length]).to.deep.equal([
        at,
        times,
        1,
      ]);
    }
  });
});
