import { type Address, accountOf, bytesToHex, type Hash32, type Hex, hexToBytes, parseAddress, parseHash32 } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { POINT64_BYTES, parsePoint64 } from "../formats/point64.ts";
import { type AbiReader, readAbi } from "./abi.ts";

/** What a service contract's log asks of key servers. Public, and as the contract said it: points may be none. */
export type ServiceRequest = {
  readonly contract: Address;
  readonly serverKeyId: Hash32;
  readonly blockNumber: number;
  readonly logIndex: number;
} & ServiceTask;

export type ServiceTask =
  | { readonly kind: "generation"; readonly author: Address; readonly threshold: number }
  | { readonly kind: "retrieval" }
  /** 64 bytes each. */
  | { readonly kind: "storing"; readonly author: Address; readonly commonPoint: Hex; readonly encryptedPoint: Hex }
  | { readonly kind: "common"; readonly requester: Address }
  /** `requesterPublic`: 64 bytes; the requester is its account. */
  | { readonly kind: "personal"; readonly requester: Address; readonly requesterPublic: Hex };

export type ServiceTaskKind = ServiceTask["kind"];
export type RequestOf<Kind extends ServiceTaskKind> = Extract<ServiceRequest, { readonly kind: Kind }>;

const TOPICS: Readonly<Record<ServiceTaskKind, string>> = {
  generation: "0x7e7d18cca7d509b32b27d10d4c0f1dfed4d779294388818f23941d13450dacb1",
  retrieval: "0xabca19cd1a35cd8001bfc77e38ae9f56a162e022292a67e1152f1512776d6808",
  storing: "0xadc87e5ceadda3a573403a1ad2d7e815d4482b89ea2034e49d188de6843ee43d",
  common: "0xcce4f642c73cab3eae4e6ef3d59cc746b5e7d035447b1c226b5aafb4c0915709",
  personal: "0x1b73b7e683137318af868187d364e5f3d25de1c54913fb552bfbca47d44f3321",
};
/** First topics of the five requests. */
export const REQUEST_TOPICS: readonly string[] = Object.values(TOPICS);

/** Of `DocumentKeyPersonalRetrieved`: a holder has posted its part. */
const PART_TOPIC = "0x04ad358f86bfdff4535760571ca0e7940d88e47306f2df3fc9ed9247039ecda7";
/** First topics of all logs that keepers read: requests, and the parts of readings. */
export const SERVICE_TOPICS: readonly string[] = [...REQUEST_TOPICS, PART_TOPIC];

const MOST_THRESHOLD = 256n;
/** Logs of one reading that are looked at. */
const MOST_PARTS = 1_000;
/** Of a mask, encrypted to a reader. */
const SHADOW_BYTES = 145;

const taskOf = (kind: ServiceTaskKind, data: AbiReader): ServiceTask => {
  const point = (place: number): Hex => bytesToHex(data.bytes(place, POINT64_BYTES));
  const address = (place: number): Address => parseAddress(bytesToHex(data.address(place)));
  switch (kind) {
    case "generation":
      return { kind, author: address(1), threshold: Number(data.integer(2, MOST_THRESHOLD)) };
    case "retrieval":
      return { kind };
    case "storing":
      return { kind, author: address(1), commonPoint: point(2), encryptedPoint: point(3) };
    case "common":
      return { kind, requester: address(1) };
    case "personal": {
      const requesterPublic = point(1);
      return { kind, requester: accountOf(parsePoint64(hexToBytes(requesterPublic))), requesterPublic };
    }
  }
};

type Log = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly logIndex: number;
};

/** Undefined: it is no request, or not one that anybody can answer. */
export const parseRequestLog = ({ address, topics: [topic], data, blockNumber, logIndex }: Log): ServiceRequest | undefined => {
  const [kind] = Object.entries(TOPICS).find(([, known]) => known === topic?.toLowerCase()) ?? [];
  if (kind === undefined) return undefined;
  try {
    const read = readAbi(data);
    return {
      ...{ contract: parseAddress(address.toLowerCase()), serverKeyId: parseHash32(bytesToHex(read.word(0))), blockNumber, logIndex },
      ...taskOf(kind as ServiceTaskKind, read), // true: a key of TOPICS
    };
  } catch {
    return undefined;
  }
};

/** A part of a reading as it was posted: whose it is the log does not say. `decryptedSecret`: 64 bytes. `shadow`: undefined where it is none by its form. */
export type PostedPart = { readonly decryptedSecret: Hex; readonly shadow: Hex | undefined; readonly transactionHash: string };

/** Undefined: the log is no part of this reading. */
export const parsePartLog = (
  { topics, data, transactionHash }: Pick<Log, "topics" | "data"> & Pick<PostedPart, "transactionHash">,
  { serverKeyId, requester }: Pick<RequestOf<"personal">, "serverKeyId" | "requester">,
): PostedPart | undefined => {
  const [topic, id, account] = topics.map((one) => one.toLowerCase());
  if (topic !== PART_TOPIC || id !== serverKeyId || account?.slice(-40) !== requester.slice(2)) return undefined;
  try {
    const read = readAbi(data);
    return { decryptedSecret: bytesToHex(read.bytes(0, POINT64_BYTES)), shadow: shadowOf(read), transactionHash };
  } catch {
    return undefined;
  }
};

const shadowOf = (read: AbiReader): Hex | undefined => {
  try {
    return bytesToHex(read.bytes(1, SHADOW_BYTES));
  } catch {
    return undefined;
  }
};

/** What tells a reading's parts from other logs of its contract. */
export const partLogsOf = ({ contract, serverKeyId, blockNumber }: RequestOf<"personal">) => ({
  ...{ address: contract, topic0: PART_TOPIC, topic1: serverKeyId, fromBlock: blockNumber, limit: MOST_PARTS },
});

/**
 * Names a request among those that wait: the same contract lets no other one of that name wait. Lower-case letters, "-" and hex digits.
 * @param asked what the contract tells requests of this kind apart by
 */
export const requestName = (asked: {
  readonly contract: Address;
  readonly kind: ServiceTaskKind;
  readonly serverKeyId: Hash32;
  readonly requester?: Address | undefined;
}): string => {
  const parts = [hexToBytes(asked.contract, 20), utf8ToBytes(asked.kind), hexToBytes(asked.serverKeyId, 32)];
  const requester = asked.requester === undefined ? new Uint8Array(0) : hexToBytes(asked.requester, 20);
  return `${asked.kind}-${bytesToHex(keccak_256(concatBytes(...parts, requester))).slice(2)}`;
};

/** Tells requests of one name apart that are made one after the other. */
export const instanceOf = ({ blockNumber, logIndex }: Pick<ServiceRequest, "blockNumber" | "logIndex">): string =>
  `${blockNumber}-${logIndex}`;
