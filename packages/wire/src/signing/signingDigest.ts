import { DOMAINS } from "@keyquorum/threshold";
import { hexToBytes } from "../hex.ts";
import { type Hash32, ZERO_HASH } from "../ids.ts";
import { peerDigest } from "../peerMessage.ts";
import { type BootId, bootWord } from "./bootId.ts";
import type { SigningRequestsDomain } from "./statement.ts";

/** Messages of a signature between keepers, by their numbers. Append-only. PROTOCOL section 10.2. */
export const SIGNING_MESSAGES = { askNonce: 1, nonce: 2, askShare: 3, share: 4 } as const;

/** What a keeper's identity key signs under a message. Public. */
export type SigningMessage = {
  /** Of `SIGNING_MESSAGES`, or of the ECDSA rounds: 11 to 23. */
  readonly kind: number;
  readonly requestId: Hash32;
  /** Which try at the signature; zero where none has begun. */
  readonly attempt?: Hash32 | undefined;
  readonly epoch: number;
  /** Who says it, and in which of its lives. */
  readonly slot: number;
  readonly boot: BootId;
  /** 32 bytes: the hash of what is said; 0 where the rest says it all. */
  readonly content: Uint8Array | 0;
};

/** `keccak(SIGNING, kind, chainId, signingRequests, requestId, attempt, epoch, slot, bootId, content)`. */
export const signingMessageDigest = (
  { chainId, signingRequests }: SigningRequestsDomain,
  { kind, requestId, attempt = ZERO_HASH, epoch, slot, boot, content }: SigningMessage,
): Hash32 =>
  peerDigest({
    tag: DOMAINS.signing,
    kind,
    domain: { chainId, contract: signingRequests },
    about: [hexToBytes(requestId, 32), hexToBytes(attempt, 32), epoch, slot, bootWord(boot)],
    content,
  });
