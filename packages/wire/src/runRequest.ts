import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { checkSchema } from "./checkSchema.ts";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { hexToBytes } from "./hex.ts";
import { type Address, type Hash32, parseAddress } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, exactly, Hash32Text, SignatureText, Uint64Text } from "./schemas.ts";

/** Which runner a caller speaks to: a signature for one is none for another, or on another chain. */
export type RunnerDomain = { readonly chainId: bigint; readonly runner: Address };

const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** What a caller asks a runner's service to run. Public, but what its arguments say. */
export const RunRequest = exactly({
  caller: AddressText,
  /** SHA-256 of the module's bytes: one that the operator serves. */
  module: Hash32Text,
  /** Behind those of the operator's manifest. */
  args: Type.Array(Type.String({ maxLength: 131_072 }), { maxItems: 1_024 }),
  /** SHA-256 of standard input. */
  stdin: Hash32Text,
  /** Limits of this run below the operator's. */
  limits: Type.Record("^[a-zA-Z]{1,32}$", Count, { maxProperties: 16 }),
  /** Whether the service keeps what the module prints, to be read later. */
  keepOutput: Type.Boolean(),
  /** Fresh and random; taken once. */
  nonce: Hash32Text,
  /** Seconds since 1970. */
  deadline: Uint64Text,
});
export type RunRequest = Static<typeof RunRequest>;

/** Body of POST /v1/runs. `stdin` is base64; none: empty. */
export const SignedRunRequestBody = exactly({
  request: RunRequest,
  stdin: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" })),
  signature: SignatureText,
});
export type SignedRunRequestBody = Static<typeof SignedRunRequestBody>;

const FIELDS = [
  { name: "module", type: "bytes32" },
  { name: "args", type: "string[]" },
  { name: "stdin", type: "bytes32" },
  { name: "limits", type: "string" },
  { name: "keepOutput", type: "bool" },
  { name: "nonce", type: "bytes32" },
  { name: "deadline", type: "uint64" },
] as const satisfies readonly TypedField[];
const TYPE_HASH = typeHashOf("ModuleRunRequest", FIELDS);

const READ_FIELDS = [
  { name: "run", type: "bytes32" },
  { name: "deadline", type: "uint64" },
] as const satisfies readonly TypedField[];
const READ_TYPE_HASH = typeHashOf("ModuleRunReading", READ_FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type RunRequestTypedData = {
  readonly domain: TypedDomain;
  readonly types: Record<string, TypedField[]>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
};

const signingDomainOf = ({ chainId, runner }: RunnerDomain): SigningDomain => ({ chainId, shareRequests: runner });

/** A request from parsed JSON. Strict. Throws INVALID_REQUEST with the field in `details.field`. Proves nothing yet. */
export const parseSignedRunRequest = (value: unknown): SignedRunRequestBody => checkSchema(SignedRunRequestBody, value, "INVALID_REQUEST");

/** The request as a wallet signs it; the domain's contract is the runner's account. */
export const runRequestTypedData = (domain: RunnerDomain, request: RunRequest): RunRequestTypedData => ({
  domain: typedDomainOf(signingDomainOf(domain)),
  types: { ModuleRunRequest: FIELDS.map((field) => ({ ...field })) },
  primaryType: "ModuleRunRequest",
  message: {
    ...{ module: request.module, args: request.args, stdin: request.stdin, limits: limitsText(request) },
    ...{ keepOutput: request.keepOutput, nonce: request.nonce, deadline: BigInt(request.deadline) },
  },
});

/** The digest that the caller signs, and the id of the run. */
export const runRequestDigest = (domain: RunnerDomain, request: RunRequest): Hash32 =>
  typedDigest(
    signingDomainOf(domain),
    keccakWords(
      TYPE_HASH,
      hexToBytes(request.module, 32),
      keccak_256(joined(request.args.map(keccakText))),
      hexToBytes(request.stdin, 32),
      keccakText(limitsText(request)),
      request.keepOutput ? 1 : 0,
      hexToBytes(request.nonce, 32),
      BigInt(request.deadline),
    ),
  );

/** What a caller signs to read a run of its own, or with a run of zero all of them. `deadline`: seconds since 1970. */
export type RunReading = { readonly run: Hash32; readonly deadline: bigint };

/** The reading as a wallet signs it. */
export const runReadingTypedData = (domain: RunnerDomain, { run, deadline }: RunReading): RunRequestTypedData => ({
  domain: typedDomainOf(signingDomainOf(domain)),
  types: { ModuleRunReading: READ_FIELDS.map((field) => ({ ...field })) },
  primaryType: "ModuleRunReading",
  message: { run, deadline },
});

/** The digest that the caller signs. */
export const runReadingDigest = (domain: RunnerDomain, { run, deadline }: RunReading): Hash32 =>
  typedDigest(signingDomainOf(domain), keccakWords(READ_TYPE_HASH, hexToBytes(run, 32), deadline));

/** The account that says that it asks. */
export const callerOf = (request: RunRequest): Address => parseAddress(request.caller);

/** `{"cpuMs":500}`, names in order; one text for one value. */
const limitsText = ({ limits }: RunRequest): string =>
  `{${Object.entries(limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(",")}}`;

const keccakText = (text: string): Uint8Array => keccak_256(new TextEncoder().encode(text));

const joined = (words: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(32 * words.length);
  for (const [index, word] of words.entries()) bytes.set(word, 32 * index);
  return bytes;
};
