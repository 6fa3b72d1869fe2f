import { KeyquorumError } from "../errorCodes.ts";
import type { Hash32, KeyId } from "../ids.ts";
import {
  bootField,
  bytesField,
  bytesUpToField,
  type Codec,
  eitherOf,
  epochField,
  hashField,
  listOf,
  optional,
  recordOf,
  slotField,
} from "./bodyCodec.ts";
import type { SigningKeeper } from "./frostBodies.ts";
import {
  encodeHttpSigningRequest,
  HttpSigningRequestBody,
  readHttpSigningRequest,
  type SignedHttpSigningRequest,
} from "./httpSigningRequest.ts";

// Messages of an ECDSA signature between keepers, as JSON. PROTOCOL section 11.3. Who signed, and whether it is right, is the receiver's to check.

/** Most signers of one session: 2t+1, with t = 10. */
export const MAX_ECDSA_SIGNERS = 21;

type About = {
  readonly session: Hash32;
  readonly requestId: Hash32;
  readonly epoch: number /** 65 bytes. */;
  readonly signature: Uint8Array;
};
type Asked = About & { readonly coordinator: SigningKeeper };
type Said = About & { readonly signer: SigningKeeper };
type Part = { readonly slot: number; readonly words: Uint8Array; readonly commit: Uint8Array };
type Agreed = { readonly digest: Uint8Array; readonly offset: Uint8Array; readonly delta: Uint8Array; readonly hash: Uint8Array };

/** Kinds 11 to 25, as PROTOCOL has them: points are 33 bytes, words 32. */
export type EcdsaDealAsk = Asked & {
  readonly keyId: KeyId;
  readonly slots: readonly number[];
  readonly salt: Uint8Array;
  readonly asked?: SignedHttpSigningRequest;
};
export type EcdsaDeal = Said & { readonly fresh: Uint8Array; readonly parts: readonly Part[] };
export type EcdsaNonceAsk = Asked & { readonly deals: readonly EcdsaDeal[] };
export type EcdsaNonce = Said & { readonly point: Uint8Array; readonly w: Uint8Array; readonly hash: Uint8Array };
export type EcdsaComplaint = Said & { readonly against: number };
export type EcdsaProductAsk = Asked & { readonly nonces: readonly EcdsaNonce[] };
export type EcdsaProduct = Said & { readonly point: Uint8Array; readonly hash: Uint8Array };
export type EcdsaCheckAsk = Asked & { readonly products: readonly EcdsaProduct[] };
export type EcdsaCheckMessage = Said & {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly e: Uint8Array;
  readonly hash: Uint8Array;
};
export type EcdsaAgreementAsk = Asked & { readonly checks: readonly EcdsaCheckMessage[] };
export type EcdsaAgreement = Said & Agreed;
export type EcdsaShareAsk = Asked & { readonly agreements: readonly EcdsaAgreement[] };
export type EcdsaShare = Said & Agreed & { readonly s: Uint8Array };
export type EcdsaOpeningAsk = Asked;
export type EcdsaOpeningMessage = Said & { readonly polynomials: Uint8Array; readonly padKeys: Uint8Array };

const keeper = recordOf<SigningKeeper>({ slot: slotField, boot: bootField });
const [point, word] = [bytesField(33), bytesField(32)];
const about = { session: hashField, requestId: hashField, epoch: epochField, signature: bytesField(65) };
const asked = { ...about, coordinator: keeper };
const said = { ...about, signer: keeper };
const agreed = { digest: word, offset: word, delta: word, hash: word };
const shown: Codec<SignedHttpSigningRequest> = {
  schema: HttpSigningRequestBody,
  encode: encodeHttpSigningRequest,
  decode: (json) => readHttpSigningRequest(json),
};

/** A list of signers' messages: each once, ascending. */
const roundOf = <Message extends Said>(message: Codec<Message>): Codec<readonly Message[]> => {
  const list = listOf(message, MAX_ECDSA_SIGNERS);
  return {
    ...list,
    decode: (json) => {
      const messages = list.decode(json);
      if (messages.every(({ signer }, at) => at === 0 || signer.slot > (messages[at - 1]?.signer.slot ?? 0))) return messages;
      throw new KeyquorumError("INVALID_REQUEST", "The messages of a round must name signers in ascending order, each once.", {
        details: { field: "signer" },
      });
    },
  };
};

const part = recordOf<Part>({ slot: slotField, words: bytesField(192), commit: word });
const deal = recordOf<EcdsaDeal>({ ...said, fresh: word, parts: listOf(part, MAX_ECDSA_SIGNERS - 1) });
const nonce = recordOf<EcdsaNonce>({ ...said, point, w: word, hash: word });
const product = recordOf<EcdsaProduct>({ ...said, point, hash: word });
const check = recordOf<EcdsaCheckMessage>({ ...said, a: point, b: point, e: point, hash: word });
const agreement = recordOf<EcdsaAgreement>({ ...said, ...agreed });
const MOST_THRESHOLD = (MAX_ECDSA_SIGNERS - 1) / 2;
const opening = recordOf<EcdsaOpeningMessage>({
  ...said,
  polynomials: bytesUpToField(32 * (10 * MOST_THRESHOLD + 2)),
  padKeys: bytesUpToField(32 * (MAX_ECDSA_SIGNERS - 1)),
});

/** Each question and each answer. An answer to the nonce question may be a complaint, one to the opening question an agreement. */
export const ECDSA_BODIES = {
  dealAsk: recordOf<EcdsaDealAsk>({
    ...asked,
    keyId: hashField as unknown as Codec<KeyId>,
    slots: listOf(slotField, MAX_ECDSA_SIGNERS),
    salt: word,
    asked: optional(shown),
  }),
  deal,
  nonceAsk: recordOf<EcdsaNonceAsk>({ ...asked, deals: roundOf(deal) }),
  nonce: eitherOf("against", recordOf<EcdsaComplaint>({ ...said, against: slotField }), nonce),
  productAsk: recordOf<EcdsaProductAsk>({ ...asked, nonces: roundOf(nonce) }),
  product,
  checkAsk: recordOf<EcdsaCheckAsk>({ ...asked, products: roundOf(product) }),
  check,
  agreementAsk: recordOf<EcdsaAgreementAsk>({ ...asked, checks: roundOf(check) }),
  agreement,
  shareAsk: recordOf<EcdsaShareAsk>({ ...asked, agreements: roundOf(agreement) }),
  share: recordOf<EcdsaShare>({ ...said, ...agreed, s: word }),
  openingAsk: recordOf<EcdsaOpeningAsk>(asked),
  opening: eitherOf("padKeys", opening, agreement),
} as const;
