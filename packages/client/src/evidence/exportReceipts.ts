import { plain } from "@keyquorum/bindings";
import { pointFromXY } from "@keyquorum/threshold";
import {
  type Address,
  type CommitteeMember,
  encodeReceiptFile,
  headerHashOf,
  parseAddress,
  type ReceiptFile,
  type ReceiptFileBody,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";
import type { RetrievalReport } from "../types.ts";

/**
 * Makes a file of one retrieval's receipts, that `verifyReceipts` checks without a network: what was asked, by whom, what each keeper answered and
 * signed, and the committee whose keys they signed with. JSON data; public. PROTOCOL section 5.4. Throws CHAIN_UNAVAILABLE.
 */
export const exportReceipts = action(
  "exportReceipts",
  async (chain: Chain, { record }: RetrievalReport, { signal }: CallOptions = {}): Promise<ReceiptFileBody> => {
    const { contracts, chainId } = chain.deployment;
    const { key } = record;
    const header = record.kind === "http" ? record.asked.header : record.header;
    const shared = {
      chainId,
      shareRequests: parseAddress(contracts.shareRequests),
      keeperRegistry: parseAddress(contracts.keeperRegistry),
      ...(await versionOf(chain, header, signal)),
      key: {
        epoch: key.epoch,
        quorum: key.quorum,
        slots: key.slots,
        verifyingRoot: key.verifyingRoot,
        publicKey: key.publicKey,
      },
    };
    const file: ReceiptFile =
      record.kind === "http"
        ? { ...shared, kind: "http", asked: record.asked, committee: await readMembers(chain, key, signal), answers: record.answers }
        : {
            ...shared,
            kind: "chain",
            contract: record.contract,
            header: record.header,
            request: record.request,
            answers: record.answers,
          };
    return encodeReceiptFile(file);
  },
);

/** The number of a published version. */
const versionOf = async (
  { calls, contracts }: Chain,
  header: Parameters<typeof headerHashOf>[0],
  signal: AbortSignal | undefined,
): Promise<{ readonly documentVersion?: number }> => {
  const read = () => contracts.documentRegistry.versionOf(header.document, headerHashOf(header));
  const { number } = await calls.read("Reading the document", read, signal);
  return number === 0n ? {} : { documentVersion: Number(number) };
};

const readMembers = async (
  { calls, contracts }: Chain,
  { epoch }: ReceiptFile["key"],
  signal: AbortSignal | undefined,
): Promise<readonly CommitteeMember[]> => {
  const members = await calls.read("Reading the keepers", () => contracts.keeperRegistry.committeeOf(epoch), signal);
  return plain(members).map(({ slot, operator, encryptionKey, identityKey }) => ({
    slot: Number(slot),
    operator: operator as Address, // `plain` lower-cases addresses
    encryptionKey: pointFromXY(encryptionKey.x, encryptionKey.y),
    identityKey: pointFromXY(identityKey.x, identityKey.y),
  }));
};
