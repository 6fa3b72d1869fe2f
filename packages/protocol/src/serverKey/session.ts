import { type DkgMember, DOMAINS, keccakWords, type Point } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, type PeerDomain, parseSessionId, type SessionId } from "@keyquorum/wire";
import type { Contribution, ServerKeyProposal } from "./messages.ts";
import { movedHashOf } from "./moved.ts";
import { importedHashOf, type ServerKeyStatement } from "./statements.ts";

/** One keeper's place in the epoch of a proposal. */
export type ServerKeyContext = {
  readonly domain: PeerDomain;
  /** This keeper's. */
  readonly slot: number;
  /** The members of the proposal with their encryption keys of the epoch, by ascending slot. */
  readonly members: readonly DkgMember[];
  readonly sign: (statement: ServerKeyStatement) => Uint8Array;
  readonly isSignedBy: (slot: number, statement: ServerKeyStatement, signature: Uint8Array) => boolean;
  /** Of an imported key: what a member's dealing deals, as a point; undefined where this keeper cannot know. Absent: each deals what it draws. */
  readonly constantOf?: (slot: number) => Point | undefined;
  /** The same of who deals, where these are others than the members. */
  readonly isDealtBy?: (dealer: number, statement: ServerKeyStatement, signature: Uint8Array) => boolean;
};

/**
 * The session of a proposal and the contributions of its members: each honest one made it one that there never was. PROTOCOL section 8.1.
 * @param contributions of the members, in their order
 */
export const serverKeySessionOf = (
  { domain, members }: Pick<ServerKeyContext, "domain" | "members">,
  { serverKeyId, author, threshold, epoch, coordinator, imported, moved }: ServerKeyProposal,
  contributions: readonly Pick<Contribution, "contribution">[],
): SessionId =>
  parseSessionId(
    bytesToHex(
      keccakWords(
        DOMAINS.serverKeySession,
        domain.chainId,
        hexToBytes(domain.contract, 20),
        hexToBytes(serverKeyId, 32),
        hexToBytes(author, 20),
        threshold,
        epoch,
        coordinator,
        members.length,
        ...members.flatMap(({ slot, encryptionKey }, i) => [slot, encryptionKey, contributions[i]?.contribution ?? 0]),
        ...(imported === undefined ? [] : [importedHashOf(imported)]),
        ...(moved === undefined ? [] : [movedHashOf(moved)]),
      ),
    ),
  );
