// What laterMethods.ts loads: import it by `await import`, never otherwise.
export { availableDocuments } from "./access/availableDocuments.ts";
export { documentIndex } from "./access/documentIndex.ts";
export {
  appoint,
  cancelSignedGrants,
  claim,
  claimFor,
  delegate,
  dismiss,
  endDelegation,
  grant,
  revoke,
} from "./access/grants.ts";
export { grantMany, revokeMany } from "./access/readerTerms.ts";
export { signGrant, submitGrant } from "./access/signedGrants.ts";
export { watch } from "./chain/watch.ts";
export { describe } from "./documents/describe.ts";
export { listDocuments } from "./documents/listPublished.ts";
export { challenge, estimateChallenge } from "./evidence/challenge.ts";
export { confirmReceipts } from "./evidence/confirmReceipts.ts";
export { exportReceipts } from "./evidence/exportReceipts.ts";
export { proveFault } from "./evidence/proveFault.ts";
export { epoch } from "./keys/epoch.ts";
export { exportKey } from "./keys/exportKey.ts";
export { keeperHealth } from "./keys/keeperHealth.ts";
export { keyEpochs } from "./keys/keyEpochs.ts";
export { keys } from "./keys/listKeys.ts";
export { reshareOf } from "./keys/reshareOf.ts";
export { onChainRequest, price, refund, settle } from "./onChain/fees.ts";
export { requestOnChain } from "./onChain/retrieve.ts";
export { signAuthorship } from "./publish/authorship.ts";
export { deleteDocument } from "./publish/deleteDocument.ts";
export { loadEncrypted } from "./publish/load.ts";
export { movePermissions } from "./publish/movePermissions.ts";
export { publish } from "./publish/publish.ts";
export { store } from "./publish/storeOnce.ts";
export { upload } from "./publish/upload.ts";
export { rollBack, versions, withdraw } from "./publish/versions.ts";
export { endSessions, importSession, openSession } from "./read/sessionActions.ts";
export { keyAddress, sign, verifyKeySignature } from "./signing/sign.ts";
export { signerFor } from "./signing/signerFor.ts";
