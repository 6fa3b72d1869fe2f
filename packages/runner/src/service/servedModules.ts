import type { BlobReader } from "@keyquorum/blobs";
import { describeError, type Logger } from "@keyquorum/daemon";
import type { Address, Hash32 } from "@keyquorum/wire";
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
  /** Asks the store again for what is missing. Never rejects. */
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
}): Promise<ServedModules> => {
  const { config, blobs, log } = options;
  const served = new Map<Hash32, ServedModule & { readonly load: (signal: AbortSignal) => Promise<void> }>();
  for (const entry of config.modules) {
    const made = await serve(entry, { largest: config.limits, blobs }).catch((cause: unknown) => {
      throw unusable(entry.manifest, cause instanceof Error ? cause.message : "it cannot be read", cause);
    });
    if (served.has(made.hash)) throw unusable(entry.manifest, `its module ${made.hash} is that of another manifest`);
    served.set(made.hash, made);
  }
  const missing = () => [...served.values()].filter(({ module }) => module() === undefined);
  return {
    find: (hash) => served.get(hash),
    all: () => [...served.values()],
    missing: () => missing().map(({ hash }) => hash),
    loadMissing: async (signal) => {
      for (const { hash, load } of missing())
        await load(signal).catch((error: unknown) => log.warn("A module cannot be fetched", { module: hash, ...describeError(error) }));
    },
  };
};

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
