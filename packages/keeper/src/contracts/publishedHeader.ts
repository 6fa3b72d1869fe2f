import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { pointFromXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import {
  type DocumentHeader,
  type DocumentId,
  type Hash32,
  headerHashOf,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseKeyId,
} from "@keyquorum/wire";
import type { ServedContracts } from "./deployment.ts";

/** The header of a published version, from its mirrored event; undefined when there is none. Whether it is withdrawn is asked elsewhere. */
export const findPublishedHeader = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts },
  document: DocumentId,
  headerHash: Hash32,
): Promise<DocumentHeader | undefined> => {
  const documentRegistry = contracts.addresses.documentRegistry;
  const logs = await vault.logs.find({ address: documentRegistry, topic0: eventTopic("DocumentPublished"), topic1: document });
  for (const mirrored of logs) {
    const event = parseContractLogOf(contracts.deployment, mirrored, "DocumentPublished");
    if (event === undefined || parseHash32(event.args.headerHash) !== headerHash) continue;
    const { args } = event;
    const { u, uBar, e, f } = args.ciphertext;
    const header: DocumentHeader = {
      chainId: contracts.chainId,
      documentRegistry,
      keyId: parseKeyId(args.keyId),
      document: parseDocumentId(args.document),
      owner: parseAddress(args.owner),
      salt: parseHash32(args.salt),
      initialPermissions: parseAddress(args.initialPermissions),
      ciphertext: { u: pointFromXY(u.x, u.y), uBar: pointFromXY(uBar.x, uBar.y), e, f },
    };
    if (headerHashOf(header) === headerHash) return header;
  }
  return undefined;
};
