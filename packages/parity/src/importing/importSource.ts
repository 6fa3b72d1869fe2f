import type { ExtensionServices } from "@keyquorum/keeper";
import type { ServerKeyContext, ServerKeyProposal } from "@keyquorum/protocol";
import {
  backend,
  commitmentsAtZero,
  type Dealing,
  evaluateCommitments,
  type Point,
  parseServerKeyDealing,
  pointAtZero,
  type SecretScalar,
  scaledSecret,
  shareAtZero,
  weightsAtZero,
} from "@keyquorum/threshold";
import { bytesToHex, type Hash32, KeyquorumError } from "@keyquorum/wire";
import { domainOf } from "../retrieval/membership.ts";
import type { Effort } from "./addingUp.ts";
import { type Agreement, type DealtShare, findAgreement } from "./agreeing.ts";
import { keyHashOf, type OldKeyClaim, pairNameOf } from "./claim.ts";
import { type ImportOptions, neededBy } from "./importOptions.ts";
import { OLD_DEALER, oldShareSession } from "./oldShare.ts";
import type { HeldShare, OldShareRows } from "./oldShareRows.ts";

type Services = Pick<ExtensionServices, "chain" | "clock" | "epochKeys">;
type Members = ServerKeyContext["members"];

/** What keys' shares came to, kept in memory. */
const MOST_KNOWN = 256;

/** An old share that this keeper holds, with its dealing read. */
export type ReadShare = HeldShare & DealtShare & { readonly dealing: Uint8Array; readonly read: Dealing };

/** Where the parts come from that add up to an imported key. What members deal of it is a session of generation. PROTOCOL section 8.7. */
export type ImportSource = {
  readonly rows: OldShareRows;
  /** Whether this keeper has a key of the id: then it takes no old one. */
  readonly hasKey: (serverKeyId: Hash32) => Promise<boolean>;
  /** Of one key, in an epoch with these members, by importers that are allowed still. */
  readonly sharesOf: (key: Pick<ServerKeyProposal, "serverKeyId" | "epoch" | "members">) => Promise<readonly ReadShare[]>;
  /** What shares of one key come to. The same ones are looked at once. `effort`: see `findAgreement`. */
  readonly agree: (shares: readonly ReadShare[], effort?: Effort) => Promise<Agreement<ReadShare>>;
  /** Throws ACCESS_DENIED unless this keeper's operator lets keys of this threshold be imported now. */
  readonly assertAllowed: (threshold: number) => ImportOptions;
  /** Throws ACCESS_DENIED unless the records that this keeper holds say what is proposed, and the shares that it names add up to the key. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<void>;
  /** What each member deals, as a point; undefined: this keeper does not hold the old shares (any more). */
  readonly constantsOf: (proposal: ServerKeyProposal, members: Members) => Promise<ReadonlyMap<number, Point> | undefined>;
  /** What this member deals: secret, the caller's to erase. Throws ACCESS_DENIED, UNAVAILABLE. */
  readonly partOf: (proposal: ServerKeyProposal, context: Pick<ServerKeyContext, "slot" | "members">) => Promise<SecretScalar>;
};

export const createImportSource = (
  services: Services,
  {
    rows,
    options,
    hasKey,
    mayHold,
  }: {
    readonly rows: OldShareRows;
    /** Undefined: nobody may import. */
    readonly options: ImportOptions | undefined;
    /** Whether this keeper has a key of the id, generated, imported or moved here. */
    readonly hasKey: (serverKeyId: Hash32) => Promise<boolean>;
    /** This keeper's own rules about thresholds. Throws ACCESS_DENIED. */
    readonly mayHold: (threshold: number) => void;
  },
): ImportSource => {
  const assertAllowed = (threshold: number): ImportOptions => {
    if (options === undefined) throw denied("This keeper's operator lets nobody import keys.");
    if (services.clock.now() >= options.until) throw denied("The time in which this keeper's operator lets keys be imported is over.");
    mayHold(threshold);
    return options;
  };

  const sharesOf: ImportSource["sharesOf"] = async ({ serverKeyId, epoch, members }) =>
    (await rows.ofKey(serverKeyId)).flatMap((share): readonly ReadShare[] => {
      const isOfNow = share.epoch === epoch && share.members.join() === members.join();
      if (!isOfNow || options?.from.includes(share.importer) !== true) return [];
      const read = parseServerKeyDealing(share.dealing, { threshold: share.claim.threshold, members: members.length });
      return [{ ...share, read, constant: read.commitments[0] as Point }]; // true: a dealing has t+1
    });

  const mayBringMany = options !== undefined && options.from.length === 1;
  const known = new Map<string, Promise<Agreement<ReadShare>>>();
  const agree: ImportSource["agree"] = async (shares, effort) => {
    const names = shares.map(({ name }) => name).join();
    const before = known.get(names);
    if (before !== undefined) return before;
    const isLeft = effort === undefined || effort.left > 0;
    const needed = options === undefined ? (threshold: number) => threshold + 1 : neededBy(options);
    const found = findAgreement(shares, needed, { mayBringMany, ...(effort === undefined ? {} : { effort }) });
    if (!isLeft) return found;
    known.set(names, found);
    const [oldest] = known.keys();
    if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
    return found;
  };

  /** The t+1 shares that a proposal names, each at its own place; undefined: they are not here, or are others. */
  const namedIn = async (proposal: ServerKeyProposal): Promise<readonly ReadShare[] | undefined> => {
    const shares = await sharesOf(proposal);
    const names = proposal.imported?.dealings ?? [];
    const named = names.flatMap((name) => shares.find((share) => share.name === name) ?? []);
    const { threshold } = proposal;
    const places = new Set(named.flatMap(({ place, claim }) => (claim.threshold === threshold ? [place] : [])));
    return names.length === threshold + 1 && places.size === names.length ? named : undefined;
  };

  return {
    ...{ rows, hasKey, sharesOf, agree, assertAllowed },
    admit: async (proposal) => {
      const { imported, threshold, author } = proposal;
      assertAllowed(threshold);
      if (imported === undefined || proposal.authorSignature.some((byte) => byte !== 0)) throw denied("It proposes no imported key.");
      if (await hasKey(proposal.serverKeyId)) throw denied("This keeper has a key of this id.");
      if (threshold + 1 > proposal.members.length) throw denied("t is below the number of members.");
      const shares = await sharesOf(proposal);
      const agreement = await agree(shares);
      const { serverKeyId } = proposal;
      const { publicKey, documentKey } = imported;
      const proposed = { serverKeyId, author, threshold, publicKey, ...(documentKey === undefined ? {} : { documentKey }) };
      if (agreement.kind !== "ready" || !isClaimed(agreement.claim, proposed))
        throw denied("The old nodes' records that this keeper holds do not say what is proposed.");
      const named = await namedIn(proposal);
      if (named === undefined || !addUp(named, proposal)) throw denied("The old shares that are named do not add up to the key here.");
    },
    constantsOf: async (proposal, members) => {
      const named = await namedIn(proposal);
      if (named === undefined) return undefined;
      const commitments = commitmentsAtZero(named.map(({ place, read }) => ({ place, dealing: read })));
      const weights = weightsAtZero(members.map(({ slot }) => BigInt(slot)));
      const points = members.map(({ slot }, i) => backend.mulVar(evaluateCommitments(commitments, slot), weights[i] as bigint)); // true: one for each
      const normal = backend.normalize(points);
      return new Map(members.map(({ slot }, i) => [slot, normal[i] as Point]));
    },
    partOf: async (proposal, { slot, members }) => {
      const named = await namedIn(proposal);
      if (named === undefined) throw denied("The old shares that are named are not here.");
      const parts: { readonly place: bigint; readonly share: SecretScalar }[] = [];
      try {
        for (const share of named) {
          const sid = oldShareSession(domainOf(services), share, share.importer, members);
          const dealt = { sid, dealer: OLD_DEALER, recipient: slot, members, dealing: share.read };
          const opened = await services.epochKeys.openShare(proposal.epoch, dealt);
          if (opened?.kind !== "valid")
            throw new KeyquorumError("UNAVAILABLE", "This keeper cannot open the old shares that were dealt to it.");
          parts.push({ place: share.place, share: opened.share });
        }
        const whole = shareAtZero(parts);
        try {
          const weights = weightsAtZero(members.map((member) => BigInt(member.slot)));
          return scaledSecret(whole, weights[members.findIndex((member) => member.slot === slot)] as bigint); // true: it is a member
        } finally {
          whole.erase();
        }
      } finally {
        for (const { share } of parts) share.erase();
      }
    },
  };
};

/** Whether shares of one sharing add up to the key that is proposed. */
const addUp = (named: readonly ReadShare[], { imported }: ServerKeyProposal): boolean => {
  const [first] = named;
  if (first === undefined || imported === undefined) return false;
  const name = nameOf(first.claim);
  return (
    named.every(({ claim }) => nameOf(claim) === name) &&
    pointAtZero(named.map(({ place, constant: point }) => ({ place, point }))).equals(imported.publicKey)
  );
};

const nameOf = (claim: OldKeyClaim): string => `${bytesToHex(keyHashOf(claim))} ${claim.version}`;

const isClaimed = (claim: OldKeyClaim, proposed: Omit<OldKeyClaim, "version">): boolean => {
  const same = { ...proposed, version: claim.version };
  return claim.serverKeyId === proposed.serverKeyId && nameOf(claim) === nameOf(same) && pairNameOf(claim) === pairNameOf(same);
};

const denied = (sentence: string): KeyquorumError => new KeyquorumError("ACCESS_DENIED", sentence);
