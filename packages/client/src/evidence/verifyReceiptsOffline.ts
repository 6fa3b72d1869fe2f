import type { ReceiptFileBody } from "@keyquorum/wire";
import type { VerifiedReceipts } from "./verifiedReceipts.ts";
import { type VerifyReceiptsOptions, verifyReceipts as verify } from "./verifyReceipts.ts";

/**
 * Verifies a file of receipts without a chain or keepers: that the header is honest, that the requester asked for it, that each keeper of the
 * committee signed what it answered, and that each answer is right. `trust` says what stands behind the committee. PROTOCOL section 5.4.
 *
 * Throws INVALID_RECEIPTS with `details.field` (and `details.slot`) for the first thing that does not hold; INVALID_VALUE for a bad `committeeRoot`.
 */
export const verifyReceipts = async (file: ReceiptFileBody | unknown, options: VerifyReceiptsOptions = {}): Promise<VerifiedReceipts> => {
  return verify(file, options);
};
