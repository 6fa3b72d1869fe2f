/** What identity keys sign while an ECDSA signature is made, and how a session is named, to the byte. PROTOCOL section 11.3. */
import { DOMAINS, keccakWords, type WordPart } from "@keyquorum/threshold";
import { type Address, bitmapOf, bytesToHex, type Hash32, hexToBytes, type KeyId } from "@keyquorum/wire";
import type { SigningKeeper, SigningMessage } from "../messages.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreed,
  type EcdsaAgreement,
  type EcdsaCheckMessage,
  type EcdsaComplaint,
  type EcdsaDeal,
  type EcdsaDealAsk,
  type EcdsaNonce,
  type EcdsaOpeningMessage,
  type EcdsaProduct,
  type EcdsaShare,
} from "./messages.ts";

const word = (hash: Hash32): Uint8Array => hexToBytes(hash, 32);

/** Whose signing requests are signed. */
export type SigningDomain = { readonly chainId: bigint; readonly signingRequests: Address };

/** keccak(ECDSA_SESSION, chainId, signingRequests, requestId, keyId, epoch, bitmap of P, coordinator's slot and boot, salt): one attempt of one set. */
export const ecdsaSessionOf = (
  { chainId, signingRequests }: SigningDomain,
  {
    requestId,
    keyId,
    epoch,
    slots,
    coordinator,
    salt,
  }: Pick<EcdsaDealAsk, "requestId" | "keyId" | "epoch" | "slots" | "coordinator" | "salt">,
): Hash32 => {
  const about = [word(requestId), word(keyId as KeyId), epoch, bitmapOf(slots), coordinator.slot, word(coordinator.boot), salt];
  return bytesToHex(keccakWords(DOMAINS.ecdsaSession, chainId, hexToBytes(signingRequests, 20), ...about)) as Hash32; // safe: keccak gives 32 bytes
};

type Unsigned<Message> = Omit<Message, "signature">;
type Kind = (typeof ECDSA_KINDS)[keyof typeof ECDSA_KINDS];

/** A compressed point as two words: its first byte, its x. Of what has another length its hash, and no x. */
const pointWords = (point: Uint8Array): readonly WordPart[] =>
  point.length === 33 ? [point[0] as number, point.subarray(1)] : [keccakWords(...bytesWords(point))];

/** Bytes of any length as words: how many there are, and themselves, filled up with zeros. */
const bytesWords = (bytes: Uint8Array): readonly WordPart[] => {
  const padded = new Uint8Array(32 * Math.ceil(bytes.length / 32));
  padded.set(bytes);
  return [bytes.length, ...Array.from({ length: padded.length / 32 }, (_, i) => padded.subarray(32 * i, 32 * i + 32))];
};

/** What a message of a signer says, as 32 bytes. `hash` and scalars must be 32 bytes: throws INVALID_BYTES. */
export const ecdsaContentOf = {
  deal: ({ fresh, parts }: Pick<EcdsaDeal, "fresh" | "parts">): Uint8Array =>
    keccakWords(fresh, ...parts.flatMap(({ slot, words, commit }) => [slot, keccakWords(...bytesWords(words)), commit])),
  nonce: ({ point, w, hash }: Pick<EcdsaNonce, "point" | "w" | "hash">): Uint8Array => keccakWords(...pointWords(point), w, hash),
  product: ({ point, hash }: Pick<EcdsaProduct, "point" | "hash">): Uint8Array => keccakWords(...pointWords(point), hash),
  check: ({ a, b, e, hash }: Pick<EcdsaCheckMessage, "a" | "b" | "e" | "hash">): Uint8Array =>
    keccakWords(...pointWords(a), ...pointWords(b), ...pointWords(e), hash),
  agreement: ({ digest, offset, delta, hash }: EcdsaAgreed): Uint8Array => keccakWords(hash, digest, offset, delta),
  share: ({ digest, offset, delta, hash, s }: EcdsaAgreed & Pick<EcdsaShare, "s">): Uint8Array =>
    keccakWords(hash, digest, offset, delta, s),
  opening: ({ polynomials, padKeys }: Pick<EcdsaOpeningMessage, "polynomials" | "padKeys">): Uint8Array =>
    keccakWords(keccakWords(...bytesWords(polynomials)), keccakWords(...bytesWords(padKeys))),
  complaint: ({ against }: Pick<EcdsaComplaint, "against">): Uint8Array => keccakWords(against),
} as const;

type Named = { readonly session: Hash32; readonly requestId: Hash32; readonly epoch: number };

const statementOf = (
  { session, requestId, epoch }: Named,
  kind: Kind,
  { slot, boot }: SigningKeeper,
  content: Uint8Array | 0,
): SigningMessage => ({
  kind,
  ...{ requestId, attempt: session, epoch, slot, boot },
  content,
});

/** What a signer signs under each of its messages. */
export const ecdsaStatements = {
  deal: (said: Unsigned<EcdsaDeal>) => statementOf(said, ECDSA_KINDS.deal, said.signer, ecdsaContentOf.deal(said)),
  nonce: (said: Unsigned<EcdsaNonce>) => statementOf(said, ECDSA_KINDS.nonce, said.signer, ecdsaContentOf.nonce(said)),
  product: (said: Unsigned<EcdsaProduct>) => statementOf(said, ECDSA_KINDS.product, said.signer, ecdsaContentOf.product(said)),
  check: (said: Unsigned<EcdsaCheckMessage>) => statementOf(said, ECDSA_KINDS.check, said.signer, ecdsaContentOf.check(said)),
  agreement: (said: Unsigned<EcdsaAgreement>) => statementOf(said, ECDSA_KINDS.agreement, said.signer, ecdsaContentOf.agreement(said)),
  share: (said: Unsigned<EcdsaShare>) => statementOf(said, ECDSA_KINDS.share, said.signer, ecdsaContentOf.share(said)),
  opening: (said: Unsigned<EcdsaOpeningMessage>) => statementOf(said, ECDSA_KINDS.opening, said.signer, ecdsaContentOf.opening(said)),
  complaint: (said: Unsigned<EcdsaComplaint>) => statementOf(said, ECDSA_KINDS.complaint, said.signer, ecdsaContentOf.complaint(said)),
} as const;

/** What the coordinator signs under each question: from the nonce round on, over the hash of what it shows. */
export const ecdsaAskStatement = (
  ask: Named & { readonly coordinator: SigningKeeper },
  kind: Kind,
  content: Uint8Array | 0,
): SigningMessage => statementOf(ask, kind, ask.coordinator, content);

/** One message of a round in its hash. */
export type RoundEntry = { readonly signer: SigningKeeper; readonly content: Uint8Array };

/**
 * h_k = keccak(ROUND, session, k, for each slot ascending: slot, boot, content). Never over signatures: there are many of one statement, and a coordinator
 * that flips one would make two honest signers differ.
 */
export const ecdsaRoundHash = (session: Hash32, round: number, entries: readonly RoundEntry[]): Uint8Array =>
  keccakWords(DOMAINS.round, word(session), round, ...entries.flatMap(({ signer, content }) => [signer.slot, word(signer.boot), content]));
