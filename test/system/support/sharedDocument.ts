import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, waitFor } from "@keyquorum/cluster";
import { type Load, startLoad } from "@keyquorum/testing";
import type { DocumentHeader, DocumentId, KeyId } from "@keyquorum/wire";
import { rollDice } from "../../random/dice.ts";
import type { TypedSigner } from "./askKeepers.ts";
import { probeShares, rightSlots, type ShareProbe } from "./probeShares.ts";

const dice = rollDice("system/support/sharedDocument");

/** A document that alice published under one key and that bob may read. */
export type SharedDocument = {
  readonly keyId: KeyId;
  readonly document: DocumentId;
  readonly header: DocumentHeader;
  readonly text: string;
  readonly bob: KeyquorumClient;
  /** Reads it by HTTP and compares. */
  readonly readByHttp: () => Promise<void>;
  /** Reads it by a transaction and compares. */
  readonly readOnChain: () => Promise<void>;
  /** Asks every running keeper for its share, and verifies it. */
  readonly probe: (epoch?: number) => Promise<readonly ShareProbe[]>;
  /** Waits until exactly these slots answer with a right share of the active epoch, and gives them. */
  readonly untilRight: (slots: readonly number[], blocks?: number) => Promise<readonly number[]>;
  /** Reads it both ways, again and again. */
  readonly startReading: () => Load;
};

/** alice is development account 1, bob account 2; further documents may use further accounts, so that nonces never meet. */
export const shareDocument = async (
  cluster: Cluster,
  { keyId, blobDirectory, readerAccount = 2 }: { readonly keyId: KeyId; readonly blobDirectory: string; readonly readerAccount?: number },
): Promise<SharedDocument> => {
  const blobs = await openFileBlobStore(blobDirectory);
  const clientOf = (index: number): KeyquorumClient =>
    createClient({ signer: cluster.chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
  const [alice, bob] = [clientOf(1), clientOf(readerAccount)];
  const text = `the well is behind oak ${dice.hex(8)}`;
  const encrypted = await alice.encryptDocument(text, { keyId });
  const { header } = encrypted;
  const { document } = await alice.publish(encrypted);
  const requester = await bob.address();
  await alice.grant(document, requester);
  const compare = async (read: { readonly text: () => Promise<string> }): Promise<void> => {
    const found = await read.text();
    if (found !== text) throw new Error(`It reads ${JSON.stringify(found)} instead of ${JSON.stringify(text)}.`);
  };
  const readByHttp = async (): Promise<void> => compare(await bob.requestOffChain(document));
  const readOnChain = async (): Promise<void> => compare(await bob.requestOnChain(document));
  await waitFor("the grant is final at every keeper", (saw) => readByHttp().then(() => true as const, saw), cluster);
  const signer = cluster.chain.account(readerAccount) as unknown as TypedSigner; // true: ethers' signers sign typed data
  const probe = (epoch?: number, only?: readonly number[]): Promise<readonly ShareProbe[]> =>
    probeShares(cluster, { header, requester, signer, epoch, only });
  const untilRight: SharedDocument["untilRight"] = (slots, blocks) =>
    waitFor(
      `exactly slots ${slots.join(", ")} answer with a right share`,
      async (saw) => {
        // Who sleeps is waited for once, when all others are right.
        const first = await probe(undefined, slots);
        const isRight = rightSlots(first).join() === slots.join();
        const probes = isRight && cluster.keepers.some(({ slot }) => !slots.includes(slot)) ? await probe() : first;
        saw(probes.map(({ slot, verdict }) => `${slot} ${verdict}`).join(", "));
        const right = rightSlots(probes);
        return right.join() === slots.join() ? right : undefined;
      },
      { chain: cluster.chain, ...(blocks === undefined ? {} : { blocks }) },
    );
  return {
    keyId,
    document,
    header,
    text,
    bob,
    readByHttp,
    readOnChain,
    probe: (epoch) => probe(epoch),
    untilRight,
    startReading: () => startLoad({ http: readByHttp, "on chain": readOnChain }, { pauseMilliseconds: 400 }),
  };
};
