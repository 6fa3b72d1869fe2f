import type { Cluster } from "@keyquorum/cluster";
import { slotsOf } from "@keyquorum/wire";
import { rightSlots, type ShareProbe } from "../probeShares.ts";
import type { SharedDocument } from "../sharedDocument.ts";

/** What must hold after every hand-over and after every abort: promise P9. */
export type Verdict = {
  readonly epoch: number;
  /** Members whose share of the active epoch is right, and how many are needed. */
  readonly right: readonly number[];
  readonly quorum: number;
  readonly members: readonly number[];
  /** Empty: all is well. */
  readonly violations: readonly Violation[];
};
export type Violation = { readonly kind: "keyLost" | "splitEpoch" | "anotherKey" | "wrongShare"; readonly detail: string };

/** How long keepers may take to be well again after the last fault. */
const PATIENCE_MILLISECONDS = 45_000;

type KeeperKeys = readonly { readonly keyId: string; readonly epoch: number; readonly state: string }[];

/**
 * Looks at a key when no more faults happen: the chain's public key and active epoch; every keeper's share of that epoch, by an answer that is
 * verified against the chain; every keeper's own word about the epochs it serves; and the document, read. What heals is waited for; a wrong share or
 * another public key is a violation at once.
 */
export const judge = async (cluster: Cluster, shared: SharedDocument, publicKey: string): Promise<Verdict> => {
  const { keyGeneration } = cluster.contracts;
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const key = await keyGeneration.keyOf(shared.keyId);
    const epoch = Number(key.activeEpoch);
    const { threshold, committee } = await keyGeneration.keyEpochOf(shared.keyId, epoch);
    const members = slotsOf(committee);
    const [quorum, probes] = [Number(threshold) + 1, await shared.probe()];
    const right = rightSlots(probes);
    const lagging = await laggingKeepers(cluster, shared.keyId, epoch, members);
    const read = await shared.readByHttp().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    const verdict = { epoch, right, quorum, members };
    const hard = hardViolations(key.publicKey, publicKey, probes);
    if (hard.length > 0) return { ...verdict, violations: hard };
    const isWhole = right.length === members.length;
    const isLate = Date.now() > end;
    if (read === undefined && lagging.length === 0 && right.length >= quorum && (isWhole || isLate)) return { ...verdict, violations: [] };
    if (isLate) {
      const lost = right.length < quorum || read !== undefined;
      const detail = `epoch ${epoch}: ${describe(probes)}${lagging.join("; ")}${read === undefined ? "" : `; ${read}`}`;
      return { ...verdict, violations: [{ kind: lost ? "keyLost" : "splitEpoch", detail }] };
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

const hardViolations = (
  found: { readonly x: bigint; readonly y: bigint },
  publicKey: string,
  probes: readonly ShareProbe[],
): readonly Violation[] => {
  const isSame = `${found.x}/${found.y}` === publicKey;
  const wrong = probes.filter(({ verdict }) => verdict === "WRONG proof" || verdict === "WRONG path");
  return [
    ...(isSame ? [] : [{ kind: "anotherKey" as const, detail: `${found.x}/${found.y} instead of ${publicKey}` }]),
    ...wrong.map(({ slot, verdict }) => ({ kind: "wrongShare" as const, detail: `slot ${slot}: ${verdict}` })),
  ];
};

/** Members that serve another epoch than the key's active one, or that do not say. */
const laggingKeepers = async (cluster: Cluster, keyId: string, epoch: number, members: readonly number[]): Promise<readonly string[]> => {
  const said = await Promise.all(
    cluster.keepers
      .filter(({ slot }) => members.includes(slot))
      .map(async ({ slot, url }) => {
        try {
          const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) });
          const { keys } = (await response.json()) as { readonly keys: KeeperKeys };
          const served = keys.filter((key) => key.keyId === keyId && key.state === "active").map((key) => key.epoch);
          return served.some((at) => at > epoch) ? `slot ${slot} serves epoch ${Math.max(...served)} above ${epoch}` : undefined;
        } catch {
          return `slot ${slot} says nothing`;
        }
      }),
  );
  return said.flatMap((lag) => lag ?? []);
};

const describe = (probes: readonly ShareProbe[]): string => probes.map(({ slot, verdict }) => `${slot} ${verdict}, `).join("");
