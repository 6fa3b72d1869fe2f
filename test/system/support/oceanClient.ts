import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ClusterKeeper } from "@keyquorum/cluster";
import { Wallet } from "ethers";

const require = createRequire(import.meta.url);

/** Ocean's client, as it was published. */
export type OceanClient = {
  readonly encryptDocument: (serverKeyId: string, document: unknown) => Promise<string>;
  readonly decryptDocument: (serverKeyId: string, encrypted: string) => Promise<unknown>;
};

export type OceanClientSettings = {
  readonly secretStoreUri: string;
  readonly parityUri: string;
  readonly address: string;
  readonly password: string;
  readonly threshold: number;
};

const { default: SecretStore } = require("@oceanprotocol/secret-store-client") as {
  readonly default: new (settings: OceanClientSettings) => OceanClient;
};

export const createOceanClient = (settings: OceanClientSettings): OceanClient => new SecretStore(settings);

/** Ocean's own keystores, and their password. */
export const OCEAN_KEYS = join(dirname(require.resolve("@oceanprotocol/secret-store-client/package.json")), "barge/networks/spree/keys");
export const OCEAN_PASSWORD = "secret";

export const openOceanKeystore = async (file: string) =>
  Wallet.fromEncryptedJson(await readFile(join(OCEAN_KEYS, file), "utf8"), OCEAN_PASSWORD);

/** An id as Ocean's clients made it: without 0x. */
export const serverKeyIdOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Where a keeper's key server listens now: it takes any free port. */
export const keyServerOf = (keeper: Pick<ClusterKeeper, "process">): string => {
  const line = keeper.process().logs.findLast(({ msg }) => msg === "The key server is listening");
  return String((line as { readonly url?: string } | undefined)?.url);
};

/** The message that a promise failed with. */
export const failureOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "it did not fail";
  } catch (error) {
    return (error as Error).message;
  }
};

/**
 * Publishes under the first name that works. Members have some seconds for a generation: where the machine is too busy for that the client is told 500, and
 * the next name is tried.
 */
export const publishPatiently = async (
  client: OceanClient,
  name: string,
  document: unknown,
): Promise<{ readonly id: string; readonly encrypted: string; readonly attempts: number }> => {
  for (let attempts = 1; ; attempts += 1) {
    const id = serverKeyIdOf(`${name}, attempt ${attempts}`);
    try {
      return { id, encrypted: await client.encryptDocument(id, document), attempts };
    } catch (error) {
      if (attempts === 5 || !(error instanceof Error) || !/Internal Server Error/.test(error.message)) throw error;
    }
  }
};
