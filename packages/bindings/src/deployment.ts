import { getAddress, ZeroAddress } from "ethers";
import {
  CONTRACT_NAMES,
  type ContractName,
  isLaterContract,
  LATER_CONTRACTS,
  type LaterContractName,
  type OfDeployment,
} from "./contracts.ts";

/** 0x and lower-case hex digits. */
export type HexString = `0x${string}`;

/**
 * Where the contracts are, and which chain is meant. Public.
 * `block` and `blockHash` name the block in which the keeper registry was deployed: no event of ours is older, and a chain that does not
 * have this block at this height is another chain (D40).
 */
export type Deployment = {
  readonly chainId: bigint;
  /** Hash of block 0: 32 bytes. */
  readonly genesisHash: HexString;
  readonly block: number;
  /** 32 bytes. */
  readonly blockHash: HexString;
  /** 20 bytes each, lower case. Left out: those of later versions that it does not have (`LATER_CONTRACTS`). */
  readonly contracts: OfDeployment<HexString>;
  /**
   * What counts as final on this chain, for everybody who says nothing else: the node's finalized block, or a block with so many on top of it.
   * Left out: the finalized block; the newest one on chains 1337 and 31337.
   */
  readonly finality?: DeploymentFinality;
};

export type DeploymentFinality = { readonly kind: "finalized" } | { readonly kind: "confirmations"; readonly blocks: number };

/** A deployment as it is written to `deployments/<chainId>.json`. */
export type DeploymentJson = {
  readonly version: 1;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly contracts: OfDeployment<string>;
  readonly finality?: "finalized" | { readonly confirmations: number };
};

/** A deployment that cannot be used. `field` names what is wrong, e.g. "contracts.keyGeneration". */
export class DeploymentError extends Error {
  readonly code = "INVALID_DEPLOYMENT";
  readonly retryable = false;
  readonly field: string;

  constructor(field: string, expected: string) {
    super(`The deployment is not usable: ${field} must be ${expected}. Take the file that \`keyquorum deploy\` wrote for this chain.`);
    this.name = "DeploymentError";
    this.field = field;
  }
}

const FIELDS = ["version", "chainId", "genesisHash", "block", "blockHash", "contracts", "finality"];

/**
 * Reads a deployment from parsed JSON (or from a `Deployment`). Strict: unknown fields, foreign versions, zero or equal addresses are refused.
 * Throws `DeploymentError` that names the field.
 */
export const parseDeployment = (value: unknown): Deployment => {
  const record = parseRecord(value, "deployment");
  refuseUnknown(record, FIELDS, "");
  if (record.version !== undefined && record.version !== 1) throw new DeploymentError("version", "1");
  const contracts = parseRecord(record.contracts, "contracts");
  refuseUnknown(contracts, CONTRACT_NAMES, "contracts.");
  const seen = new Map<string, string>();
  const addressOf = (name: ContractName): HexString => {
    const address = parseAddress(contracts[name], `contracts.${name}`);
    const other = seen.get(address);
    if (other !== undefined) throw new DeploymentError(`contracts.${name}`, `another address than contracts.${other}`);
    seen.set(address, name);
    return address;
  };
  return {
    chainId: parseChainId(record.chainId),
    genesisHash: parseHash(record.genesisHash, "genesisHash"),
    block: parseBlockNumber(record.block),
    blockHash: parseHash(record.blockHash, "blockHash"),
    contracts: mapDeployment(contracts, (_, name) => addressOf(name)),
    ...(record.finality === undefined ? {} : { finality: parseFinality(record.finality) }),
  };
};

/** A contract of a later version that this deployment does not have was asked for. `contract` names it. */
export class MissingContractError extends DeploymentError {
  readonly contract: LaterContractName;

  constructor(contract: LaterContractName) {
    super(`contracts.${contract}`, `there (without it ${LATER_CONTRACTS[contract]}: this deployment is older than that)`);
    this.name = "MissingContractError";
    this.contract = contract;
  }
}

/** One value per contract that a deployment has, made from its value in `contracts` and its name. */
export const mapDeployment = <T, U>(
  contracts: Readonly<Partial<Record<ContractName, T>>>,
  make: (value: T, name: ContractName) => U,
): OfDeployment<U> =>
  Object.fromEntries(
    CONTRACT_NAMES.flatMap((name) =>
      contracts[name] === undefined && isLaterContract(name) ? [] : [[name, make(contracts[name] as T, name)]],
    ),
  ) as unknown as OfDeployment<U>; // true: only later ones are left out

/** The names of the contracts that a deployment has. */
export const contractsOf = ({ contracts }: Pick<Deployment, "contracts">): readonly ContractName[] =>
  CONTRACT_NAMES.filter((name) => contracts[name] !== undefined);

/** What is off in a deployment of an earlier version, by the contract that it lacks: { signingRequests: "keys sign nothing" }. */
export const missingIn = ({ contracts }: Pick<Deployment, "contracts">): Readonly<Partial<Record<LaterContractName, string>>> =>
  Object.fromEntries(Object.entries(LATER_CONTRACTS).filter(([name]) => contracts[name as LaterContractName] === undefined));

/**
 * One value per contract, made from its address; of a contract that the deployment does not have, reading it throws MissingContractError.
 */
export const atDeployment = <T>(
  { contracts }: Pick<Deployment, "contracts">,
  make: (address: HexString, name: ContractName) => T,
): Readonly<Record<ContractName, T>> => {
  const made: Partial<Record<ContractName, T>> = mapDeployment(contracts, make);
  for (const name of Object.keys(missingIn({ contracts })) as LaterContractName[])
    Object.defineProperty(made, name, {
      get: () => {
        throw new MissingContractError(name);
      },
    });
  return made as Readonly<Record<ContractName, T>>; // true: all of them, some throw
};

/** A deployment as plain JSON data. `parseDeployment` reads it back. */
export const encodeDeployment = (deployment: Deployment): DeploymentJson => ({
  version: 1,
  chainId: deployment.chainId.toString(),
  genesisHash: deployment.genesisHash,
  block: deployment.block,
  blockHash: deployment.blockHash,
  contracts: { ...deployment.contracts },
  ...(deployment.finality === undefined ? {} : { finality: encodeFinality(deployment.finality) }),
});

const encodeFinality = (finality: DeploymentFinality): NonNullable<DeploymentJson["finality"]> =>
  finality.kind === "finalized" ? "finalized" : { confirmations: finality.blocks };

/** As the file has it, or as a `Deployment` does. */
const parseFinality = (value: unknown): DeploymentFinality => {
  const expected = '"finalized" or { "confirmations": <number of blocks, at most 10000> }';
  if (value === "finalized") return { kind: "finalized" };
  if (typeof value !== "object" || value === null) throw new DeploymentError("finality", expected);
  const { kind, blocks, confirmations, ...others } = value as Readonly<Record<string, unknown>>; // true: a non-null object
  if (kind === "finalized" && blocks === undefined && confirmations === undefined) return { kind };
  const count = kind === "confirmations" && confirmations === undefined ? blocks : kind === undefined ? confirmations : undefined;
  const isCount = typeof count === "number" && Number.isSafeInteger(count) && count >= 0 && count <= MAX_CONFIRMATIONS;
  if (!isCount || Object.keys(others).length > 0) throw new DeploymentError("finality", expected);
  return { kind: "confirmations", blocks: count };
};

/** As many as a keeper's configuration takes. */
const MAX_CONFIRMATIONS = 10_000;

const parseRecord = (value: unknown, field: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new DeploymentError(field, "an object");
  return value as Readonly<Record<string, unknown>>; // true: a non-null object; its fields are read as unknown
};

const refuseUnknown = (record: Readonly<Record<string, unknown>>, known: readonly string[], prefix: string): void => {
  const unknown = Object.keys(record).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new DeploymentError(`${prefix}${unknown}`, "left out: no such field is known");
};

const parseChainId = (value: unknown): bigint => {
  const isId =
    (typeof value === "bigint" && value > 0n) ||
    (typeof value === "number" && Number.isSafeInteger(value) && value > 0) ||
    (typeof value === "string" && /^[1-9][0-9]{0,77}$/.test(value));
  if (!isId) throw new DeploymentError("chainId", "a positive decimal number");
  return BigInt(value as bigint | number | string); // true: one of the three above
};

const parseBlockNumber = (value: unknown): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new DeploymentError("block", "a block number");
  return value;
};

const parseHash = (value: unknown, field: string): HexString => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value)) throw new DeploymentError(field, "0x and 64 hex digits");
  return value.toLowerCase() as HexString;
};

const parseAddress = (value: unknown, field: string): HexString => {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw new DeploymentError(field, "0x and 40 hex digits");
  let checked: string;
  try {
    checked = getAddress(value);
  } catch (cause) {
    throw Object.assign(new DeploymentError(field, "an address with a correct checksum, or in lower case"), { cause });
  }
  if (checked === ZeroAddress) throw new DeploymentError(field, "an address other than zero");
  return checked.toLowerCase() as HexString;
};
