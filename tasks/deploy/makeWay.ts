import { existsSync } from "node:fs";
import { relative } from "node:path";
import { CONTRACT_NAMES, type Deployment } from "@keyquorum/bindings";
import { type DeployRecord, parseDeployRecord } from "@keyquorum/bindings/deploy";
import { type deployJournal, readDeploymentFile } from "@keyquorum/client/node";
import type { Provider } from "ethers";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usageError.ts";

/** Where a deployment is recorded while it is under way: beside the file that it will have. */
export const partialPathOf = (path: string): string => `${path.replace(/\.json$/, "")}.partial.json`;

/**
 * Finds out whether a deployment may be recorded at `path`, and whether one was begun, which is to be gone on with. Nothing is written over without
 * `replace`; on a local chain that was started again, what is recorded of the former one is put aside with a word about it.
 * Throws UsageError, DeployError RECORD_DAMAGED, INVALID_VALUE.
 */
export const makeWay = async (
  terminal: Pick<Terminal, "progress">,
  {
    path,
    journal,
    provider,
    isLocal,
    replace,
  }: {
    readonly path: string;
    readonly journal: Pick<ReturnType<typeof deployJournal>, "load" | "remove">;
    readonly provider: Provider;
    readonly isLocal: boolean;
    readonly replace: boolean;
  },
): Promise<DeployRecord | undefined> => {
  const shown = relative(process.cwd(), path);
  const partial = relative(process.cwd(), partialPathOf(path));
  const loaded = await journal.load();
  const begun = loaded === undefined ? undefined : parseDeployRecord(loaded);
  const recorded = existsSync(path) ? await readDeploymentFile(path).catch(() => undefined) : undefined;
  const isLeftOver = begun !== undefined && recorded !== undefined && isSame(begun, recorded);
  if (isLeftOver) await journal.remove(); // it ended between the two files
  if (existsSync(path) && !replace) {
    const isGone = isLocal && recorded !== undefined && (await areContractsGone(recorded, provider));
    if (!isGone)
      throw new UsageError(
        `${shown} records a deployment already. Name another file with --deployment FILE, or pass --replace to write over it.`,
      );
    terminal.progress(`${shown} records contracts that this chain does not have: it was started again. They are replaced`);
  }
  if (begun === undefined || isLeftOver) return undefined;
  if (isLocal && begun.genesisHash !== (await provider.getBlock(0))?.hash?.toLowerCase()) {
    terminal.progress(`${partial} records a deployment that was begun on a chain that is gone: it begins again`);
    await journal.remove();
    return undefined;
  }
  terminal.progress(`Resuming the deployment recorded in ${partial}`);
  return begun;
};

const isSame = ({ chainId, steps }: DeployRecord, { chainId: id, contracts }: Deployment): boolean =>
  chainId === id.toString() && CONTRACT_NAMES.every((name) => steps.find(({ contract }) => contract === name)?.address === contracts[name]);

/** The chain is another one than that of the record, or has none of its contracts. */
const areContractsGone = async ({ block, blockHash, contracts }: Deployment, provider: Provider): Promise<boolean> => {
  const found = await provider.getBlock(block);
  if (found?.hash?.toLowerCase() !== blockHash) return true;
  const codes = await Promise.all(Object.values(contracts).map((address) => provider.getCode(address)));
  return codes.every((code) => code === "0x");
};
