import { KeyquorumError } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodeWalletProof } from "../formats/walletProof.ts";
import type { AnswerRules } from "../keyServer/answers.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import { encodeWalletAnswer, parseWalletAsk, type SignedGeneration, type SignedStorage } from "../proofs/walletBodies.ts";
import { isSamePair } from "../retrieval/membership.ts";
import type { HeldKey, WalletKeyServer } from "./walletOperations.ts";
import type { WalletRoute } from "./walletRoute.ts";

export type WalletAnswerParts = {
  readonly keyServer: KeyServer;
  readonly wallets: WalletKeyServer;
  readonly rules: Pick<AnswerRules, "authors" | "zeroThreshold" | "leastThreshold">;
};

/**
 * The JSON of the answer. Throws KeyquorumError, KeyServerError, and what the key server throws. Whoever is said to have signed has signed, before its
 * quota, other keepers or this one's disk are touched.
 */
export const answerWallet = async (route: WalletRoute, body: unknown, parts: WalletAnswerParts): Promise<object> => {
  const { keyServer, wallets } = parts;
  switch (route) {
    case "wallet_generate":
      return encodeWalletAnswer.key((await generate(parseWalletAsk.generate(body), parts)).key);
    case "wallet_public_key": {
      const ask = parseWalletAsk.serverKey(body);
      await wallets.verify.serverKey(ask);
      await keyServer.publicKey({ serverKeyId: ask.serverKeyId, requester: ask.author });
      return encodeWalletAnswer.key((await heldOf(parts, ask.serverKeyId)).key);
    }
    case "wallet_store": {
      const { key, documentKey } = await store(parseWalletAsk.store(body), parts);
      return encodeWalletAnswer.stored({ epoch: key.epoch, certificate: documentKey?.certificate ?? [] });
    }
    case "wallet_shadows":
      return encodeWalletAnswer.reading(await wallets.read(parseWalletAsk.read(body)));
  }
};

const heldOf = async ({ wallets }: WalletAnswerParts, serverKeyId: Uint8Array): Promise<HeldKey> => {
  const held = await wallets.held(serverKeyId);
  if (held === undefined) throw new KeyServerError("ServerKeyIsNotFound");
  return held;
};

/** The same key again where it is this author's with this threshold: whoever asks another keeper, or again, gets it. */
const generate = async (ask: SignedGeneration, parts: WalletAnswerParts): Promise<HeldKey> => {
  const { keyServer, wallets, rules } = parts;
  const { serverKeyId, author, threshold } = ask;
  if (rules.authors !== "any" && !rules.authors.includes(author))
    throw new KeyquorumError("ACCESS_DENIED", "This key server's operator lets others generate server keys.");
  if (threshold < rules.leastThreshold || (threshold === 0 && !rules.zeroThreshold))
    throw new KeyquorumError("INVALID_REQUEST", "This key server takes part in no server key of so low a threshold.", {
      details: { field: "threshold" },
    });
  await wallets.verify.generation(ask);
  try {
    await keyServer.generate({ serverKeyId, author, threshold, signature: encodeWalletProof(ask) });
  } catch (error) {
    if (!(error instanceof KeyServerError) || error.kind !== "ServerKeyAlreadyGenerated") throw error;
    const { key } = await heldOf(parts, serverKeyId);
    if (key.author !== author || key.threshold !== threshold) throw error;
  }
  return heldOf(parts, serverKeyId);
};

/** The same pair again is stored already. */
const store = async (ask: SignedStorage, parts: WalletAnswerParts): Promise<HeldKey> => {
  const { serverKeyId, author, commonPoint, encryptedPoint } = ask;
  await parts.wallets.verify.storage(ask);
  try {
    await parts.keyServer.storeDocumentKey({ serverKeyId, author, signature: encodeWalletProof(ask), commonPoint, encryptedPoint });
  } catch (error) {
    if (!(error instanceof KeyServerError) || error.kind !== "DocumentKeyAlreadyStored") throw error;
    const { documentKey } = await heldOf(parts, serverKeyId);
    if (documentKey === undefined || documentKey.certificate.length === 0 || !isSamePair(documentKey, ask)) throw error;
  }
  return heldOf(parts, serverKeyId);
};
