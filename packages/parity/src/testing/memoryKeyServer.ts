import {
  backend,
  CURVE_ORDER,
  evaluatePolynomial,
  lagrangeAtZero,
  type Point,
  type RandomSource,
  randomScalar,
} from "@keyquorum/threshold";
import { type Address, accountOf, bytesToHex } from "@keyquorum/wire";
import { encryptEcies } from "../formats/ecies.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodePoint64 } from "../formats/point64.ts";
import { visibleShadow } from "../formats/signRule.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";

type Key = {
  readonly author: Address;
  readonly threshold: number;
  readonly publicKey: Uint8Array;
  /** By slot, from 1. */
  readonly shares: ReadonlyMap<number, bigint>;
  documentKey?: { readonly commonPoint: Point; readonly encryptedPoint: Point };
};

export type MemoryKeyServer = KeyServer & {
  readonly keys: ReadonlyMap<string, Key>;
  /** Slots that answer nothing. */
  readonly absent: Set<number>;
  /** Slots that encrypt another mask than theirs. */
  readonly liars: Set<number>;
};

/** All keepers of a set in one process, honest but for `absent` and `liars`: what the routes and clients are tested against. */
export const createMemoryKeyServer = (options: {
  readonly members: number;
  readonly random: RandomSource;
  readonly canRead: (serverKeyId: string, requester: Address) => boolean | Promise<boolean>;
}): MemoryKeyServer => {
  const { members, random } = options;
  const keys = new Map<string, Key>();
  const absent = new Set<number>();
  const liars = new Set<number>();
  const slots = Array.from({ length: members }, (_, i) => i + 1);
  const keyOf = (serverKeyId: Uint8Array): Key => {
    const key = keys.get(bytesToHex(serverKeyId));
    if (key === undefined) throw new KeyServerError("ServerKeyIsNotFound");
    return key;
  };
  return {
    ...{ keys, absent, liars },
    generate: async ({ serverKeyId, author, threshold }) => {
      const id = bytesToHex(serverKeyId);
      if (keys.has(id)) throw new KeyServerError("ServerKeyAlreadyGenerated");
      if (threshold + 1 > members) throw new KeyServerError("NotEnoughNodesForThreshold");
      if (absent.size > 0) throw new KeyServerError("NodeDisconnected");
      const polynomial = Array.from({ length: threshold + 1 }, () => randomScalar(random));
      const shares = new Map(slots.map((slot) => [slot, evaluatePolynomial(polynomial, BigInt(slot))]));
      const publicKey = encodePoint64(backend.mulG(polynomial[0] ?? 0n));
      keys.set(id, { author, threshold, publicKey, shares });
      return publicKey;
    },
    heldFor: async (serverKeyId) => keys.get(bytesToHex(serverKeyId))?.author,
    publicKey: async ({ serverKeyId, requester }) => {
      const { author, publicKey } = keyOf(serverKeyId);
      if (author !== requester) throw new KeyServerError("AccessDenied");
      return publicKey;
    },
    storeDocumentKey: async ({ serverKeyId, author, commonPoint, encryptedPoint }) => {
      const key = keyOf(serverKeyId);
      if (key.author !== author) throw new KeyServerError("AccessDenied");
      if (key.documentKey !== undefined) throw new KeyServerError("DocumentKeyAlreadyStored");
      key.documentKey = { commonPoint, encryptedPoint };
    },
    shadows: async ({ serverKeyId, requesterKey }) => {
      const { documentKey, threshold, shares } = keyOf(serverKeyId);
      if (documentKey === undefined) throw new KeyServerError("DocumentKeyIsNotFound");
      if (!(await options.canRead(bytesToHex(serverKeyId), accountOf(requesterKey)))) throw new KeyServerError("ConsensusUnreachable");
      const holders = slots.filter((slot) => !absent.has(slot)).slice(0, threshold + 1);
      if (holders.length <= threshold) throw new KeyServerError("ConsensusTemporaryUnreachable");
      const coefficients = holders.map((slot) => lagrangeAtZero(holders, slot));
      const { commonPoint, encryptedPoint } = documentKey;
      let decryptedSecret = encryptedPoint;
      const shadows = [];
      for (const [i, slot] of holders.entries()) {
        const mask = randomScalar(random);
        const masked = ((coefficients[i] ?? 0n) * (shares.get(slot) ?? 0n) + mask) % CURVE_ORDER;
        decryptedSecret = backend.add(decryptedSecret, backend.neg(backend.mulSecret(commonPoint, masked)));
        const said = liars.has(slot) ? (mask % (CURVE_ORDER - 1n)) + 1n : mask;
        const encrypted = await encryptEcies(requesterKey, word(visibleShadow(said, threshold)), random);
        shadows.push({ slot, encrypted, commitment: backend.mulG(mask) });
      }
      return { decryptedSecret, commonPoint, threshold, shadows };
    },
  };
};

const word = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
