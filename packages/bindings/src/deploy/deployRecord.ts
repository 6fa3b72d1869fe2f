import { DeployError } from "./deployError.ts";
import type { DeploySettings } from "./deploySettings.ts";
import { DEPLOY_STEPS, type DeployStepName } from "./deploySteps.ts";

/** A deployment that is under way, as plain JSON data. Public. Each transaction is in it before it is sent. */
export type DeployRecord = {
  readonly version: 1;
  readonly chainId: string;
  /** Hash of block 0. */
  readonly genesisHash: string;
  /** 20 bytes, lower case. */
  readonly deployer: string;
  readonly settings: DeploySettings;
  /** In order, from the first one. */
  readonly steps: readonly RecordedStep[];
  /** What was sent for nothing: contracts whose addresses did not hold, since the account sent something else meanwhile. */
  readonly abandoned: readonly RecordedStep[];
};

export type RecordedStep = {
  readonly contract: DeployStepName;
  /** It is sent with this nonce and no other, so that it can be mined once only. */
  readonly nonce: number;
  /** Where the contract will be. */
  readonly address: string;
  /** The block before which it was not sent. */
  readonly since: number;
  /** Of each attempt: written before it is sent where the key is here, else as soon as the wallet tells it. */
  readonly hashes: readonly string[];
  readonly mined?: MinedStep;
};

/** `gasUsed` and `fee` (in wei) are decimal. */
export type MinedStep = {
  readonly hash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly gasUsed: string;
  readonly fee: string;
};

/** Keeps the record of a deployment. `save` returns when it would outlast this process. */
export type DeployJournal = {
  /** What was saved last, parsed from JSON; undefined where nothing was. */
  readonly load: () => Promise<unknown>;
  readonly save: (record: DeployRecord) => Promise<void>;
};

/** For those who deploy in one go, to chains that cost nothing. */
export const forgetfulJournal: DeployJournal = { load: async () => undefined, save: async () => undefined };

/** Reads a record from parsed JSON. Strict. Throws DeployError RECORD_DAMAGED, which names the field. */
export const parseDeployRecord = (value: unknown): DeployRecord => {
  const record = objectOf(value, "the record");
  if (record.version !== 1) throw damaged("version");
  const steps = listOf(record.steps, "steps").map((step, index) => parseStep(step, `steps[${index}]`));
  steps.forEach(({ contract }, index) => {
    if (contract !== DEPLOY_STEPS[index]) throw damaged(`steps[${index}].contract`);
  });
  return {
    version: 1,
    chainId: textOf(record.chainId, DECIMAL, "chainId"),
    genesisHash: textOf(record.genesisHash, HASH, "genesisHash"),
    deployer: textOf(record.deployer, ADDRESS, "deployer"),
    settings: parseSettings(record.settings),
    steps,
    abandoned: listOf(record.abandoned, "abandoned").map((step, index) => parseStep(step, `abandoned[${index}]`)),
  };
};

const parseStep = (value: unknown, field: string): RecordedStep => {
  const step = objectOf(value, field);
  const contract = DEPLOY_STEPS.find((name) => name === step.contract);
  if (contract === undefined) throw damaged(`${field}.contract`);
  return {
    contract,
    nonce: countOf(step.nonce, `${field}.nonce`),
    address: textOf(step.address, ADDRESS, `${field}.address`),
    since: countOf(step.since, `${field}.since`),
    hashes: listOf(step.hashes, `${field}.hashes`).map((hash) => textOf(hash, HASH, `${field}.hashes`)),
    ...(step.mined === undefined ? {} : { mined: parseMined(step.mined, `${field}.mined`) }),
  };
};

const parseMined = (value: unknown, field: string): MinedStep => {
  const mined = objectOf(value, field);
  return {
    hash: textOf(mined.hash, HASH, `${field}.hash`),
    block: countOf(mined.block, `${field}.block`),
    blockHash: textOf(mined.blockHash, HASH, `${field}.blockHash`),
    gasUsed: textOf(mined.gasUsed, DECIMAL, `${field}.gasUsed`),
    fee: textOf(mined.fee, DECIMAL, `${field}.fee`),
  };
};

const parseSettings = (value: unknown): DeploySettings => {
  const settings = objectOf(value, "settings");
  const windows = objectOf(settings.windows, "settings.windows");
  if (typeof settings.openKeyRequests !== "boolean") throw damaged("settings.openKeyRequests");
  return {
    admin: settings.admin === null ? null : textOf(settings.admin, ADDRESS, "settings.admin"),
    minEpochDelay: textOf(settings.minEpochDelay, DECIMAL, "settings.minEpochDelay"),
    windows: {
      deal: countOf(windows.deal, "settings.windows.deal"),
      dispute: countOf(windows.dispute, "settings.windows.dispute"),
      finalize: countOf(windows.finalize, "settings.windows.finalize"),
      ready: countOf(windows.ready, "settings.windows.ready"),
    },
    requestLifetime: textOf(settings.requestLifetime, DECIMAL, "settings.requestLifetime"),
    challengeWindow: textOf(settings.challengeWindow, DECIMAL, "settings.challengeWindow"),
    openKeyRequests: settings.openKeyRequests,
  };
};

const DECIMAL = /^[0-9]{1,78}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const HASH = /^0x[0-9a-f]{64}$/;

const damaged = (field: string): DeployError =>
  new DeployError("RECORD_DAMAGED", `The record of the deployment that was begun is damaged: ${field}. Nothing was sent.`);

const objectOf = (value: unknown, field: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(field);
  return value as Readonly<Record<string, unknown>>; // true: a non-null object; its fields are read as unknown
};

const listOf = (value: unknown, field: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw damaged(field);
  return value as readonly unknown[]; // true: an array
};

const textOf = (value: unknown, form: RegExp, field: string): string => {
  if (typeof value !== "string" || !form.test(value)) throw damaged(field);
  return value;
};

const countOf = (value: unknown, field: string): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw damaged(field);
  return value;
};
