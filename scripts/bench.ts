// `npm run bench`: the figures, measured here and now. Medians of several runs.
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { compareWith } from "./bench/against/against.ts";
import { answerFigures } from "./bench/answers.ts";
import { bundleFigures } from "./bench/bundle.ts";
import { type Figure, isMissed, printTable } from "./bench/figures.ts";
import { fileFigures } from "./bench/files.ts";
import { gasFigures } from "./bench/gas.ts";
import { CURVES, growthFigures } from "./bench/growth.ts";
import { idleFigures } from "./bench/idle.ts";
import { kernelFigures } from "./bench/kernel.ts";
import { loopFigures } from "./bench/loop.ts";
import { operationFigures } from "./bench/operations.ts";
import { parityFigures } from "./bench/parity.ts";
import { parityContractFigures } from "./bench/parityContracts.ts";
import { peerSystemFigures } from "./bench/peerSystems.ts";
import { permissionFigures } from "./bench/permissions.ts";
import { oneKeeperFigures } from "./bench/reshare/oneKeeper.ts";
import { reshareFigures } from "./bench/reshare.ts";
import { retrievalFigures } from "./bench/retrieval.ts";
import { runnerFigures } from "./bench/runner.ts";
import { vaultFigures } from "./bench/vault.ts";

/** Only measured where it is named: it takes longer than all others, and has a page of its own (`npm run docs:growth`). */
const APART = "growth";

type Options = { readonly peers: boolean; readonly isQuick: boolean; readonly curves?: readonly string[] };

const SECTIONS: Readonly<Record<string, { readonly heading: string; readonly measure: (options: Options) => Promise<readonly Figure[]> }>> =
  {
    operations: { heading: "Threshold operations over the kernel, beside noble in the same process", measure: operationFigures },
    kernel: { heading: "The WebAssembly kernel beside noble; with --peers beside libsecp256k1", measure: kernelFigures },
    systems: { heading: "With --peers, other threshold encryption for chains: CPU time, in turn", measure: peerSystemFigures },
    gas: { heading: "Gas: verification alone, key generation's transactions, requests in both modes", measure: gasFigures },
    parityContracts: { heading: "Gas of Parity's services, five key servers, per transaction", measure: parityContractFigures },
    permissions: { heading: "Gas of each permission kind: the question, its transactions, its deployment", measure: permissionFigures },
    bundle: { heading: "Bundle: what a page with the SDK loads", measure: bundleFigures },
    files: { heading: "Files: 128 MiB, one process", measure: fileFigures },
    vault: { heading: "The vault: an answer with its record, and an erasure", measure: vaultFigures },
    runner: { heading: "The runner: one module in one process; then with secrets from 3 of 5 keepers", measure: runnerFigures },
    answers: { heading: "A keeper's answers by HTTP: its own process, an RPC stand-in", measure: answerFigures },
    idle: { heading: "A keeper with nothing to do", measure: idleFigures },
    growth: { heading: "Growth with keepers, blocks, records and documents, beside its expected order", measure: growthFigures },
    loop: { heading: "The loop: five keeper processes, t = 2", measure: loopFigures },
    retrieval: { heading: "Request to plaintext with 5, 7 and 16 keeper processes", measure: retrievalFigures },
    parity: {
      heading: "Parity Secret Store's clients: server keys and document keys over 3, 5 and 7 keeper processes",
      measure: parityFigures,
    },
    reshare: { heading: "Resharing: one key at n = 5, 7 and 16, 100 keys at n = 5, and what readers notice", measure: reshareFigures },
    oneKeeper: { heading: "One keeper, its peers played by transactions, while 100 keys move at once", measure: oneKeeperFigures },
  };

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    peers: { type: "boolean", default: false },
    against: { type: "string" },
    quick: { type: "boolean", default: false },
    curves: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
const PARTS = ["startUp", "retrieval"]; // of --against
const isKnown = (name: string): boolean => (values.against === undefined ? SECTIONS[name] !== undefined : PARTS.includes(name));
const curves = values.curves?.split(",");
const isKnownCurve = (name: string): boolean => CURVES[name] !== undefined;
if (values.help || (values.only !== undefined && !isKnown(values.only)) || curves?.every(isKnownCurve) === false) {
  console.log(
    `npm run bench -- [--json FILE] [--only ${Object.keys(SECTIONS).join("|")}] [--peers]\n  npm run bench -- --only growth [--quick] [--curves ${Object.keys(CURVES).join(",")}]\n  npm run bench -- --against COMMIT [--json FILE] [--only ${PARTS.join("|")}]\n\n--against  builds that commit in a folder of its own and measures both in turn, by CPU time\n--peers  also other implementations, installed into .keyquorum/peers at the first use\n--quick  growth without its largest sizes (minutes; all of it takes a quarter of an hour or more, and is measured only where --only names it); --curves: some of them\n\nExamples:\n  npm run bench\n  npm run bench -- --only gas --json gas.json\n  npm run bench -- --against HEAD~1 --only retrieval`,
  );
  process.exit(values.help ? 0 : 2);
}

const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
console.log(machine);
if (values.against !== undefined) {
  const load = loadavg().map((average) => Number(average.toFixed(1)));
  console.log(`load ${load.join(", ")}`);
  const rows = await compareWith(values.against, values.only);
  const report = { date: new Date().toISOString(), machine, load, against: values.against, rows };
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  process.exit(0);
}
const results: Record<string, readonly Figure[]> = {};
for (const [name, { heading, measure }] of Object.entries(SECTIONS)) {
  if (values.only === undefined ? name === APART : name !== values.only) continue;
  const figures = await measure({ peers: values.peers, isQuick: values.quick, ...(curves === undefined ? {} : { curves }) });
  if (figures.length === 0) continue;
  results[name] = figures;
  printTable(heading, figures);
}
const missed = Object.values(results).flat().filter(isMissed);
console.log(
  missed.length === 0 ? "\nEvery target is met." : `\n${missed.length} targets are missed: ${missed.map(({ name }) => name).join(", ")}.`,
);
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
