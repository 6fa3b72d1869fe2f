import { parseArgs } from "node:util";
import { measurePatience, type Patience, parsePatience } from "@keyquorum/cluster";
import { type Address, parseAddress } from "@keyquorum/wire";

/** What `npm run devnet` may be told. */
export type DevnetOptions = {
  readonly keepers: number;
  readonly threshold: number;
  readonly spare: number;
  /** The chain's, if it must be this one. */
  readonly port: number | undefined;
  readonly patience: Patience;
  /** Each keeper serves clients of Parity Secret Store, too. */
  readonly parity: ParityOptions | undefined;
};

export type ParityOptions = {
  /** A folder of V3 keystores. None: a fresh one. */
  readonly keystore: string | undefined;
  /** Who decides who reads. None: this deployment's AccessGrants. */
  readonly acl: Address | "none" | undefined;
  /** Keeper i's key server has this port and i - 1. */
  readonly keyServerPort: number;
  readonly agentPorts: readonly number[];
};

/** A sentence that says what to correct. */
export class DevnetOptionError extends Error {}

/** Parity's own ports: its key server's, and its JSON-RPC where Ocean had it. */
const [KEY_SERVER_PORT, AGENT_PORT] = [8082, 9545];
const MOST_KEEPERS = 16;
/** Who may share a server key (PROTOCOL 8.1). */
const LEAST_MEMBERS = 3;

export const DEVNET_HELP = `npm run devnet -- [options]

Starts a chain (chain id 31337) and keepers on 127.0.0.1, generates a key, and keeps them running until Ctrl-C.
t keepers together learn nothing; t+1 are needed.

  --keepers N      how many keepers (default 5)
  --threshold T    t (default 2, or 1 with fewer than 5 keepers)
  --spare N        how many further keepers run, are admitted, and wait for the next epoch (default 0)
  --patience X     how many times slower than an idle machine to assume this one is, 1 to 100: blocks come up to 10 times slower, and keepers get
                   longer for each phase of a key. Measured at the start by default; set it if the load will come later
  --port P         port of the chain's JSON-RPC (default 8545, or a free one if that is in use)

  --parity         also starts a key server for clients of Parity Secret Store on each keeper, and a signing agent (docs/PARITY.md): 3 keepers at least;
                   the client chooses t. With it:
    --keystore DIR       the agent's V3 keystores (default: fresh ones of development accounts 1 and 2, with a password that is printed)
    --acl ADDRESS|none   the contract that decides who may read (default: this deployment's AccessGrants). none: every program on this machine can read
                         everything, and only this machine is served
    --key-server-port P  keeper i's key server listens at P+i-1 (default ${KEY_SERVER_PORT})
    --agent-port Q       where the agent listens; may be repeated (default ${AGENT_PORT})

The deployment is recorded in deployments/31337.json, or in deployments/31337-<port>.json if another devnet is recorded there. If the devnet fails,
the keepers' logs are kept, and their location is printed.

Examples:
  npm run devnet
  npm run devnet -- --keepers 7 --threshold 3
  npm run devnet -- --patience 10           on a busy machine
  npm run devnet -- --spare 2               then: npx hardhat keyquorum keepers replace 1 --by 6
  npm run devnet -- --parity --keepers 3    then the command that it prints
  npm run devnet -- --parity --keystore ~/parity/keys --key-server-port 12001
`;

/** Reads the command line. Throws DevnetOptionError. */
export const parseDevnetOptions = (args: readonly string[]): DevnetOptions | "help" => {
  const values = read(args);
  if (values.help === true) return "help";
  const keepers = wholeNumber("--keepers", values.keepers, 1, MOST_KEEPERS);
  const threshold = wholeNumber("--threshold", values.threshold ?? String(Math.min(2, Math.max(1, Math.floor((keepers - 1) / 2)))), 1, 7);
  const spare = wholeNumber("--spare", values.spare, 0, MOST_KEEPERS);
  const parity = parityOf(values, keepers, spare);
  if (2 * threshold + 1 > keepers)
    throw new DevnetOptionError(`--threshold ${threshold} with --keepers ${keepers}: it must be 1 <= T, 2T+1 <= N <= ${MOST_KEEPERS}.`);
  if (keepers + spare > MOST_KEEPERS) throw new DevnetOptionError(`--spare ${spare}: all keepers together may be ${MOST_KEEPERS} at most.`);
  const port = values.port === undefined ? undefined : portOf("--port", values.port);
  return { keepers, threshold, spare, port, patience: patienceOf(values.patience), parity };
};

type Values = ReturnType<typeof read>;

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        keepers: { type: "string", default: "5" },
        threshold: { type: "string" },
        spare: { type: "string", default: "0" },
        port: { type: "string" },
        patience: { type: "string" },
        parity: { type: "boolean", default: false },
        keystore: { type: "string" },
        acl: { type: "string" },
        "key-server-port": { type: "string" },
        "agent-port": { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new DevnetOptionError(messageOf(error));
  }
};

const parityOf = (values: Values, keepers: number, spare: number): ParityOptions | undefined => {
  const only = (["keystore", "acl", "key-server-port", "agent-port"] as const).filter((name) => values[name] !== undefined);
  if (!values.parity) {
    if (only[0] !== undefined) throw new DevnetOptionError(`--${only[0]} means something with --parity only.`);
    return undefined;
  }
  if (keepers < LEAST_MEMBERS)
    throw new DevnetOptionError(
      `--parity needs ${LEAST_MEMBERS} keepers at least: fewer share no server key. --keepers is ${values.keepers}.`,
    );
  const all = keepers + spare;
  const keyServerPort = portOf("--key-server-port", values["key-server-port"] ?? String(KEY_SERVER_PORT));
  if (keyServerPort + all - 1 > MOST_PORT)
    throw new DevnetOptionError(
      `--key-server-port ${keyServerPort}: ${all} keepers take the ports from there on, and ${MOST_PORT} is the last.`,
    );
  const agentPorts = (values["agent-port"] ?? [String(AGENT_PORT)]).map((text) => portOf("--agent-port", text));
  const taken = parityPorts({ keyServerPort, agentPorts }, all).map(({ port }) => port);
  const twice = taken.find((port, index) => taken.indexOf(port) !== index);
  if (twice !== undefined)
    throw new DevnetOptionError(`Port ${twice} is asked for twice: key servers have ${keyServerPort} to ${keyServerPort + all - 1}.`);
  return { keystore: values.keystore, acl: aclOf(values.acl), keyServerPort, agentPorts };
};

/** Where key servers and agents listen, with the option that moves them. */
export const parityPorts = (
  { keyServerPort, agentPorts }: Pick<ParityOptions, "keyServerPort" | "agentPorts">,
  keepers: number,
): readonly { readonly port: number; readonly option: string }[] => [
  ...Array.from({ length: keepers }, (_, index) => ({ port: keyServerPort + index, option: "--key-server-port" })),
  ...agentPorts.map((port) => ({ port, option: "--agent-port" })),
];

const aclOf = (text: string | undefined): ParityOptions["acl"] => {
  if (text === undefined || text === "none") return text;
  try {
    return parseAddress(text);
  } catch {
    throw new DevnetOptionError(`--acl must be "none", or 0x and 40 hex digits in lower case or with a correct checksum, not "${text}".`);
  }
};

const patienceOf = (text: string | undefined): Patience => {
  try {
    return text === undefined ? measurePatience() : parsePatience(text);
  } catch (error) {
    throw new DevnetOptionError(messageOf(error));
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const MOST_PORT = 65_535;
const portOf = (option: string, text: string): number => wholeNumber(option, text, 1, MOST_PORT);

const wholeNumber = (option: string, text: string, least: number, most: number): number => {
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new DevnetOptionError(`${option} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
};
