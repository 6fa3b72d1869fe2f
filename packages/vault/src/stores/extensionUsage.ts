import { VaultError } from "../errors.ts";
import type { SealedName } from "../sealing/rollEntries.ts";
import { SEALED_OVERHEAD } from "../sealing/sealer.ts";
import type { OpenSecrets } from "../secrets/secretsBook.ts";
import type { HeldUsage, Usage } from "./types/sealedTables.ts";

export type { Usage } from "./types/sealedTables.ts";

/** What each extension may hold, unless the vault is opened with other limits. */
export const EXTENSION_QUOTA: Usage = { rows: 20_000, bytes: 64 * 1024 * 1024 };

/** What extensions hold, counted once and carried on, so that no write counts all rows. */
export type ExtensionUsage = {
  /** What the extension holds, and may hold. */
  held(secrets: OpenSecrets, extension: string): Promise<HeldUsage>;
  /** Throws VAULT_QUOTA_EXCEEDED where the extension would hold more, and too much. */
  requireRoom(secrets: OpenSecrets, extension: string, change: Usage): Promise<void>;
  add(extension: string, change: Usage): void;
  /** Called where statements were taken back: it is counted again. */
  forget(): void;
};

/** `kind`: of the rows of all extensions; their ids begin with the extension's name and "/". */
export const createExtensionUsage = (kind: string, quota: Usage = EXTENSION_QUOTA): ExtensionUsage => {
  const known = new Map<string, Usage>();
  const heldBy = async (secrets: OpenSecrets, extension: string): Promise<Usage> => {
    const held = known.get(extension) ?? (await count(secrets, kind, extension));
    known.set(extension, held);
    return held;
  };
  return {
    held: async (secrets, extension) => ({ ...(await heldBy(secrets, extension)), quota }),
    requireRoom: async (secrets, extension, change) => {
      const held = await heldBy(secrets, extension);
      const isTooMuch = (what: keyof Usage): boolean => change[what] > 0 && held[what] + change[what] > quota[what];
      if (isTooMuch("rows") || isTooMuch("bytes"))
        throw new VaultError(
          "VAULT_QUOTA_EXCEEDED",
          `The extension ${extension} may hold ${quota.rows} rows and ${quota.bytes} bytes in its tables. Delete what it no longer needs.`,
          { extension, held, quota },
        );
    },
    add: (extension, { rows, bytes }) => {
      const before = known.get(extension);
      if (before !== undefined) known.set(extension, { rows: before.rows + rows, bytes: before.bytes + bytes });
    },
    forget: () => known.clear(),
  };
};

const count = async (secrets: OpenSecrets, kind: string, extension: string): Promise<Usage> => {
  const { rows, bytes } = await secrets.held(kind, `${extension}/`);
  return { rows, bytes: bytes - rows * SEALED_OVERHEAD };
};

/** Bytes of the value that stands under a name; undefined: there is no row. */
export const valueBytesAt = (secrets: OpenSecrets, name: SealedName): number | undefined => {
  const [row] = secrets.rowsOf(name);
  return row === undefined ? undefined : Math.max(0, row.body.length - SEALED_OVERHEAD); // a damaged one may be shorter
};
