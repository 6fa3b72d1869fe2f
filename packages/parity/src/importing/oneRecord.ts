import { KeyquorumError } from "@keyquorum/wire";
import type { ImportOptions } from "./importOptions.ts";
import type { OldShare } from "./oldShare.ts";

/** Of one key by one importer: sharings that its node was part of. */
const MOST_VERSIONS = 8;
/** Of one key by an importer that alone may import: of several nodes. */
const MOST_OF_ALONE = 256;

type Brought = Pick<OldShare, "epoch" | "place" | "claim">;

/**
 * Throws REQUEST_CONFLICT where an importer brings more of a key than one old node has: another place, unless it alone may import, or too many versions.
 * @param own what it has brought of the key already
 */
export const assertOneRecord = (own: readonly Brought[], { epoch, place, claim }: Brought, { from }: Pick<ImportOptions, "from">): void => {
  const present = own.filter((one) => one.epoch === epoch);
  if (from.length > 1 && present.some((one) => one.place !== place))
    throw new KeyquorumError("REQUEST_CONFLICT", "Each of several importers brings one old node's records.");
  const others = present.filter((one) => one.place === place && one.claim.version !== claim.version);
  if (others.length >= MOST_VERSIONS || present.length >= MOST_OF_ALONE)
    throw new KeyquorumError("REQUEST_CONFLICT", "There are too many versions of this key.");
};
