import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Cluster, developmentKey } from "@keyquorum/cluster";
import { createSecretStoreSigner } from "@keyquorum/parity/library";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { keyServerOf } from "../../../test/system/support/oceanClient.ts";

/** Development account 1. */
export const author = createSecretStoreSigner(hexToBytes(developmentKey(1), 32));

const KEY_SERVER = join(import.meta.dirname, "../../../packages/parity/src/testing/patientKeyServer.ts");
/** Milliseconds for a generation: it is measured how long it takes. */
const PATIENCE = 60_000;
/** Where authors are listed, no quota of a day counts what they or other members generate. */
const UNBRAKED = { port: 0, requestsPerMinute: 1_000_000, authors: [author.address], requestTimeoutMilliseconds: 120_000 };

/** A key server without brakes. */
export const keyServerModule = (permissions: string) => ({
  module: KEY_SERVER,
  options: { permissions, keyServer: UNBRAKED, patience: PATIENCE },
});

/** Asks as an old client asks, by the first keeper. `path`: behind the id, with the slash. Throws an Error with what the keepers' logs say. */
const ask = async (cluster: Cluster, method: "GET" | "POST", id: Uint8Array, path = ""): Promise<void> => {
  const signature = bytesToHex(author.signRawHash(id)).slice(2);
  const url = `${keyServerOf(cluster.keeper(1))}/shadow/${bytesToHex(id).slice(2)}/${signature}${path}`;
  // A connection for each: a busy server may just be closing one that it kept.
  const response = await fetch(url, { method, headers: { connection: "close" } });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${method} was answered ${response.status} ${body}\n${troublesOf(cluster)}`);
};

/** The last lines in which each keeper says that something is wrong. */
const troublesOf = ({ keepers }: Cluster): string =>
  keepers
    .flatMap(({ slot, process }) =>
      process()
        .logs.filter(({ level, extension }) => level === "warn" || level === "error" || extension === "parity")
        .slice(-3)
        .map((line) => `keeper ${slot}: ${JSON.stringify(line)}`),
    )
    .join("\n");

/** A server key of a random id. */
export const generate = (cluster: Cluster, threshold: number): Promise<void> =>
  ask(cluster, "POST", Uint8Array.from(randomBytes(32)), `/${threshold}`);

export const readShadows = (cluster: Cluster, id: string): Promise<void> => ask(cluster, "GET", hexToBytes(`0x${id}`, 32));
