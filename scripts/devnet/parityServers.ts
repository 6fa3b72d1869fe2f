import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "@keyquorum/bindings";
import { type Cluster, developmentKey, type LocalChain } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { documentIdOf, parseAddress, parseHash32 } from "@keyquorum/wire";
import { encryptKeystoreJson, getAddress, parseEther, toBeHex, toQuantity, Wallet } from "ethers";
import type { ParityOptions } from "./options.ts";

/** Keystores of a development network: the chain's well-known accounts 1 and 2, with a random password. */
export type DevnetKeystores = {
  readonly keys: string;
  /** None for keystores that were there before: only their owner knows. */
  readonly passwordFile: string | undefined;
  readonly password: string | undefined;
};

const FRESH_ACCOUNTS = [1, 2];
/** How hard a password is to guess matters nowhere less: the keys are public knowledge. */
const SCRYPT = { scrypt: { N: 4_096 } };

/** The folder that was named, or a fresh one under `directory`. */
export const openKeystores = async ({ keystore }: ParityOptions, directory: string): Promise<DevnetKeystores> => {
  if (keystore !== undefined) return { keys: keystore, passwordFile: undefined, password: undefined };
  const [keys, passwordFile, password] = [
    join(directory, "keystores"),
    join(directory, "keystores.password"),
    randomBytes(8).toString("hex"),
  ];
  await mkdir(keys, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const index of FRESH_ACCOUNTS) {
    const { address, privateKey } = new Wallet(developmentKey(index));
    const keystore = await encryptKeystoreJson({ address, privateKey }, password, SCRYPT);
    await writeFile(join(keys, `account${index}.json`), keystore, { mode: 0o600 });
  }
  return { keys, passwordFile, password };
};

/** One agent for each port, with the same keystores. Throws AgentError, and what listening throws. They end with this process. */
export const startAgents = async ({ agentPorts }: ParityOptions, keys: string) => {
  const agents = await Promise.all(
    agentPorts.map((port) =>
      createSigningAgent({ keys, host: "127.0.0.1", port, chainId: 31_337n, version: "devnet", clock: systemClock, log: silentLogger }),
    ),
  );
  const urls = await Promise.all(agents.map((agent) => agent.listen()));
  return { urls, accounts: agents[0]?.accounts ?? [] };
};

/** On a network of one machine nobody has to be braked. */
const QUOTAS = { perMember: 100_000, allMembers: 1_000_000 };

/** The extensions of the keeper at a slot. */
export const parityModules =
  ({ acl, keyServerPort }: ParityOptions) =>
  (slot: number, { contracts }: Deployment): readonly unknown[] => [
    {
      module: "@keyquorum/parity/extension",
      options: {
        permissions: acl ?? contracts.accessGrants,
        keyServer: { port: keyServerPort + slot - 1, requestsPerMinute: 1_000_000, quotas: QUOTAS },
      },
    },
  ];

/** How many ids an account gets to try with, and how many accounts get any. */
const [IDS, OWNERS] = [3, 10];

/** Gives the agent's accounts coin and, where AccessGrants decides, ids of their own. Answers with the ids of the first account, without 0x. */
export const prepareAccounts = async (
  { acl }: ParityOptions,
  {
    chain,
    cluster,
    accounts,
  }: { readonly chain: Pick<LocalChain, "send">; readonly cluster: Cluster; readonly accounts: readonly string[] },
): Promise<readonly string[]> => {
  for (const account of accounts) await chain.send("hardhat_setBalance", [account, toQuantity(parseEther("10"))]);
  if (acl !== undefined) return [];
  const salts = Array.from({ length: IDS }, (_, index) => parseHash32(toBeHex(index + 1, 32)));
  const claims = accounts.slice(0, OWNERS).flatMap((owner) => salts.map((salt) => ({ owner, salt })));
  const { accessGrants } = cluster.contracts;
  const sent = [];
  for (const { owner, salt } of claims) sent.push(await accessGrants.claimFor(owner, salt));
  await sent.at(-1)?.wait();
  return salts.map((salt) => documentIdOf(parseAddress(accounts[0] ?? ""), salt).slice(2));
};

/** What a developer needs to point a client here. */
export const describeParity = (
  { acl, keyServerPort }: ParityOptions,
  parts: {
    readonly keystores: DevnetKeystores;
    readonly urls: readonly string[];
    readonly accounts: readonly string[];
    readonly keepers: number;
    readonly threshold: number;
    readonly ids: readonly string[];
    readonly cluster: Cluster;
    /** " --deployment FILE", where commands need it. */
    readonly named: string;
  },
): string => {
  const { keystores, urls, accounts, keepers, ids, cluster, named, threshold } = parts;
  const [first = "", second = ""] = accounts;
  const password = keystores.password ?? "PASSWORD";
  const { contracts } = cluster.deployment;
  const listed = accounts.slice(0, 4).map((account) => getAddress(account));
  const command = [
    "python3 examples/parity/secret_store.py",
    `http://127.0.0.1:${keyServerPort}`,
    urls[0],
    first,
    password,
    '"a document"',
    threshold,
  ];
  return `
For clients of Parity Secret Store (docs/PARITY.md); t is the client's:
  key servers  http://127.0.0.1:${keyServerPort} to :${keyServerPort + keepers - 1}, one of each keeper
  agent        ${urls.join(", ")}
  accounts     ${listed.join(", ")}${accounts.length > 4 ? ` and ${accounts.length - 4} more` : ""}
  keystores    ${keystores.keys}${keystores.passwordFile === undefined ? "" : `, password ${password} (${keystores.passwordFile})`}
  permissions  ${acl ?? contracts.accessGrants}${acl === undefined ? " (AccessGrants)" : ""}
  contracts    KeeperRegistry ${contracts.keeperRegistry}

${
  acl === undefined
    ? `An id has an owner in AccessGrants by its name, keccak(owner, salt); claimFor(owner, salt) records it. These are ${getAddress(first)}'s:
  ${ids.join("\n  ")}

  ${[...command, ids[0]].join(" ")}
  npx hardhat keyquorum grant 0x${ids[0]} ${second === "" ? "<reader>" : getAddress(second)} ${granter(keystores)}${named}`
    : `${acl === "none" ? "WARNING: no contract decides: every program of this machine reads every document." : `Who reads is what ${acl} says to checkPermissions(address,bytes32) of the id, once it is on this chain; until then nobody does.`}

  ${command.join(" ")}`
}
`;
};

const granter = ({ keys, passwordFile }: DevnetKeystores): string =>
  passwordFile === undefined ? `--key-file ${keys}/<file> --passphrase-file <file>` : `--account ${FRESH_ACCOUNTS[0]}`;
