/**
 * A vault's file as version 10 of the schema wrote it: `version10.sqlite.gz`, made by the program of that time of `version9.sqlite.gz`, with rows of an
 * extension, a repair's secret and a second epoch's besides.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FILE = gunzipSync(readFileSync(new URL("./version10.sqlite.gz", import.meta.url)));

export const writeVaultOfVersion10 = (directory: string): void => {
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "vault.sqlite"), FILE, { mode: 0o600 });
  closeSync(openSync(join(directory, "writer.lock"), "a", 0o600));
};
