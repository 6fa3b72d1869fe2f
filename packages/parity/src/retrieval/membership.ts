import type { CommitteeMember, ExtensionServices } from "@keyquorum/keeper";
import { accountOf, KeyquorumError, recoverSigner } from "@keyquorum/wire";
import type { SignedByMembers } from "../proofs/certificate.ts";
import { type DocumentKeyStatement, digestOf } from "./statements.ts";

export { isCertificate, isConfirmation, isSamePair, quorumOf } from "../proofs/certificate.ts";

type Services = Pick<ExtensionServices, "chain" | "members">;
export type Heads = Parameters<ExtensionServices["members"]["of"]>[1];

/** Members of one epoch, as others' signatures are checked by. */
export type EpochMembers = SignedByMembers & { readonly heads: Heads; readonly members: readonly CommitteeMember[] };

/** This keeper's own part in an epoch, too, and who is absent from it at the head or in the final block (D56): removed, or robbed of its keys. */
export type OwnMembership = EpochMembers & {
  readonly slot: number;
  readonly sign: (said: DocumentKeyStatement) => Uint8Array;
  readonly isAbsent: (slot: number) => boolean;
};

/** The contract and chain that everything here is signed for. */
export const domainOf = ({ chain }: Pick<Services, "chain">) => ({
  ...{ chainId: chain.contracts.chainId, contract: chain.contracts.addresses.keeperRegistry },
});

/** By what the last look showed: asks no chain where the epoch is known. Throws ChainUnavailableError, KeyquorumError FINALITY_BROKEN. */
export const membersOf = async (services: Services, epoch: number, given?: Heads): Promise<EpochMembers> => {
  const heads = given ?? services.chain.seen() ?? (await services.chain.look());
  const members = await services.members.of(epoch, heads);
  const domain = domainOf(services);
  return {
    ...{ heads, members },
    isSignedBy: (slot, said, signature) => {
      const member = members.find((one) => one.slot === slot);
      return member !== undefined && recoverSigner(digestOf(domain, said), signature) === accountOf(member.identityKey);
    },
  };
};

/** As these blocks have it; by default as the newest. Throws NOT_MEMBER where this keeper has no part in the epoch, or is absent from it; what `membersOf` throws. */
export const ownMembership = async (services: Services, epoch: number, given?: Heads): Promise<OwnMembership> => {
  const heads = given ?? (await services.chain.look());
  const [known, own, absent] = await Promise.all([
    membersOf(services, epoch, heads),
    services.members.own(epoch, heads),
    services.members.absent(epoch, heads),
  ]);
  if (own === undefined || absent.includes(own.slot))
    throw new KeyquorumError(
      "NOT_MEMBER",
      "This keeper has no part in the epoch of this server key, was removed, or was robbed of its account or identity key.",
      {
        details: { epoch },
      },
    );
  const domain = domainOf(services);
  return {
    ...{ ...known, slot: own.slot, isAbsent: (slot) => absent.includes(slot) },
    sign: (said) => own.sign({ ...said, domain }),
  };
};
