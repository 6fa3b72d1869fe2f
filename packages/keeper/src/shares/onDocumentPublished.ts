import type { Duty } from "../run/duty.ts";

/**
 * A document's version was published. Nothing has to be done at once: its header is in the mirrored log, from where `contracts/publishedHeader.ts`
 * takes it when shares are asked for, and the contract has checked its proof.
 */
export const onDocumentPublished: Duty<"DocumentPublished"> = async ({ args: { document, keyId, version, headerHash } }, { log }) => {
  log.debug("Document published", { document, keyId, version, headerHash });
};
