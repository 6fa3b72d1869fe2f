// `npm run pack:packages -- DIRECTORY`: the packages as npm tarballs, compiled to JavaScript with declarations.
import { parseArgs } from "node:util";
import { packPackages } from "./pack/packPackages.ts";

const HELP = `npm run pack:packages -- DIRECTORY [options]

Compiles the packages and packs each as npm would publish it. The same sources give the same bytes; the working tree is not touched.

  --only NAMES   comma-separated folder names of packages/ (default: all)
  --json         prints one JSON document on standard output; progress goes to standard error

Examples:
  npm run pack:packages -- /tmp/tarballs
  npm run -s pack:packages -- /tmp/tarballs --only threshold,wire --json
`;

const fail = (sentence: string): never => {
  console.error(sentence);
  process.exit(2);
};

const { values, positionals } = (() => {
  try {
    return parseArgs({
      options: { only: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
})();
const [out, ...more] = positionals;
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (out === undefined || more.length > 0) fail(`One directory is needed.\n\n${HELP}`);

try {
  const tarballs = await packPackages({
    out: out ?? "",
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    onStep: (text) => console.error(`${text} ...`),
  });
  if (values.json) console.log(JSON.stringify(tarballs, null, 2));
  else
    for (const { name, version, bytes, files, file } of tarballs)
      console.log(
        `${`${name}@${version}`.padEnd(28)} ${(bytes / 1024).toFixed(1).padStart(8)} kB ${String(files).padStart(4)} files  ${file}`,
      );
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
