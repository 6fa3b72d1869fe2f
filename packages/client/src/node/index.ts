export { deploymentPath, readDeployment, readDeploymentFile, writeDeploymentFile } from "./deployments.ts";
export { fileContent } from "./fileContent.ts";
export { nodeChunkCipher } from "./nodeChunkCipher.ts";
export { FileExistsError, writeAtomically } from "./writeAtomically.ts";
