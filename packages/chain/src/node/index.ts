export { checkFileTarget, FileExistsError, fileFailure } from "./fileTarget.ts";
export { writeAtomically } from "./writeAtomically.ts";
