import { extensionTag, peerDigest, slotsOf } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { createAbsentMembers } from "../shares/absentMembers.ts";
import type { ExtensionMembers } from "./services.ts";

export const createOwnMembers = (name: string, { reader, shares, operators, identities }: Core): ExtensionMembers => {
  const absentMembers = createAbsentMembers({ reader, committees: shares.committees });
  return {
    epochAt: ({ hash }) => reader.at(hash).currentEpoch(),
    of: shares.committees.of,
    absent: async (epoch, heads) => slotsOf(await absentMembers(epoch, heads)),
    endpointOf: async (slot, { head }) => {
      const endpoint = (await reader.at(head.hash).keeperAt(slot))?.endpoint;
      return endpoint === "" ? undefined : endpoint;
    },
    own: async (epoch, heads) => {
      const member = (await shares.committees.of(epoch, heads)).find(({ operator }) => operators.includes(operator));
      const sign = member === undefined ? undefined : identities.signerOf(member.identityKey);
      if (member === undefined || sign === undefined) return undefined;
      return { slot: member.slot, sign: (statement) => sign(peerDigest({ ...statement, tag: extensionTag(name) })) };
    },
  };
};
