import { KeyquorumError } from "@keyquorum/wire";
import type { MayGenerate } from "./board/boardMembers.ts";
import type { MemberLimits } from "./board/memberQuota.ts";
import type { KeyServerOptions } from "./keyServer/keyServerOptions.ts";

/**
 * This keeper's own rules, for what its clients ask and for what other keepers propose: each keeper's list decides what that keeper stores. Throws
 * ACCESS_DENIED.
 */
export const mayGenerateBy =
  ({
    authors = "any",
    zeroThreshold,
    leastThreshold,
  }: Pick<KeyServerOptions, "authors" | "zeroThreshold" | "leastThreshold">): MayGenerate =>
  async ({ author, threshold }) => {
    if (authors !== "any" && !authors.includes(author))
      throw new KeyquorumError("ACCESS_DENIED", "This keeper's operator lets others generate server keys.");
    assertThresholdRules(threshold, { zeroThreshold, leastThreshold });
  };

/** The rules about thresholds alone, which hold for imported keys, too. Throws ACCESS_DENIED. */
export const assertThresholdRules = (
  threshold: number,
  { zeroThreshold, leastThreshold }: Pick<KeyServerOptions, "zeroThreshold" | "leastThreshold">,
): void => {
  if (threshold < leastThreshold)
    throw new KeyquorumError("ACCESS_DENIED", "This keeper's operator takes part in no server key of so low a threshold.");
  if (threshold === 0 && !zeroThreshold)
    throw new KeyquorumError("ACCESS_DENIED", "This keeper's operator takes part in no server key of threshold 0.");
};

/** Without a list of authors, how much of what others propose this keeper stores in a day; with one, the list decides. */
export const memberLimitsOf = ({ authors = "any", quotas }: Pick<KeyServerOptions, "authors" | "quotas">): MemberLimits | undefined =>
  authors === "any" ? { perMember: quotas.perMember, allMembers: quotas.allMembers } : undefined;
