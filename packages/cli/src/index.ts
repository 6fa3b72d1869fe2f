export { loadExtensions } from "./loadExtensions.ts";
export { createProgram, runProgram } from "./program.ts";
