import type { Heads } from "@keyquorum/chain";
import type { SigningContext, SigningRequest } from "@keyquorum/protocol";
import { derivationOffset, derivedKey, type Point, ThresholdError } from "@keyquorum/threshold";
import {
  accountOf,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  recoverSigner,
  type SigningMessage,
  type SigningRequestsDomain,
  signingMessageDigest,
  slotsOf,
} from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { setNewest } from "../run/newestOnly.ts";
import { createAbsentMembers } from "../shares/absentMembers.ts";
import { readMirroredPublic } from "../shares/mirroredPublic.ts";
import type { FoundRequest } from "./foundRequest.ts";

type Options = Pick<Core, "reader" | "contracts" | "operators" | "identities" | "recentLook"> & {
  readonly vault: Pick<Core["vault"], "logs">;
  readonly seen: Pick<Core["seen"], "mirrored" | "mirroredFinal">;
  readonly shares: Pick<Core["shares"], "committees">;
  readonly domain: SigningRequestsDomain;
};

const MOST_KEYS = 256;

/** Who signs with whom, and what a request means for a key: read from the chain, for signers and coordinators alike. Public. */
export type SigningParties = {
  /** This keeper's place in an epoch, and whose messages count there. Throws NOT_MEMBER, UNAVAILABLE, ChainUnavailableError. */
  readonly contextOf: (epoch: number) => Promise<SigningContext>;
  /**
   * What is to be signed of a request in an epoch, with the key's verifying shares. Whether it may be, is not asked here. Throws UNKNOWN_KEY,
   * EPOCH_NOT_SERVED, SIGNING_DENIED, UNAVAILABLE, ChainUnavailableError.
   */
  readonly requestIn: (found: FoundRequest, epoch: number) => Promise<SigningRequest>;
  /** In which a key is active, in the final block. Throws UNKNOWN_KEY, ChainUnavailableError. */
  readonly activeEpochOf: (found: FoundRequest) => Promise<number>;
  readonly look: () => Promise<Heads>;
};

export const createSigningParties = (options: Options): SigningParties => {
  const { reader, contracts, identities, operators, shares, domain } = options;
  const absentMembers = createAbsentMembers({ reader, committees: shares.committees });
  const publics = new Map<string, ReadonlyMap<number, Point>>();

  const look = (): Promise<Heads> => options.recentLook(options.seen.mirrored());

  const contextOf = async (epoch: number): Promise<SigningContext> => {
    const heads = await look();
    const members = await shares.committees.of(epoch, heads);
    const own = members.find(({ operator }) => operators.includes(operator));
    const sign = own === undefined ? undefined : identities.signerOf(own.identityKey);
    if (own === undefined || sign === undefined)
      throw new KeyquorumError("NOT_MEMBER", "This keeper is no member of that epoch, or has lost its identity key of it.", {
        details: { epoch },
      });
    const gone = slotsOf(await absentMembers(epoch, heads));
    const accounts = new Map(members.map(({ slot, identityKey }) => [slot, accountOf(identityKey)]));
    const digestOf = (message: SigningMessage): Hash32 => signingMessageDigest(domain, message);
    return {
      ...{ epoch, slot: own.slot },
      members: members.map(({ slot }) => slot).filter((slot) => !gone.includes(slot)),
      sign: (message) => sign(digestOf(message)),
      isSignedBy: (message, signature) => {
        const account = accounts.get(message.slot);
        return account !== undefined && recoverSigner(digestOf(message), signature) === account;
      },
    };
  };

  const keyAt = async ({ statement: { keyId } }: FoundRequest, heads: Heads) => {
    const key = await reader.at(heads.final.hash).keyOf(keyId);
    if (key !== undefined && key.activeEpoch !== 0) return key;
    throw new KeyquorumError("UNKNOWN_KEY", "The keeper does not know an active key with this id.", { details: { keyId } });
  };

  return {
    look,
    contextOf,
    activeEpochOf: async (found) => (await keyAt(found, await look())).activeEpoch,
    requestIn: async (found, epoch) => {
      const heads = await look();
      const { keyId, derivation } = found.statement;
      const { activeEpoch, publicKey } = await keyAt(found, heads);
      const facts = activeEpoch === epoch ? await reader.at(heads.final.hash).keyEpochOf(keyId, epoch) : undefined;
      if (facts === undefined) throw new KeyquorumError("EPOCH_NOT_SERVED", undefined, { details: { keyId, epoch } });
      const { threshold, verifyingRoot } = facts;
      const name = `${keyId}:${epoch}:${verifyingRoot}`;
      const readPublic = async (): Promise<ReadonlyMap<number, Point>> => {
        const members = await shares.committees.of(epoch, heads);
        const inEpoch = { keyId, epoch, threshold, members, jointKey: publicKey };
        const mirrored = { ...options, contracts, mirroredFinal: options.seen.mirroredFinal };
        return (await readMirroredPublic(mirrored, inEpoch, facts, heads.final)).verifyingShares;
      };
      const verifyingShares = publics.get(name) ?? (await readPublic());
      setNewest(publics, name, verifyingShares, MOST_KEYS);
      const derived = deriveOrDeny({ ...domain, keyId, publicKey, derivation });
      return {
        ...{ requestId: found.requestId, keyId, epoch, threshold, verifyingShares },
        ...derived,
        digest: hexToBytes(found.digest, 32),
      };
    },
  };
};

/** A derivation that gives no key signs nothing. */
const deriveOrDeny = ({
  chainId,
  signingRequests,
  keyId,
  publicKey,
  derivation,
}: SigningRequestsDomain & { readonly keyId: Hash32; readonly publicKey: Point; readonly derivation: Hash32 }) => {
  try {
    const offset = derivationOffset({
      ...{ chainId, publicKey, signingRequests: hexToBytes(signingRequests, 20) },
      ...{ keyId: hexToBytes(keyId, 32), derivation: hexToBytes(derivation, 32) },
    });
    return { offset, publicKey: derivedKey(publicKey, offset) };
  } catch (cause) {
    if (!(cause instanceof ThresholdError)) throw cause;
    throw new KeyquorumError("SIGNING_DENIED", "This derivation gives no key; choose another.", {
      details: { reason: "DERIVATION" },
      cause,
    });
  }
};
