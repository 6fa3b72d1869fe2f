import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { checkSchema } from "./checkSchema.ts";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { bytesToHex, type Hex, hexToBytes } from "./hex.ts";
import { type Hash32, parseAddress } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { HttpReceiptsBody } from "./receiptFileBody.ts";
import { AddressText, ChainIdText, exactly, Hash32Text, SignatureText } from "./schemas.ts";

const MAX_SECRETS = 64;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Names of limits and of figures, which later versions of a runner may add to. */
/** Milliseconds since 1970, up to the last moment that a `Date` can hold. */
const Time = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
const Figures = Type.Record("^[a-zA-Z]{1,32}$", Count, { maxProperties: 32 });

/** Words of ours that say how a run ended: `limit: cpu`, `exited`, .. */
const Outcome = Type.String({ pattern: "^[a-zA-Z]{1,32}(?:: [a-zA-Z]{1,32})?$", minLength: 1, maxLength: 66 });

/** A module's CID: version 1, base32. */
export const ModuleCid = Type.String({ pattern: "^b[a-z2-7]{20,100}$" });

/** What a runner says of a run, signed: `keyquorum-run` version 1. JSON, public: no value of a secret is in it. docs/MODULES.md. */
export const RunRecordBody = exactly({
  format: Type.Literal("keyquorum-run"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  shareRequests: AddressText,
  /**
   * The run's id, and the nonce of each request to keepers: receipts of another run do not fit. By a service, the digest of the caller's request.
   */
  run: Hash32Text,
  /** SHA-256 of the module's bytes. */
  module: Hash32Text,
  /** Where the bytes came from; null: a file. */
  cid: Type.Union([ModuleCid, Type.Null()]),
  runner: AddressText,
  secrets: Type.Array(
    exactly({ name: Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_.-]{0,63}$" }), document: Hash32Text, receipts: HttpReceiptsBody }),
    { maxItems: MAX_SECRETS },
  ),
  limits: Figures,
  used: Figures,
  /** SHA-256 of what went in, and of what the caller got. */
  stdin: Hash32Text,
  stdout: Hash32Text,
  stderr: Hash32Text,
  /** Milliseconds since 1970, by the runner's clock. */
  startedAt: Time,
  endedAt: Time,
  outcome: Outcome,
  exitCode: Type.Integer({ minimum: -0x8000_0000, maximum: 0xffff_ffff }),
  /** The runner's, over all of it. */
  signature: SignatureText,
});
export type RunRecordBody = Static<typeof RunRecordBody>;
/** A record before it is signed. */
export type UnsignedRunRecord = Omit<RunRecordBody, "signature">;

const FIELDS = [
  { name: "run", type: "bytes32" },
  { name: "module", type: "bytes32" },
  { name: "runner", type: "address" },
  { name: "secrets", type: "bytes32" },
  { name: "startedAt", type: "uint64" },
  { name: "endedAt", type: "uint64" },
  { name: "outcome", type: "string" },
  { name: "exitCode", type: "int64" },
  { name: "details", type: "bytes32" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("Run", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type RunTypedData = {
  readonly domain: TypedDomain;
  readonly types: { Run: TypedField[] };
  readonly primaryType: "Run";
  readonly message: Readonly<Record<(typeof FIELDS)[number]["name"], string | bigint>>;
};

/** A record from parsed JSON. Strict: unknown fields are refused. Throws INVALID_RECORD with the field in `details.field`. Proves nothing yet. */
export const parseRunRecord = (value: unknown): RunRecordBody => checkSchema(RunRecordBody, value, "INVALID_RECORD");

const domainOf = ({ chainId, shareRequests }: UnsignedRunRecord): SigningDomain => ({
  chainId: BigInt(chainId),
  shareRequests: parseAddress(shareRequests),
});

/** The record as a wallet signs it. */
export const runTypedData = (record: UnsignedRunRecord): RunTypedData => ({
  domain: typedDomainOf(domainOf(record)),
  types: { Run: FIELDS.map((field) => ({ ...field })) },
  primaryType: "Run",
  message: {
    ...{ run: record.run, module: record.module, runner: record.runner, outcome: record.outcome },
    ...{ secrets: textHash(secretsText(record)), details: textHash(detailsText(record)) },
    ...{ startedAt: BigInt(record.startedAt), endedAt: BigInt(record.endedAt), exitCode: BigInt(record.exitCode) },
  },
});

/** The digest that the runner signs. */
export const runDigest = (record: UnsignedRunRecord): Hash32 =>
  typedDigest(
    domainOf(record),
    keccakWords(
      TYPE_HASH,
      hexToBytes(record.run, 32),
      hexToBytes(record.module, 32),
      hexToBytes(record.runner, 20),
      keccak(secretsText(record)),
      record.startedAt,
      record.endedAt,
      keccak(record.outcome),
      BigInt.asUintN(256, BigInt(record.exitCode)),
      keccak(detailsText(record)),
    ),
  );

/** Which secrets by which receipts: all that the runner had is in what it signs. */
const secretsText = ({ secrets }: UnsignedRunRecord): string => canonical(secrets);

const detailsText = ({ cid, limits, used, stdin, stdout, stderr }: UnsignedRunRecord): string =>
  canonical({ cid, limits, used, stdin, stdout, stderr });

/** JSON with the names of every object in order: one text for one value. Of what the schema allows, which has no number but whole ones. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(",")}}`;
};

const keccak = (text: string): Uint8Array => keccak_256(new TextEncoder().encode(text));
const textHash = (text: string): Hex => bytesToHex(keccak(text));
