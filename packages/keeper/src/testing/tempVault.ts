import { rmSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { secureRandom } from "@keyquorum/threshold";
import { createVault, keyFromFile, openVault, type Vault, type VaultOptions } from "@keyquorum/vault";
import { type Address, parseAddress } from "@keyquorum/wire";
import { blockHash, FAKE_ADDRESSES } from "./fakeChain.ts";

/** A real vault in a folder of its own, with a key file. Tests only. */
export type TempVault = {
  readonly vault: Vault;
  /** Closes and opens it again, as a restart does. */
  readonly reopen: () => Promise<Vault>;
  /** Changes the files behind the vault's back, as a disk or a stranger may: `sealed` has every secret, `anchor` the roll. */
  readonly onFile: (...statements: readonly string[]) => void;
  readonly remove: () => Promise<void>;
};

export const OPERATOR: Address = parseAddress(`0x${"0b".repeat(20)}`);
export const IDENTITY_SECRET = new Uint8Array(Buffer.from("1dea".repeat(16), "hex"));
const VAULT_KEY = "5eed".padEnd(64, "c0ffee11");

const optionsFor = async (directory: string, clock: () => number): Promise<VaultOptions> => ({
  directory: join(directory, "vault"),
  keyEncryptionKey: await keyFromFile(join(directory, "vault.key")),
  pin: {
    chainId: 31337n,
    genesisHash: blockHash(0),
    registry: FAKE_ADDRESSES.keeperRegistry,
    deploymentBlockHash: blockHash(1),
    operator: OPERATOR,
  },
  random: secureRandom,
  clock,
});

/** A folder with a new vault. Made once in a process: to make one takes three times as long as to copy and to open it. */
const makeEmpty = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-vault-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "vault.key"), VAULT_KEY, { mode: 0o600 });
  const vault = await createVault({ ...(await optionsFor(directory, () => 0)), secrets: { identity: IDENTITY_SECRET } });
  await vault.close();
  return directory;
};
let empty: Promise<string> | undefined;

export const createTempVault = async (clock: () => number, limits: Pick<VaultOptions, "extensionQuota"> = {}): Promise<TempVault> => {
  empty ??= makeEmpty();
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-vault-"));
  await cp(await empty, directory, { recursive: true });
  const options = { ...(await optionsFor(directory, clock)), ...limits };
  let vault = await openVault(options);
  return {
    get vault() {
      return vault;
    },
    reopen: async () => {
      await vault.close();
      vault = await openVault(options);
      return vault;
    },
    onFile: (...statements) => {
      const database = new DatabaseSync(join(options.directory, "vault.sqlite"), { enableForeignKeyConstraints: false });
      database.prepare("ATTACH ? AS secrets").run(join(options.directory, "secrets.sqlite"));
      for (const statement of statements) database.exec(statement);
      database.close();
    },
    remove: async () => {
      await vault.close();
      await rm(directory, { recursive: true });
    },
  };
};
