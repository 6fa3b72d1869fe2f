import { createRequire } from "node:module";

/** The version of this package, as it is published. */
export const KEEPER_VERSION: string = (createRequire(import.meta.url)("../../package.json") as { readonly version: string }).version;
