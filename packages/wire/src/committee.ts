import { DOMAINS, keccakWords, type Point } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";

/** A keeper as an epoch froze it. All public. */
export type CommitteeMember = {
  readonly slot: number;
  readonly operator: Address;
  readonly encryptionKey: Point;
  readonly identityKey: Point;
};

/** Commits to an epoch's members, given by ascending slot: `KeeperRegistry.committeeRootOf(epoch)`. PROTOCOL section 6.3. */
export const committeeRootOf = ({
  chainId,
  registry,
  epoch,
  members,
}: {
  readonly chainId: bigint;
  readonly registry: Address;
  readonly epoch: number;
  readonly members: readonly CommitteeMember[];
}): Hash32 => {
  const start = keccakWords(DOMAINS.committee, chainId, hexToBytes(registry, 20), epoch);
  const root = members.reduce(
    (before, { slot, operator, encryptionKey, identityKey }) =>
      keccakWords(DOMAINS.member, before, slot, hexToBytes(operator, 20), encryptionKey, identityKey),
    start,
  );
  return bytesToHex(root) as Hash32;
};
