import { createPeerLimits, type ExtensionServices, type PeerAnswerer, peerAnswerer } from "@keyquorum/keeper";
import type { ServerKeyMember } from "@keyquorum/protocol";
import { assertServerKeyThreshold, ThresholdError } from "@keyquorum/threshold";
import { type Address, type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { BoardMembers } from "../board/boardMembers.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import { domainOf, membersOf } from "../retrieval/membership.ts";
import { digestOf } from "../retrieval/statements.ts";
import { IMPORT_MESSAGES, type ImportStatus, type ShareOutcome, type StatusAsk } from "./importMessages.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { ImportSource } from "./importSource.ts";
import { importerOf, OLD_DEALER, type OldShare, oldShareName, oldShareSession, readOldDealing, statusStatement } from "./oldShare.ts";

/** An importer brings thousands of keys at once, and every member carries them to others. */
const ALLOWANCE = { perHour: 200_000, atOnce: 16 };
/** How old a question about keys may be. */
const FRESH_SECONDS = 600;
/** Points that one question about keys may have multiplied, of sums that were not looked at yet. */
const POINTS_A_QUESTION = 4_096;
/** Told to whoever asks, beside INVALID_REQUEST: the dealing's share for this member is wrong. */
export const BAD_SHARE = "BAD_SHARE";

/** What who imports old records, and members that carry them, ask of this keeper. Whoever carries an old share: its importer signed it. */
export const importAnswerers = (
  services: Pick<ExtensionServices, "chain" | "members" | "clock" | "epochKeys" | "assertServing">,
  {
    source,
    options,
    present,
    rowOf,
    onShare,
  }: {
    readonly source: ImportSource;
    readonly options: ImportOptions | undefined;
    readonly present: BoardMembers["present"];
    readonly rowOf: ServerKeyMember["rowOf"];
    /** Told of a key of which a share came. */
    readonly onShare: (serverKeyId: Hash32) => void;
  },
): readonly PeerAnswerer[] => {
  const domain = domainOf(services);
  const limits = createPeerLimits(services.clock);

  const requireImporter = (importer: { readonly address: Address } | undefined): void => {
    if (importer === undefined || options?.from.includes(importer.address) !== true)
      throw new KeyquorumError("INVALID_SIGNATURE", "The signature is not of an account that may import keys here.");
  };

  const share = async (asked: OldShare): Promise<ShareOutcome> => {
    services.assertServing();
    const importer = importerOf(domain, asked);
    requireImporter(importer);
    if (importer === undefined) throw new RangeError("it was required");
    const name = oldShareName(domain, asked);
    const sender = { identityKey: importer.publicKey, digest: name };
    return limits.run({ kind: "server-key import", sender, allowance: ALLOWANCE }, async () => {
      const { claim, epoch } = asked;
      const { serverKeyId, threshold } = claim;
      if (await source.hasKey(serverKeyId)) return "generated";
      const allowed = source.assertAllowed(threshold);
      const { epoch: newest, slots, ownSlot } = await present();
      if (epoch !== newest || asked.members.join() !== slots.join())
        throw new KeyquorumError("NOT_MEMBER", "The share was not dealt to the members of the newest final epoch that are not removed.");
      assertFits(threshold, slots.length);
      const before = await source.rows.ofKey(serverKeyId);
      if (before.some((one) => one.name === name)) return "held";
      const members = (await membersOf(services, epoch)).members.filter(({ slot }) => slots.includes(slot));
      const session = oldShareSession(domain, asked, importer.address, members);
      const dealing = readOldDealing(asked, session);
      if (dealing === undefined) throw new KeyquorumError("INVALID_REQUEST", "The dealing is not for this share, epoch and importer.");
      const dealt = { sid: session, dealer: OLD_DEALER, recipient: ownSlot, members, dealing };
      const opened = await services.epochKeys.openShare(epoch, dealt);
      if (opened === undefined) throw new KeyquorumError("UNAVAILABLE", "This keeper has no encryption secret of the epoch.");
      if (opened.kind === "invalid")
        throw new KeyquorumError("INVALID_REQUEST", "The dealing's share for this member is wrong.", { details: { reason: BAD_SHARE } });
      opened.share.erase();
      await source.rows.put({ ...asked, name, importer: importer.address }, allowed);
      onShare(serverKeyId);
      return "held";
    });
  };

  const status = async (asked: StatusAsk): Promise<readonly ImportStatus[]> => {
    services.assertServing();
    const said = statusStatement(asked);
    const digest = digestOf(domain, said);
    const importer = recoverRequester(hexToBytes(digest, 32), asked.signature);
    requireImporter(importer);
    if (importer === undefined) throw new RangeError("it was required");
    if (Math.abs(services.clock.now() / 1_000 - asked.seconds) > FRESH_SECONDS)
      throw new KeyquorumError("INVALID_REQUEST", "The question is old, or a clock is wrong.");
    return limits.run(
      { kind: "server-key import status", sender: { identityKey: importer.publicKey, digest }, allowance: ALLOWANCE },
      async () => {
        const { epoch, slots } = await present();
        const found: ImportStatus[] = [];
        const effort = { left: POINTS_A_QUESTION };
        for (const serverKeyId of asked.serverKeyIds) {
          const shares = await source.sharesOf({ serverKeyId, epoch, members: slots });
          const row = await rowOf(serverKeyId);
          const agreement = await source.agree(shares, effort);
          const { agreeing, needed } =
            agreement.kind === "ready" ? { agreeing: Math.min(shares.length, 255), needed: agreement.claim.threshold + 1 } : agreement;
          const state = (await source.hasKey(serverKeyId))
            ? "generated"
            : row !== undefined
              ? "underWay"
              : shares.length === 0
                ? "none"
                : agreement.kind;
          found.push({
            ...{ serverKeyId, state, agreeing, needed },
            ...(agreement.kind === "conflict" ? { about: agreement.about } : {}),
            importers: [...new Set(shares.map((one) => one.importer))],
            wrong: agreement.kind === "ready" ? [...new Set(agreement.wrong.map((one) => one.importer))] : [],
            own: shares.flatMap((one) => (one.importer === importer.address ? [{ place: one.place, version: one.claim.version }] : [])),
          });
        }
        return found;
      },
    );
  };

  return [peerAnswerer(IMPORT_MESSAGES.share, share), peerAnswerer(IMPORT_MESSAGES.status, status)];
};

const assertFits = (threshold: number, members: number): void => {
  try {
    assertServerKeyThreshold(threshold, members);
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    throw new KeyquorumError("INVALID_REQUEST", "The members are too few for the key's threshold.", { details: { reason: "THRESHOLD" } });
  }
};
