import { createRequire } from "node:module";
import { createLogger, systemClock } from "@keyquorum/keeper";
import { Command, InvalidArgumentError, Option } from "commander";
import { createSigningAgent } from "./signingAgent.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };

type Flags = {
  readonly keys: string;
  readonly host: string;
  readonly port: number;
  readonly chainId: bigint;
  readonly cors: readonly string[];
  readonly allowHost: readonly string[];
};

const several = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const portOf = (text: string): number => {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("It must be a port: 0 to 65535.");
  return Number(text);
};
const chainIdOf = (text: string): bigint => {
  if (!/^[1-9][0-9]{0,77}$/.test(text)) throw new InvalidArgumentError("It must be a decimal number.");
  return BigInt(text);
};

/** The command line of `keyquorum-signing-agent`, without running it. */
export const createAgentProgram = (run: (flags: Flags) => Promise<void> = runAgent): Command =>
  new Command("keyquorum-signing-agent")
    .description(
      "Answers the secretstore_* methods of Parity's JSON-RPC with the accounts of a folder of V3 keystores, for Secret Store clients on this machine.",
    )
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    .requiredOption("-k, --keys <folder>", "the folder of keystores; their passwords come with each call")
    .addOption(new Option("--host <address>", "where it listens").default("127.0.0.1"))
    .addOption(new Option("--port <number>", "its port; 0: any free one").default(9545).argParser(portOf))
    .addOption(new Option("--chain-id <number>", "what eth_chainId and net_version say").default(1n, "1").argParser(chainIdOf))
    .addOption(
      new Option("--cors <origin>", "a web page's origin that may call it; may be repeated").default([], "none").argParser(several),
    )
    .addOption(
      new Option("--allow-host <name>", "a name by which it may be asked; may be repeated").default([], "loopback's").argParser(several),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ keyquorum-signing-agent --keys /var/lib/parity/keys/ethereum
  $ keyquorum-signing-agent --keys ./keys --port 8545 --chain-id 8996
  $ keyquorum-signing-agent --keys ./keys --cors https://app.example.org

Each call carries a password in the clear: keep it on loopback. A wrong one is answered later each time, up to 30 s.
A key has a threshold t: t keepers together learn nothing; t+1 are needed.`,
    )
    .action(async (flags: Flags) => {
      try {
        await run(flags);
      } catch (error) {
        console.error(error instanceof Error ? error.message : "The signing agent does not start.");
        process.exitCode = 1;
      }
    });

const runAgent = async ({ cors, allowHost, ...flags }: Flags): Promise<void> => {
  const log = createLogger("info");
  const agent = await createSigningAgent({ ...flags, corsOrigins: cors, hosts: allowHost, version, clock: systemClock, log });
  const url = await agent.listen();
  log.info("The signing agent answers", { url, accounts: agent.accounts.length });
  const stop = (): void => void agent.close().then(() => log.info("The signing agent has stopped"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
};
