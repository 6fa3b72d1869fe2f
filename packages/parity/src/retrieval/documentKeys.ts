import type { ExtensionServices, PeerAnswerer, Work } from "@keyquorum/keeper";
import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodePoint64 } from "../formats/point64.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import type { KeyServerReport } from "../keyServer/report.ts";
import { publicKeyOf, type ServerKeyPublic, type StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { bringUpWork } from "./bringUpWork.ts";
import { findCertifiedPair } from "./certifiedPair.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { createHolder, type Holder } from "./holder.ts";
import { holderAnswerers } from "./holderAnswerers.ts";
import { ownMembership } from "./membership.ts";
import { createNamedMembers } from "./namedMembers.ts";
import type { Acl } from "./permission.ts";
import { createReading, shadowsOf } from "./reading.ts";
import { BRING_UP_KIND, createStoring } from "./storing.ts";

/** Everything about document keys of one keeper: what it answers, what it drives, and what it still has to bring up. */
export type DocumentKeys = Pick<KeyServer, "publicKey" | "storeDocumentKey" | "shadows"> & {
  /** A reading as whoever checks it gets it. Throws as `shadows`. */
  readonly read: ReturnType<typeof createReading>;
  /**
   * The pair that is stored under a server key, with its certificate; the members are asked where this keeper has none. It asks nobody's permission. Throws
   * KeyServerError ServerKeyIsNotFound, DocumentKeyIsNotFound, ConsensusTemporaryUnreachable.
   */
  readonly certifiedPair: (serverKeyId: Uint8Array) => Promise<{ readonly key: ServerKeyPublic; readonly stored: StoredDocumentKey }>;
  readonly answerers: readonly PeerAnswerer[];
  readonly work: Readonly<Record<string, Pick<Work, "handler">>>;
  /** This keeper's own answers, as others get them. */
  readonly holder: Holder;
};

/** A member that is silent for so long is asked no further. */
const FIND_MILLISECONDS = 5_000;

export const createDocumentKeys = ({
  services,
  records,
  acl,
  report,
  change = (holder) => holder,
}: {
  readonly services: ExtensionServices;
  readonly records: ServerKeyRecords;
  readonly acl: Acl;
  readonly report: Pick<KeyServerReport, "named">;
  /** Changes what this keeper answers: for tests of keepers that lie. Default: nothing. */
  readonly change?: (holder: Holder) => Holder;
}): DocumentKeys => {
  const holder = change(createHolder({ services, records, acl }));
  const options: CoordinatorOptions = {
    ...{ services, records, holder, acl, named: createNamedMembers(services, report) },
    random32: (use, serverKeyId) => services.random({ session: keccakWords(keccak_256(utf8ToBytes(use)), serverKeyId) })(32),
  };
  const read = createReading(options);
  return {
    read,
    certifiedPair: async (serverKeyId) => {
      const found = await records.use(serverKeyId, ({ share: _, ...rest }) => rest);
      if (found === undefined) throw new KeyServerError("ServerKeyIsNotFound");
      const { documentKey: held, ...key } = found;
      if (held !== undefined && held.certificate.length > 0) return { key, stored: held };
      const pair = await findCertifiedPair(options, key, await ownMembership(services, key.epoch), FIND_MILLISECONDS);
      if (pair.kind === "certified") return { key, stored: pair.stored };
      throw new KeyServerError(pair.kind === "none" ? "DocumentKeyIsNotFound" : "ConsensusTemporaryUnreachable");
    },
    publicKey: async ({ serverKeyId, requester }) => {
      services.assertServing();
      const key = await records.use(serverKeyId, ({ author, commitments }) => ({ author, commitments }));
      if (key === undefined) throw new KeyServerError("ServerKeyIsNotFound");
      if (key.author !== requester) throw new KeyServerError("AccessDenied");
      return encodePoint64(publicKeyOf(key));
    },
    storeDocumentKey: createStoring(options),
    shadows: shadowsOf(read),
    answerers: holderAnswerers(holder, services),
    work: { [BRING_UP_KIND]: bringUpWork(options) },
    holder,
  };
};
