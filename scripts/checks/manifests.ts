import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const MAY_IMPORT = require("./importTable.cjs") as Readonly<Record<string, readonly string[]>>;

/** What a package.json declares beyond the import table, or without an exact version. */
export const manifestProblems = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const name of await readdir("packages")) {
    const manifest = JSON.parse(await readFile(join("packages", name, "package.json"), "utf8")) as {
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    const allowed = MAY_IMPORT[name];
    if (allowed === undefined && name !== "testing") found.push(`packages/${name} is not in the table of .dependency-cruiser.cjs`);
    for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
      if (!/^\d+\.\d+\.\d+/.test(version)) found.push(`packages/${name}: ${dependency} is not pinned exactly (${version})`);
      const ours = dependency.match(/^@keyquorum\/(.+)$/)?.[1];
      if (ours !== undefined && name !== "testing" && !allowed?.includes(ours))
        found.push(`packages/${name} declares @keyquorum/${ours}, which the import table does not allow`);
    }
  }
  return found;
};
