import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { pointFromXY } from "@keyquorum/threshold";
import type { MirroredLog } from "@keyquorum/vault";
import { type DocumentHeader, type Hash32, headerHashOf, parseAddress, parseDocumentId, parseHash32, parseKeyId } from "@keyquorum/wire";
import type { ServedContracts } from "./deployment.ts";

/** Finds the published versions of a document in the mirror, with its id as the next topic. */
export const PUBLISHED = eventTopic("DocumentPublished");

/** The header with this hash, if the mirrored event publishes it. */
export const publishedHeader = (contracts: ServedContracts, mirrored: MirroredLog, headerHash: Hash32): DocumentHeader | undefined => {
  const event = parseContractLogOf(contracts.deployment, mirrored, "DocumentPublished");
  if (event === undefined || parseHash32(event.args.headerHash) !== headerHash) return undefined;
  const { args } = event;
  const { u, uBar, e, f } = args.ciphertext;
  const header: DocumentHeader = {
    chainId: contracts.chainId,
    documentRegistry: contracts.addresses.documentRegistry,
    keyId: parseKeyId(args.keyId),
    document: parseDocumentId(args.document),
    owner: parseAddress(args.owner),
    salt: parseHash32(args.salt),
    initialPermissions: parseAddress(args.initialPermissions),
    ciphertext: { u: pointFromXY(u.x, u.y), uBar: pointFromXY(uBar.x, uBar.y), e, f },
  };
  return headerHashOf(header) === headerHash ? header : undefined;
};
