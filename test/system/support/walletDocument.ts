import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createBareClient } from "@keyquorum/client";
import type { Cluster } from "@keyquorum/cluster";
import { createSecretStore } from "@keyquorum/parity/library";
import type { Signer } from "ethers";

/** A wallet of one deployment, without documents on chain. */
export const sdkOf = ({ deployment }: Pick<Cluster, "deployment">, signer: Signer) =>
  createBareClient({ deployment, signer, blobs: createMemoryBlobStore() });

/** What docs/PARITY.md shows: publishes a text, and reads it once `permit` has let the signer read. */
export const publishAndRead = async (
  { deployment }: Pick<Cluster, "deployment">,
  {
    signer,
    keyServers,
    text,
    permit,
  }: {
    readonly signer: Signer;
    readonly keyServers: readonly string[];
    readonly text: string;
    readonly permit: (id: string) => Promise<void>;
  },
) => {
  const blobs = createMemoryBlobStore();
  const store = createSecretStore(createBareClient({ deployment, signer, blobs }), { keyServers });
  const { id, encrypted } = await store.publish(text);
  await permit(id); // by your permission contract
  const { content, named } = await store.read(id, encrypted);
  return { id, encrypted, content, named, serverKey: await store.serverKey(id) };
};
