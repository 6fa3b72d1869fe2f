// What few pages do. It is imported when one of these is asked for, as one module: bundlers make one
// more file of it, and what a page loads first stays small (`npm run bench -- --only bundle`). Import it by `await import`, never otherwise.
export { transferBlob } from "@keyquorum/blobs";
export { availableDocuments } from "./access/availableDocuments.ts";
export { createDocumentIndex } from "./access/documentIndex.ts";
export { signGrant, submitGrant } from "./access/signedGrants.ts";
export { deleteDocument } from "./documents/deleteDocument.ts";
export { describeDocument } from "./documents/describe.ts";
export { listPublished } from "./documents/listPublished.ts";
export { encryptedOf } from "./documents/loadEncrypted.ts";
export { movePermissions } from "./documents/movePermissions.ts";
export { createPartReader } from "./documents/partReader.ts";
export { signAuthorship } from "./documents/signAuthorship.ts";
export { chooseVersion, readVersions, withdrawVersion } from "./documents/versions.ts";
export { listKeys } from "./epochs/listKeys.ts";
export { readEpoch } from "./epochs/readEpoch.ts";
export { readKeyEpochs } from "./epochs/readKeyEpochs.ts";
export { readReshare } from "./epochs/readReshare.ts";
export { challengeAnswer } from "./faults/challenge.ts";
export { proveFault } from "./faults/proveFault.ts";
export { readPrice } from "./postShareRequest.ts";
export { confirmReceipts } from "./receipts/confirmReceipts.ts";
export { exportReceipts } from "./receipts/exportReceipts.ts";
export { verifyReceipts } from "./receipts/verifyReceipts.ts";
export { requestOnChain } from "./requestOnChain.ts";
export { refundRequest, settleRequest } from "./requests/fees.ts";
export { findRequest } from "./requests/findRequest.ts";
export { importSession, openSession } from "./sessions.ts";
export { watchEvents } from "./watch.ts";
