import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Deployment, encodeDeployment } from "@keyquorum/bindings";
import { FileExistsError, writeAtomically } from "@keyquorum/client/node";

/** Where a devnet's deployment is recorded. */
export type ClaimedRecord = {
  readonly file: string;
  /** Whether commands look there when they are told of no other file. */
  readonly isDefault: boolean;
  /** Removes the file, unless somebody else has written there since. */
  readonly release: () => void;
};

/**
 * Records a devnet's deployment at `31337.json` or, where something is recorded there already (by another devnet), under a name of its own with the port of
 * its chain. Nobody else's record is written over or removed.
 */
export const claimRecord = async (folder: string, deployment: Deployment, port: number): Promise<ClaimedRecord> => {
  const text = `${JSON.stringify(encodeDeployment(deployment), null, 2)}\n`;
  const bytes = new TextEncoder().encode(text);
  const usual = join(folder, `${deployment.chainId}.json`);
  const own = join(folder, `${deployment.chainId}-${port}.json`);
  try {
    await writeAtomically(usual, bytes, { mode: 0o644 });
    return claimed(usual, text, true);
  } catch (error) {
    if (!(error instanceof FileExistsError)) throw error;
    await writeAtomically(own, bytes, { replace: true, mode: 0o644 }); // whoever had this port before is gone
    return claimed(own, text, false);
  }
};

const claimed = (file: string, text: string, isDefault: boolean): ClaimedRecord => ({
  file,
  isDefault,
  release: () => {
    if (textOf(file) === text) rmSync(file, { force: true });
  },
});

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
};
