import { contentOf, movedRowName, type RowName, type ServerKeyRow } from "@keyquorum/protocol";
import { bytesToHex, hexToBytes, parseHash32 } from "@keyquorum/wire";
import type { ServerKeyProof } from "../proofs/serverKeyProof.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";

/** A server key that this keeper holds, with every member's signature. Asks nobody. @param epoch default: the newest that this keeper has it in */
export type KeptProof = (serverKeyId: Uint8Array, epoch?: number) => Promise<ServerKeyProof | undefined>;

/** @param rowOf what the board keeps of a session: the one in which the key was made, or in which it was moved to its epoch */
export const createKeptProof =
  (records: ServerKeyRecords, rowOf: (name: RowName) => Promise<ServerKeyRow | undefined>): KeptProof =>
  async (serverKeyId, asked) => {
    const epoch = await records.use(serverKeyId, (record) => record.epoch, asked);
    if (epoch === undefined) return undefined;
    const id = parseHash32(bytesToHex(serverKeyId));
    const isOfEpoch = (row: ServerKeyRow | undefined) => row?.stage === "generated" && row.proposal.epoch === epoch;
    const made = await rowOf(id);
    const row = isOfEpoch(made) ? made : await rowOf(movedRowName(id, epoch));
    if (row?.stage !== "generated" || row.proposal.epoch !== epoch) return undefined;
    const { proposal, sid, key, confirmations } = row;
    const { author, threshold, members } = proposal;
    return {
      ...{ serverKeyId, author, threshold, epoch, members, sid, confirmations },
      ...{ commitments: key.commitments, verifyingRoot: hexToBytes(key.verifyingRoot, 32) },
      ...(proposal.moved === undefined ? {} : { moved: contentOf(proposal) }),
    };
  };
