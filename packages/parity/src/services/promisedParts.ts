import type { CommitteeMember, ExtensionServices } from "@keyquorum/keeper";
import { type Address, bytesToHex, type Hex } from "@keyquorum/wire";
import { KEEP_MILLISECONDS } from "./publications.ts";
import type { PublishAsk } from "./publishMessage.ts";
import { idOfRequest, MOST_REQUESTS } from "./requestRows.ts";
import type { PostedPart, RequestOf } from "./serviceRequest.ts";

/** A holder that broke its word is left out of this keeper's readings on chain for so long. */
const AVOID_MILLISECONDS = 3_600_000;
/** Readings that are remembered at most: more than wait together. */
const MOST_REMEMBERED = 4 * MOST_REQUESTS;

type Request = RequestOf<"personal">;

/** A whole reading, and the holders that signed that they would post their parts of it. Shadows and accounts by slot. */
type Promised = {
  readonly since: number;
  readonly decryptedSecret: Hex;
  readonly shadows: ReadonlyMap<number, Hex>;
  readonly accounts: ReadonlyMap<number, Address>;
  readonly slots: Set<number>;
};

export type PromisedParts = {
  /** These holders of a whole reading have signed it. @param members of its epoch */
  readonly promised: (
    request: Request,
    reading: PublishAsk & { readonly decryptedSecret: Uint8Array },
    by: Pick<CommitteeMember, "slot" | "operator">[],
  ) => void;
  /** Looks at what was posted, and names who has not kept its word. `isOver`: the contract waits for nobody any more. */
  readonly review: (request: Request, isOver: boolean) => Promise<void>;
  /** Slots that have not kept their word a while ago. */
  readonly avoided: () => readonly number[];
};

/**
 * Whether holders post what they signed they would. Each has signed its shadow: a part with another one is a lie, and is whose transaction posted it.
 * Kept by this life of the process alone. @param look what was posted of a reading, final or not, and by which account
 */
export const createPromisedParts = (
  { clock, log }: Pick<ExtensionServices, "clock" | "log">,
  look: {
    readonly partsOf: (request: Request) => Promise<readonly PostedPart[]>;
    readonly posterOf: (part: PostedPart) => Promise<string | undefined>;
  },
): PromisedParts => {
  /** By request, and the reading's decrypted secret. */
  const known = new Map<string, Promised>();
  const namedAt = new Map<number, number>();

  const name = (request: Request, slot: number, why: string): void => {
    namedAt.set(slot, clock.now());
    log.warn("A holder of a reading on chain broke its word: this keeper's readings leave it out for an hour", {
      ...{ slot, why, contract: request.contract, serverKeyId: request.serverKeyId },
    });
  };
  const isLate = ({ since }: Pick<Promised, "since">): boolean => clock.now() < since || clock.now() - since >= KEEP_MILLISECONDS;

  const reviewOne = async (request: Request, promised: Promised, posted: readonly PostedPart[], isOver: boolean): Promise<void> => {
    const { shadows, accounts, slots } = promised;
    const ofSet = posted.filter(({ decryptedSecret }) => decryptedSecret === promised.decryptedSecret);
    const own = new Set(shadows.values());
    for (const part of ofSet.filter(({ shadow }) => shadow === undefined || !own.has(shadow))) {
      const poster = await look.posterOf(part);
      const [slot] = [...accounts].find(([, account]) => account === poster) ?? [];
      if (slot !== undefined) name(request, slot, "it posted another shadow than the one that it signed");
    }
    if (isOver || !isLate(promised)) return;
    for (const slot of slots)
      if (!ofSet.some(({ shadow }) => shadow === shadows.get(slot)))
        name(request, slot, "it signed that it would post its part, and has not");
  };

  return {
    promised: (request, { contributions, decryptedSecret }, by) => {
      const secret = bytesToHex(decryptedSecret);
      const key = `${idOfRequest(request)} ${secret}`;
      const found = known.get(key);
      const holders = new Set(contributions.map(({ slot }) => slot));
      const signed = by.filter(({ slot }) => holders.has(slot));
      known.set(key, {
        ...{ since: found?.since ?? clock.now(), decryptedSecret: secret },
        shadows: new Map(contributions.map(({ slot, shadow }) => [slot, bytesToHex(shadow)])),
        accounts: new Map([...(found?.accounts ?? []), ...signed.map(({ slot, operator }) => [slot, operator] as const)]),
        slots: new Set([...(found?.slots ?? []), ...signed.map(({ slot }) => slot)]),
      });
      const [oldest] = known.keys();
      if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
    review: async (request, isOver) => {
      const mine = [...known].filter(([key]) => key.startsWith(`${idOfRequest(request)} `));
      const due = mine.filter(([, promised]) => isOver || isLate(promised));
      if (due.length === 0) return;
      const posted = await look.partsOf(request);
      for (const [key, promised] of due) {
        await reviewOne(request, promised, posted, isOver);
        known.delete(key);
      }
    },
    avoided: () => {
      const now = clock.now();
      for (const [slot, since] of namedAt) if (now < since || now - since >= AVOID_MILLISECONDS) namedAt.delete(slot);
      return [...namedAt.keys()];
    },
  };
};
