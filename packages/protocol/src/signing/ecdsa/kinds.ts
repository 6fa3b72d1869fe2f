/** The rounds of a session: what is asked, what is answered, and how both are signed. */
import { ECDSA_KINDS } from "./messages.ts";
import { ecdsaContentOf, ecdsaStatements } from "./statements.ts";

/** In their order. Round k is the k-th. */
export const ECDSA_ROUNDS = ["deal", "nonce", "product", "check", "agreement", "share"] as const;
export type EcdsaRound = (typeof ECDSA_ROUNDS)[number];

/** 1 for the deal round. */
export const roundNumber = (round: EcdsaRound): number => ECDSA_ROUNDS.indexOf(round) + 1;

/** How a signer's message of a round is signed, and hashed. */
export const ECDSA_SAID = {
  deal: { statement: ecdsaStatements.deal, content: ecdsaContentOf.deal },
  nonce: { statement: ecdsaStatements.nonce, content: ecdsaContentOf.nonce },
  product: { statement: ecdsaStatements.product, content: ecdsaContentOf.product },
  check: { statement: ecdsaStatements.check, content: ecdsaContentOf.check },
  agreement: { statement: ecdsaStatements.agreement, content: ecdsaContentOf.agreement },
  share: { statement: ecdsaStatements.share, content: ecdsaContentOf.share },
} as const;

/** The kind of a round's question. */
export const ECDSA_ASKED = {
  deal: ECDSA_KINDS.askDeal,
  nonce: ECDSA_KINDS.askNonce,
  product: ECDSA_KINDS.askProduct,
  check: ECDSA_KINDS.askCheck,
  agreement: ECDSA_KINDS.askAgreement,
  share: ECDSA_KINDS.askShare,
} as const satisfies Record<EcdsaRound, number>;
