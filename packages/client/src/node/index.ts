export { checkFileTarget, FileExistsError, writeAtomically } from "@keyquorum/chain/node";
export { connectDeploying } from "./connectDeploying.ts";
export { connectSigning, type Signing } from "./connectSigning.ts";
export { deployJournal } from "./deployJournal.ts";
export { deploymentPath, readDeployment, readDeploymentFile, writeDeploymentFile } from "./deployments.ts";
export { fileContent } from "./fileContent.ts";
export { nodeChunkCipher } from "./nodeChunkCipher.ts";
export { patientRequest } from "./patientRequest.ts";
export { searchEvents } from "./searchEvents.ts";
