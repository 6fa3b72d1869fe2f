import type { PeerTransport } from "@keyquorum/keeper";
import { backend, CURVE_ORDER, SecretScalar } from "@keyquorum/threshold";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts, HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import type { Shadows } from "../formats/bodies.ts";
import { openDocumentKey } from "../formats/documentKey.ts";
import { decryptEcies } from "../formats/ecies.ts";
import { recoverRequester, signRaw } from "../formats/rawSignature.ts";
import { visiblePoint } from "../formats/signRule.ts";
import { createServerKeyRecords, putServerKey } from "../records/serverKeyRecords.ts";
import { createDocumentKeys, type DocumentKeys } from "../retrieval/documentKeys.ts";
import type { Holder } from "../retrieval/holder.ts";
import type { Acl } from "../retrieval/permission.ts";

export const ID = new Uint8Array(32).fill(0xd0);
export const ALICE = SecretScalar.from(0xa11cen);
export const BOB = SecretScalar.from(0xb0bn);
export const ACL = `0x${"ac".repeat(20)}` as Acl;

/** Who signs the bare id, as clients of the original do. */
export const signedBy = (secret: SecretScalar, id = ID) => {
  const signature = signRaw(id, secret);
  const requester = recoverRequester(id, signature);
  if (requester === undefined) throw new Error("nobody signed");
  return { signature, requesterKey: requester.publicKey, address: requester.address };
};

const modulo = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;

/** Keepers that hold one server key of Alice's, each with its record in a real vault. Tests only. */
export type KeyHolders = ExtensionHosts & {
  readonly keysOf: (slot: number) => DocumentKeys;
  readonly publicKey: ReturnType<typeof backend.mulG>;
  readonly shareOf: (slot: number) => bigint;
  /** Starts the keeper at a slot again, over the same vault. */
  readonly restart: (slot: number) => Promise<DocumentKeys>;
  /** Members that were named, by whomever: slot and reason. */
  readonly named: readonly (readonly [number, string])[];
  /** What the contract says, of everybody. */
  readonly decide: (decision: (requester: string, block: number) => number) => void;
};

export const createKeyHolders = async (
  slots: readonly number[],
  coefficients: readonly bigint[],
  options: {
    readonly network?: (inner: PeerTransport) => PeerTransport;
    readonly longestSleep?: number;
    readonly change?: (slot: number) => (holder: Holder) => Holder;
  } = {},
): Promise<KeyHolders> => {
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots, options);
  const shareOf = (slot: number): bigint => modulo(coefficients.reduceRight((sum, f) => sum * BigInt(slot) + f, 0n));
  const commitments = coefficients.map((f) => backend.mulG(f));
  const named: [number, string][] = [];
  const all = new Map<number, DocumentKeys>();
  const start = (host: ExtensionHost): DocumentKeys => {
    const { services, slot } = host;
    const change = options.change?.(slot);
    const keys = createDocumentKeys({
      ...{
        services,
        records: createServerKeyRecords(services),
        acl: ACL,
        report: { named: (slot: number, reason: string) => void named.push([slot, reason]) },
      },
      ...(change === undefined ? {} : { change }),
    });
    host.answerers = keys.answerers;
    all.set(slot, keys);
    return keys;
  };
  for (const host of hosts.hosts) {
    await host.services.transaction((tx) =>
      putServerKey(tx, {
        ...{ serverKeyId: ID, author: signedBy(ALICE).address, threshold: coefficients.length - 1, epoch: HOSTS_EPOCH, members: slots },
        ...{ commitments, verifyingRoot: new Uint8Array(32), confirmations: [], share: SecretScalar.from(shareOf(host.slot)) },
      }),
    );
    start(host);
  }
  const decide: KeyHolders["decide"] = (decision) =>
    hosts.everywhere((chain) => {
      chain.answers["shareRequests.decide"] = (args, block) => [decision(String(args.at(-2)).toLowerCase(), block)];
    });
  decide(() => 1);
  return {
    ...{ ...hosts, shareOf, decide, named, publicKey: commitments[0] as KeyHolders["publicKey"] }, // one coefficient at least
    keysOf: (slot) => all.get(slot) as DocumentKeys, // true: tests ask for those they made
    restart: async (slot) => {
      await hosts.at(slot).restart();
      return start(hosts.at(slot));
    },
  };
};

/** Shadows as their reader opens them: what it was told, and what each holder encrypted. */
export const openedBy = async (secret: SecretScalar, { shadows, decryptedSecret, commonPoint, threshold }: Shadows) => {
  const opened = await Promise.all(
    shadows.map(async ({ slot, encrypted, commitment }) => ({
      ...{ slot, commitment: visiblePoint(commitment, threshold), shadow: SecretScalar.fromBytes(await decryptEcies(secret, encrypted)) },
    })),
  );
  return { decryptedSecret, commonPoint: visiblePoint(commonPoint, threshold), shadows: opened };
};

/** The document key, 64 bytes, as an old client reads it. */
export const readAsBefore = async (secret: SecretScalar, given: Shadows): Promise<Uint8Array> => {
  const { shadows, ...rest } = await openedBy(secret, given);
  return openDocumentKey({ ...rest, shadows: shadows.map(({ shadow }) => shadow.reveal()) });
};
