import { backend, createServerKeyRedealing, type DkgMember, type RandomSource, type SecretScalar } from "@keyquorum/threshold";
import { accountOf, type Hash32, hexToBytes, type PeerDomain } from "@keyquorum/wire";
import { signRaw } from "../formats/rawSignature.ts";
import type { OldKeyClaim } from "./claim.ts";
import { OLD_DEALER, type OldShare, oldShareName, oldShareSession } from "./oldShare.ts";

/** For whom an old share is dealt: the members of the newest final epoch that take part. */
export type Receivers = { readonly domain: PeerDomain; readonly epoch: number; readonly members: readonly DkgMember[] };

/**
 * Deals one old node's share of a key to keepers, and signs what its record says: what leaves the old node. It holds no other node's share, and nobody ever
 * needs to. Throws ThresholdError for a share of 0, a place of 0, or a threshold that the members are too few for.
 * @param importer the account that may import, secret
 */
export const dealOldShare = (
  { domain, epoch, members }: Receivers,
  { claim, place, share }: { readonly claim: OldKeyClaim; readonly place: bigint; readonly share: SecretScalar },
  importer: SecretScalar,
  random?: RandomSource,
): OldShare => {
  const about = { claim, epoch, place };
  const address = accountOf(backend.mulG(importer.reveal()));
  const sid = oldShareSession(domain, about, address, members);
  const { threshold } = claim;
  const dealing = createServerKeyRedealing({ sid, dealer: OLD_DEALER, share, threshold, recipients: members }, random);
  const unsigned = { ...about, members: members.map(({ slot }) => slot), dealing };
  const name: Hash32 = oldShareName(domain, unsigned);
  return { ...unsigned, signature: signRaw(hexToBytes(name, 32), importer) };
};
