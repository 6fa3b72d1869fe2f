/**
 * What keepers say to each other while they generate a server key. PROTOCOL section 8.1. Who drives asks, every member answers and signs; lists are
 * by ascending slot, one entry for each member. Signatures: 65 bytes, by the identity key of the session's epoch. All public.
 */
import type { DleqProof, Point } from "@keyquorum/threshold";
import type { Address, Hash32, SessionId } from "@keyquorum/wire";

/** A key that exists elsewhere, whose members' dealings add up to it. All public. PROTOCOL section 8.7. */
export type ImportedKey = {
  readonly publicKey: Point;
  /** What is stored under it already: C = kG and E = M + kY. */
  readonly documentKey?: { readonly commonPoint: Point; readonly encryptedPoint: Point };
  /** Names of the t+1 dealings of old shares that every member combines, in the order of their places. */
  readonly dealings: readonly Hash32[];
};

/** Whose share is dealt. `dealer`: 1 to 255, names it in this session. `verifyingShare`: S_i; undefined where nobody knows it. All public. */
export type Redealer = { readonly dealer: number; readonly place: bigint; readonly verifyingShare?: Point };

/** A key that is there in an earlier epoch, beside which it stands for a while. All public. */
export type MovedKey = {
  /** Y, which stays. */
  readonly publicKey: Point;
  /** One above the degree of the polynomial at least, by ascending dealer. Who drives chooses them; the session's name covers them. */
  readonly dealers: readonly Redealer[];
  /** What members check before they take part, as the shell writes it down: here it is only what everybody must have seen alike. */
  readonly about: Uint8Array;
};

/** What a coordinator proposes to generate, to import, or to give these members shares of. */
export type ServerKeyProposal = {
  readonly serverKeyId: Hash32;
  /** Who asked for it. */
  readonly author: Address;
  /**
   * What shows that the author asked: its signature over the bare id, 65 bytes, or what a wallet signed (PROTOCOL section 8.5), which is never as long.
   * Members check it where they decide whether they take part. Of an imported key: zeros.
   */
  readonly authorSignature: Uint8Array;
  /** t: t members together learn nothing, t+1 are needed. */
  readonly threshold: number;
  /** The newest epoch in the final block, whose members take part but for the removed ones. */
  readonly epoch: number;
  readonly members: readonly number[];
  /** Who drives. */
  readonly coordinator: number;
  /** Default: a new key. */
  readonly imported?: ImportedKey;
  /** Undefined: the members make a new key among themselves. */
  readonly moved?: MovedKey;
};

export type Signed = { readonly slot: number; readonly signature: Uint8Array };
/** 32 fresh bytes: with the others' they make the session one that there never was. */
export type Contribution = Signed & { readonly contribution: Uint8Array };
/** keccak of the dealing that is shown later. 32 bytes. */
export type Commitment = Signed & { readonly commitment: Uint8Array };
/** The signature covers the commitments of all, as its dealer saw them before it showed this. */
export type ShownDealing = Signed & { readonly dealing: Uint8Array };
/** One member's proof that a dealer's share for it is wrong. */
export type SignedComplaint = Signed & { readonly dealer: number; readonly shared: Point; readonly proof: DleqProof };

/** Which session of which id. */
export type ServerKeySession = { readonly proposal: ServerKeyProposal; readonly sid: SessionId };

export type ProposeAsk = { readonly proposal: ServerKeyProposal; readonly signature: Uint8Array };
export type CommitAsk = { readonly proposal: ServerKeyProposal; readonly contributions: readonly Contribution[] };
export type DealAsk = ServerKeySession & { readonly commitments: readonly Commitment[] };
export type VerdictAsk = ServerKeySession & { readonly dealings: readonly ShownDealing[] };
export type ConfirmAsk = ServerKeySession & { readonly verdicts: readonly Signed[] };
export type ResultAsk = ServerKeySession & { readonly confirmations: readonly Signed[] };
export type AbortAsk = ServerKeySession & Signed;

/**
 * Instead of an answer. "busy": it is in another session of this id, or in none that this belongs to. "aborted": its signed word that it never confirms
 * this session. "generated": it has a key of this id; `confirmations` where it is of the session that was asked about.
 */
export type Otherwise =
  | { readonly kind: "busy" }
  | ({ readonly kind: "aborted" } & Signed)
  | { readonly kind: "generated"; readonly confirmations: readonly Signed[] };

export type ContributionAnswer = ({ readonly kind: "contribution" } & Contribution) | Otherwise;
export type CommitmentAnswer = ({ readonly kind: "commitment" } & Commitment) | Otherwise;
export type DealingAnswer = ({ readonly kind: "dealing" } & ShownDealing) | Otherwise;
/** `echo`: where others deal, what it judged; another one than who asks has judged says that it never confirms that. */
export type VerdictAnswer =
  | ({ readonly kind: "verdict"; readonly echo?: Hash32 } & Signed)
  | ({ readonly kind: "complaint" } & SignedComplaint)
  | Otherwise;
export type ConfirmationAnswer = ({ readonly kind: "confirmation" } & Signed) | Otherwise;
export type ResultAnswer = { readonly kind: "stored" } | Otherwise;

/** How a member is asked: itself, or through a transport. `from`: the member that asks, whose signature under the question was verified. */
export type ServerKeyAnswers = {
  readonly propose: (ask: ProposeAsk) => Promise<ContributionAnswer>;
  readonly commit: (ask: CommitAsk, from: number) => Promise<CommitmentAnswer>;
  readonly deal: (ask: DealAsk, from: number) => Promise<DealingAnswer>;
  readonly verdict: (ask: VerdictAsk, from: number) => Promise<VerdictAnswer>;
  readonly confirm: (ask: ConfirmAsk, from: number) => Promise<ConfirmationAnswer>;
  readonly result: (ask: ResultAsk, from: number) => Promise<ResultAnswer>;
  readonly abort: (ask: AbortAsk, from: number) => Promise<void>;
};
