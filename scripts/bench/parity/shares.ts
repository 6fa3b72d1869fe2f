import type { Profiler } from "node:inspector";

/** What a keeper's main thread does. */
const PARTS = ["crypto", "disk", "chain", "peers and HTTP", "garbage collector", "the rest"] as const;
export type Part = (typeof PARTS)[number];

const PART_OF: readonly (readonly [Part, RegExp])[] = [
  ["crypto", /packages\/(threshold|protocol)\/|@noble\/|^wasm:|node:internal\/crypto|packages\/parity\/src\/formats/],
  ["disk", /packages\/vault\/|\/kysely\/|node:sqlite|node:fs|node:internal\/fs/],
  ["chain", /packages\/chain\/|\/ethers\//],
  [
    "peers and HTTP",
    /packages\/(http|wire)\/|packages\/keeper\/src\/peers\/|undici|fastify|node:(_http|http|net|internal\/(http|streams|stream_base|url|webstreams))/,
  ],
];

/** What is no work of the keeper: it waits, or is looked at. */
const NO_WORK = /^\((?:idle|program)\)$/;
const LOOKED_AT = /^node:(?:internal\/)?inspector/;

/**
 * Shares of the time in which these profiles' threads worked or waited for the disk, 0 to 1. What has no place of its own, as Node's own functions, counts as
 * whoever called it.
 */
export const sharesOf = (profiles: readonly Profiler.Profile[]): Readonly<Record<Part, number>> => {
  const times = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>;
  for (const { nodes, samples = [], timeDeltas = [] } of profiles) {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
    const partOf = (id: number | undefined): Part | undefined => {
      const node = id === undefined ? undefined : byId.get(id);
      if (id === undefined || node === undefined) return "the rest";
      const { url, functionName } = node.callFrame;
      if (NO_WORK.test(functionName) || LOOKED_AT.test(url)) return undefined;
      if (functionName === "(garbage collector)") return "garbage collector";
      const part = PART_OF.find(([, pattern]) => pattern.test(url))?.[0];
      return part ?? (url === "" || url.startsWith("node:") ? partOf(parents.get(id)) : "the rest");
    };
    for (const [index, id] of samples.entries()) {
      const part = partOf(id);
      if (part !== undefined) times[part] += Math.max(0, timeDeltas[index] ?? 0);
    }
  }
  const total = Math.max(
    1,
    Object.values(times).reduce((sum, time) => sum + time, 0),
  );
  return Object.fromEntries(PARTS.map((part) => [part, times[part] / total])) as Record<Part, number>;
};
