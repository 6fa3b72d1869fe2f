import type { BlobReader } from "@keyquorum/blobs";
import { describeError, type Logger } from "@keyquorum/daemon";
import { type Address, type Hash32, KeyquorumError } from "@keyquorum/wire";
import { createEgress } from "../host/createEgress.ts";
import { type LoadedModule, loadModule } from "../loadModule.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { readManifest, readModule } from "../manifest/readModule.ts";
import { DEFAULT_LIMITS, limitsWith, type RunLimits } from "../run/limits.ts";
import type { CallerPart, ServedEntry, ServiceConfig } from "./config.ts";
import { ServiceError } from "./runnerError.ts";

/** A module that the service runs: its bytes, and all that the operator says of its runs. */
export type ServedModule = {
  readonly hash: Hash32;
  readonly manifest: Manifest;
  /** Of each run, unless its caller asks for less: the manifest's, never above the operator's. */
  readonly limits: RunLimits;
  /** Undefined: each caller of the service. */
  readonly callers: ReadonlySet<Address> | undefined;
  readonly callerMay: ReadonlySet<CallerPart>;
  /** Undefined while a store does not give the bytes. */
  readonly module: () => LoadedModule | undefined;
};

export type ServedModules = {
  readonly find: (hash: Hash32) => ServedModule | undefined;
  readonly all: () => readonly ServedModule[];
  /** Those whose bytes are not there. */
  readonly missing: () => readonly Hash32[];
  /** Asks the store again for what is missing, one module after the other; joins an earlier call that still asks. Never rejects. */
  readonly loadMissing: (signal: AbortSignal) => Promise<void>;
};

/**
 * Reads the manifests and modules that the operator lists. Files are read once, here; what is named by a CID may come later. Nothing of it is read again:
 * another file needs another start. Throws ServiceError MODULE_UNUSABLE that names the manifest.
 */
export const readServedModules = async (options: {
  readonly config: Pick<ServiceConfig, "modules" | "limits">;
  readonly blobs: () => Promise<Pick<BlobReader, "get">>;
  readonly log: Pick<Logger, "warn">;
  /** Of one attempt to load one module, in milliseconds. Default: 5 minutes. */
  readonly loadMs?: number;
  /** Milliseconds. Default: a clock that is never set. */
  readonly now?: () => number;
}): Promise<ServedModules> => {
  const { config, blobs, log, loadMs = LOAD_MS, now = () => performance.now() } = options;
  const served = new Map<Hash32, ServedModule & { readonly load: (signal: AbortSignal) => Promise<void> }>();
  const failed = new Map<Hash32, { readonly times: number; readonly notBefore: number }>();
  for (const entry of config.modules) {
    const made = await serve(entry, { largest: config.limits, blobs }).catch((cause: unknown) => {
      throw unusable(entry.manifest, cause instanceof Error ? cause.message : "it cannot be read", cause);
    });
    if (served.has(made.hash)) throw unusable(entry.manifest, `its module ${made.hash} is that of another manifest`);
    served.set(made.hash, made);
  }
  const missing = () => [...served.values()].filter(({ module }) => module() === undefined);
  let looking: Promise<void> | undefined;
  const lookOnce = async (signal: AbortSignal): Promise<void> => {
    const timesOf = (hash: Hash32): number => failed.get(hash)?.times ?? 0;
    for (const { hash, load } of missing().sort((a, b) => timesOf(a.hash) - timesOf(b.hash))) {
      if (signal.aborted || (failed.get(hash)?.notBefore ?? 0) > now()) continue;
      await load(AbortSignal.any([signal, AbortSignal.timeout(loadMs)])).catch((error: unknown) => {
        const times = timesOf(hash) + 1;
        failed.set(hash, { times, notBefore: now() + pauseAfter(times, error) });
        log.warn("A module cannot be fetched", { module: hash, ...describeError(error) });
      });
    }
  };
  return {
    find: (hash) => served.get(hash),
    all: () => [...served.values()],
    missing: () => missing().map(({ hash }) => hash),
    loadMissing: (signal) => {
      looking ??= lookOnce(signal).finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
};

/** A store that drips holds one module for so long, and the others behind it. */
const LOAD_MS = 300_000;
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 900_000;

/** After the first failure none, then 30 seconds, 90, .. up to 15 minutes. Other bytes than the manifest's stay other bytes: for ever. */
const pauseAfter = (times: number, error: unknown): number => {
  const isFinal = error instanceof KeyquorumError && FINAL.has(error.code);
  return isFinal ? Number.POSITIVE_INFINITY : Math.min(PAUSE_MS * (2 ** (times - 1) - 1), LONGEST_PAUSE_MS);
};
const FINAL: ReadonlySet<string> = new Set(["MODULE_MISMATCH", "MODULE_INVALID", "MODULE_REFUSED"]);

const unusable = (manifest: string, why: string, cause?: unknown): ServiceError =>
  new ServiceError("MODULE_UNUSABLE", `The manifest ${manifest} cannot be served: ${why}`, { manifest }, { cause });

const serve = async (
  { manifest: file, callers, callerMay }: ServedEntry,
  { largest, blobs }: { readonly largest: RunLimits; readonly blobs: () => Promise<Pick<BlobReader, "get">> },
) => {
  const manifest = await readManifest(file);
  const limits = limitsBelow(largest, manifest.limits);
  createEgress({ permissions: manifest.permissions }).close(); // a permission that is none, before anybody runs it
  let loaded: LoadedModule | undefined;
  const load = async (signal?: AbortSignal): Promise<LoadedModule> => {
    loaded = loadModule(await readModule(manifest, file, { blobs, ...(signal === undefined ? {} : { signal }) }), manifest.module.hash);
    return loaded;
  };
  const wanted = manifest.module.hash;
  const hash = manifest.module.file === undefined && wanted !== undefined ? wanted : (await load()).hash; // what a CID names may come later
  return {
    ...{ hash, manifest, limits, callers: callers === undefined ? undefined : new Set(callers), callerMay: new Set(callerMay) },
    ...{ module: () => loaded, load: async (signal: AbortSignal) => void (await load(signal)) },
  };
};

/** The manifest's limits, and the defaults where it names none, cut to the operator's. Throws where the manifest asks for more. */
export const limitsBelow = (largest: RunLimits, given: Partial<RunLimits> = {}): RunLimits => {
  limitsWith(given);
  const names = Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[];
  const over = ([...names, "fuel"] as const).find((name) => (given[name] ?? 0) > (largest[name] ?? Number.POSITIVE_INFINITY));
  if (over !== undefined) throw new Error(`limits.${over} is above the ${largest[over]} of the runner's configuration.`);
  const fuel = given.fuel ?? largest.fuel;
  const limits = names.map((name) => [name, given[name] ?? Math.min(DEFAULT_LIMITS[name], largest[name])]);
  return { ...(Object.fromEntries(limits) as Omit<RunLimits, "fuel">), ...(fuel === undefined ? {} : { fuel }) };
};
