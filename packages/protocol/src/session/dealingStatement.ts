import { type DkgMember, keccakWords } from "@keyquorum/threshold";

/** Who deals what to whom, 32 bytes: the polynomial of a dealing is drawn for these recipients and for nobody else. PROTOCOL section 1.5. */
export const dealingStatementOf = ({
  dealer,
  threshold,
  recipients,
}: {
  readonly dealer: number;
  readonly threshold: number;
  readonly recipients: readonly DkgMember[];
}): Uint8Array => keccakWords(dealer, threshold, ...recipients.flatMap(({ slot, encryptionKey }) => [slot, encryptionKey]));
