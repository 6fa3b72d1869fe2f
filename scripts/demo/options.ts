import { parseArgs } from "node:util";
import { measurePatience, type Patience, parsePatience } from "@keyquorum/cluster";

/** What `npm start` may be told. */
export type DemoOptions = {
  readonly file: string | undefined;
  readonly keepers: number;
  readonly threshold: number;
  readonly json: string | undefined;
  /** The other story: keepers leave and join, and the key stays. */
  readonly reshare: boolean;
  /** A third story: clients of Parity Secret Store, unmodified. */
  readonly parity: boolean;
  /** A fourth: modules that get secrets. */
  readonly wasm: boolean;
  readonly patience: Patience;
};

export const HELP = `npm start -- [options]

Runs the whole loop on its own chain and keepers, checks every step, and leaves nothing behind.
t keepers together learn nothing; t+1 are needed.

  --file PATH      the file that Alice encrypts (default: a picture of 1.2 MB, drawn for the purpose)
  --keepers N      how many keepers (default 5)
  --threshold T    t, with 2T+1 <= N and room for the faults that the demo injects: N >= T+3 (default 2)
  --reshare        shows a change of keepers instead: two leave, two others join, and the key's address stays
  --parity         shows Parity Secret Store instead: Ocean's client publishes and reads, Ocean's contracts decide, some keepers crash and lie
  --wasm           shows WebAssembly modules instead: the keepers give each module exactly the API keys that their owner granted to it
  --patience X     how many times slower than an idle machine to assume this one is, 1 to 100: blocks come up to 10 times slower, and windows and
                   waits are longer. Measured at the start by default; set it if the load will come later
  --json FILE      write the results, with gas and milliseconds, to FILE

Examples:
  npm start
  npm start -- --file ~/thesis.pdf
  npm start -- --keepers 7 --threshold 3 --json demo.json
  npm start -- --reshare
  npm start -- --parity
  npm start -- --wasm
  npm start -- --patience 10                on a busy machine
`;

/** Reads the command line. Throws an Error whose message says what to correct. */
export const parseDemoOptions = (args: readonly string[]): DemoOptions | "help" => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: "string" },
      keepers: { type: "string", default: "5" },
      threshold: { type: "string", default: "2" },
      json: { type: "string" },
      patience: { type: "string" },
      reshare: { type: "boolean", default: false },
      parity: { type: "boolean", default: false },
      wasm: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  const keepers = wholeNumber("--keepers", values.keepers, 4, 12);
  const threshold = wholeNumber("--threshold", values.threshold, 1, 5);
  if (2 * threshold + 1 > keepers)
    throw new Error(`--threshold ${threshold} needs at least ${2 * threshold + 1} keepers; --keepers is ${keepers}.`);
  if (keepers < threshold + 3)
    throw new Error(`The demo kills one keeper and lets another lie: --threshold ${threshold} needs --keepers ${threshold + 3} or more.`);
  if (values.reshare && threshold < 2)
    throw new Error("--reshare lets two keepers leave, whose shares alone must open nothing: --threshold 2 or more.");
  if (values.reshare && keepers > 10) throw new Error("--reshare starts two further keepers: --keepers 10 or fewer.");
  if (values.parity && (values.reshare || values.file !== undefined))
    throw new Error("--parity is a story of its own: it goes with neither --reshare nor --file.");
  if (values.wasm && (values.parity || values.reshare || values.file !== undefined))
    throw new Error("--wasm is a story of its own: it goes with none of --parity, --reshare and --file.");
  const patience = values.patience === undefined ? measurePatience() : parsePatience(values.patience);
  return {
    file: values.file,
    keepers,
    threshold,
    json: values.json,
    reshare: values.reshare,
    parity: values.parity,
    wasm: values.wasm,
    patience,
  };
};

const wholeNumber = (option: string, text: string, least: number, most: number): number => {
  const value = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new Error(`${option} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
};
