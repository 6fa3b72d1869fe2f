import type { Client } from "@keyquorum/client";
import { KeyquorumError } from "@keyquorum/wire";
import { type HolderEvidence, isConvicted } from "../proofs/holderEvidence.ts";
import { createPublishing } from "./publishing.ts";
import { createReadingByWallet } from "./readingByWallet.ts";
import type { SecretStore, SecretStoreOptions } from "./secretStore.ts";
import { portsOf, type SecretStorePorts } from "./secretStorePorts.ts";
import { createServerKeyReading } from "./serverKeyReading.ts";
import { seenEpochOf } from "./walletSession.ts";

/** @param client of the SDK: `createBareClient({ deployment, signer, .. })` */
export const createSecretStore = (client: Client, options: SecretStoreOptions): SecretStore => secretStoreOver(portsOf(client), options);

export const secretStoreOver = (ports: SecretStorePorts, options: SecretStoreOptions): SecretStore => {
  if (options.keyServers.length === 0) throw new KeyquorumError("INVALID_VALUE", "Name one key server at least.");
  return {
    publish: createPublishing(ports, options),
    read: createReadingByWallet(ports, options),
    serverKey: createServerKeyReading(ports, options),
  };
};

/** Whether what a reader was given convicts the holder that it names, by the chain as this client sees it. Throws BAD_ANSWER for what is no evidence. */
export const checkHolderEvidence = async (client: Client, evidence: HolderEvidence | unknown): Promise<boolean> => {
  const ports = portsOf(client);
  const epoch = (evidence as Partial<HolderEvidence> | null)?.answer?.key?.epoch;
  if (typeof epoch !== "number") throw new KeyquorumError("BAD_ANSWER", "This is not evidence against a holder.");
  return isConvicted(ports.domain, await seenEpochOf(ports, epoch), evidence);
};
