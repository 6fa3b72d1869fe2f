import type { ExtensionServices } from "@keyquorum/keeper";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { isProved } from "./evidence.ts";
import type { MoveMember } from "./moveMember.ts";
import { assertSameDocumentKey, readProposal, wrong } from "./moveProposal.ts";
import { seeEpoch } from "./seenEpochs.ts";

/** `MoveMember.admit`: whether a member that gets a share takes part. */
export const createAdmitMoved =
  (services: Pick<ExtensionServices, "chain" | "members">, records: Pick<ServerKeyRecords, "use">): MoveMember["admit"] =>
  async (proposal) => {
    const evidence = readProposal(proposal);
    const serverKeyId = hexToBytes(proposal.serverKeyId, 32);
    if (!(await isProved(serverKeyId, evidence, (epoch) => seeEpoch(services, epoch))))
      throw wrong("Not every member of its epoch confirmed the key, or its document key.");
    const own = await records.use(serverKeyId, ({ share: _, ...rest }) => rest);
    if (own !== undefined && own.commitments[0]?.equals(evidence.commitments[0] ?? own.commitments[0]) !== true)
      throw new KeyquorumError("REQUEST_CONFLICT", "This keeper has another key of this id.");
    if (own !== undefined && own.author !== proposal.author) throw wrong("The key has another author.");
    if (own !== undefined && own.epoch > evidence.epoch)
      throw new KeyquorumError("REQUEST_CONFLICT", "The key is in a later epoch here than the one that it would be moved from.");
    // One that it alone confirmed is nobody's: who deals without it makes sure that it never gets a certificate.
    const isStored = own?.epoch === evidence.epoch && (own.documentKey?.certificate.length ?? 0) > 0;
    if (own !== undefined && isStored) assertSameDocumentKey(own, evidence);
    return { isKnown: own !== undefined };
  };
