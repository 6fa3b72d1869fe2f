import { movedRowName, type ServerKeyMember } from "@keyquorum/protocol";
import { bytesToHex, parseHash32 } from "@keyquorum/wire";
import type { ServerKeyRecord } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { evidenceOf, type KeyEvidence } from "./evidence.ts";

/** A key of which this keeper holds a share in the epoch where the key is, as far as it knows. Public. */
export type HeldKey = { readonly record: Omit<ServerKeyRecord, "share">; readonly evidence: KeyEvidence };

/** Undefined: it holds none, or holds it only until it is erased. */
export const findHeldKey = async (
  records: Pick<ServerKeyRecords, "use" | "epochsOf">,
  rowOf: ServerKeyMember["rowOf"],
  serverKeyId: Uint8Array,
): Promise<HeldKey | undefined> => {
  const record = await records.use(serverKeyId, ({ share: _, ...rest }) => rest);
  if (record === undefined) return undefined;
  const id = parseHash32(bytesToHex(serverKeyId));
  const rows = [await rowOf(movedRowName(id, record.epoch)), await rowOf(id)];
  const row = rows.find((one) => one?.stage === "generated" && one.proposal.epoch === record.epoch);
  return row?.stage === "generated" ? { record, evidence: evidenceOf(row, record.documentKey) } : undefined;
};
