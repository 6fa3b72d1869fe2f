export { checkFileTarget, FileExistsError, fileFailure } from "./fileTarget.ts";
export { createKeepAlivePost } from "./keepAlivePost.ts";
export { writeAtomically } from "./writeAtomically.ts";
