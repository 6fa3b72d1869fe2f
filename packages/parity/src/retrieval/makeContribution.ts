import type { ExtensionServices } from "@keyquorum/keeper";
import { createMaskedContribution } from "@keyquorum/protocol";
import { SecretScalar } from "@keyquorum/threshold";
import { type Hash32, hexToBytes } from "@keyquorum/wire";
import { encryptEcies } from "../formats/ecies.ts";
import { visibleShadow } from "../formats/signRule.ts";
import type { ServerKeyRecord } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { badHolders, unknownKey } from "./holderErrors.ts";
import { domainOf, type OwnMembership } from "./membership.ts";
import type { ContributeAsk, HeldContribution } from "./messages.ts";
import type { Reader } from "./reader.ts";
import { contributionStatement, digestOf, proofStatement } from "./statements.ts";

/** The part itself: nothing of it has left yet. */
export const makeContribution = async (
  { services, records }: { readonly records: ServerKeyRecords } & { readonly services: Pick<ExtensionServices, "chain" | "random"> },
  own: OwnMembership,
  digest: Hash32,
  ask: ContributeAsk,
  reader: Reader,
): Promise<HeldContribution> => {
  const domain = domainOf(services);
  const { slot } = own;
  const { serverKeyId, epoch, holders } = ask;
  const speaker = { serverKeyId, epoch, slot };
  const contribution = async ({ threshold, share, documentKey }: ServerKeyRecord): Promise<Omit<HeldContribution, "signature">> => {
    if (documentKey === undefined || !holders.includes(slot)) throw badHolders();
    const session = hexToBytes(digest, 32);
    const random = services.random({ session, secret: share });
    const context = hexToBytes(digestOf(domain, proofStatement(speaker, digest)), 32);
    const { commonPoint } = documentKey;
    const { contribution: given, mask } = createMaskedContribution({ threshold, holders, commonPoint }, { slot, share, context }, random);
    const shadow = SecretScalar.from(visibleShadow(mask.reveal(), threshold)).toBytes();
    mask.erase();
    try {
      return { ...given, shadow: await encryptEcies(reader.publicKey, shadow, services.random({ session, secret: share })) };
    } finally {
      shadow.fill(0);
    }
  };
  const made = await records.use(serverKeyId, contribution, epoch);
  if (made === undefined) throw unknownKey();
  return { ...made, signature: own.sign(contributionStatement(speaker, digest, made)) };
};
