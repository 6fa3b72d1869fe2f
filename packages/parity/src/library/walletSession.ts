import { drawBytes } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, parseHash32, recoverSigner } from "@keyquorum/wire";
import { encodePoint64 } from "../formats/point64.ts";
import type { WalletTypedData } from "../formats/walletRequests.ts";
import { type SeenEpoch, type ServerKeyProof, serverKeyFault } from "../proofs/serverKeyProof.ts";
import { publicKeyOf } from "../records/serverKeyRecord.ts";
import { digestOf } from "../retrieval/statements.ts";
import { type AskedKeyServer, askedKeyServer, type KeyServerFailure, LyingKeyServer } from "./keyServers.ts";
import type { SecretStoreOptions, ServerKeyInfo } from "./secretStore.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";

/** Seconds that a wallet's word is good for. Clocks may differ by as much. */
const VALID_SECONDS = 300;

/** One call: its key servers, and what went wrong at them. */
export type WalletSession = {
  readonly servers: readonly AskedKeyServer[];
  readonly failures: readonly KeyServerFailure[];
  readonly note: (failure: KeyServerFailure) => void;
  /** Seconds since 1970. */
  readonly deadline: () => bigint;
  /** The request with the wallet's signature. */
  readonly signed: <Request extends object>(
    request: Request,
    typed: (domain: SecretStorePorts["domain"], request: Request) => WalletTypedData,
    what: string,
  ) => Promise<Request & { readonly signature: Uint8Array }>;
  readonly epochOf: (epoch: number) => Promise<SeenEpoch & { readonly isCurrent: boolean }>;
  /** Throws LyingKeyServer unless it is the key that the caller knows, which is undefined where it knows none. */
  readonly requireKnown: (key: ServerKeyProof, publicKey: string | undefined) => void;
  /** Throws LyingKeyServer unless this is the key of the id, and its members signed it. */
  readonly requireKey: (key: ServerKeyProof, serverKeyId: Uint8Array) => Promise<SeenEpoch & { readonly isCurrent: boolean }>;
};

export const walletSession = (
  ports: SecretStorePorts,
  { keyServers, onFailure = () => undefined }: SecretStoreOptions,
  signal: AbortSignal | undefined,
): WalletSession => {
  const failures: KeyServerFailure[] = [];
  const epochOf = (epoch: number) => seenEpochOf(ports, epoch, signal);
  return {
    ...{ failures, epochOf },
    servers: keyServers.map((url) => askedKeyServer(ports, url, signal)),
    note: (failure) => {
      failures.push(failure);
      onFailure(failure);
    },
    deadline: () => BigInt(Math.floor(ports.now() / 1_000) + VALID_SECONDS),
    signed: async (request, typed, what) => ({
      ...request,
      signature: await ports.sign({ ...typed(ports.domain, request), what }, signal),
    }),
    requireKnown: (key, publicKey) => {
      if (publicKey !== undefined && publicKeyText(key) !== publicKey)
        throw new LyingKeyServer("Its answer has another server key for this id than the known one.");
    },
    requireKey: async (key, serverKeyId) => {
      if (bytesToHex(key.serverKeyId) !== bytesToHex(serverKeyId)) throw new LyingKeyServer("It answers with the key of another id.");
      const epoch = await epochOf(key.epoch);
      const fault = serverKeyFault(epoch, key);
      if (fault !== undefined) throw new LyingKeyServer(`Its members did not sign this server key: ${fault}.`);
      return epoch;
    },
  };
};

/** Who is in an epoch, by the chain, and what they signed. */
export const seenEpochOf = async (
  { domain, epochOf }: Pick<SecretStorePorts, "domain" | "epochOf">,
  epoch: number,
  signal?: AbortSignal,
): Promise<SeenEpoch & { readonly isCurrent: boolean }> => {
  const { members, absent, isCurrent } = await epochOf(epoch, signal);
  const identities = new Map(members.map(({ slot, identity }) => [slot, identity]));
  const { chainId, registry: contract } = domain;
  return {
    ...{ slots: [...identities.keys()], absent, isCurrent },
    isSignedBy: (slot, said, signature) => {
      const identity = identities.get(slot);
      return identity !== undefined && recoverSigner(digestOf({ chainId, contract }, said), signature) === identity;
    },
  };
};

/** @param id 32 bytes of hex, with or without 0x. Throws INVALID_VALUE */
export const idOf = (id: string): Uint8Array => hexToBytes(parseHash32(prefixed(id).toLowerCase()), 32);
export const idText = (id: Uint8Array): Hash32 => parseHash32(bytesToHex(id));
export const freshId = ({ random }: Pick<SecretStorePorts, "random">): Uint8Array => drawBytes(random, 32);
export const prefixed = (hex: string): string => (/^0x/i.test(hex) ? `0x${hex.slice(2)}` : `0x${hex}`);

const publicKeyText = (key: ServerKeyProof): string => bytesToHex(encodePoint64(publicKeyOf(key)));

/** A public key that the caller knows, as `ServerKeyInfo` has it: 64 bytes of hex, with or without 0x. Throws INVALID_VALUE. */
export const knownKeyOf = (publicKey: string | undefined): string | undefined =>
  publicKey === undefined ? undefined : bytesToHex(hexToBytes(prefixed(publicKey).toLowerCase(), 64));

export const infoOf = (key: ServerKeyProof): ServerKeyInfo => ({
  ...{ id: idText(key.serverKeyId), publicKey: publicKeyText(key) },
  ...{ threshold: key.threshold, epoch: key.epoch, members: key.members },
});
