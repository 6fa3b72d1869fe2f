import { accountOf, bytesToHex } from "@keyquorum/wire";
import { readPrefixedHex } from "../formats/hexText.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { POINT64_BYTES, parsePoint64 } from "../formats/point64.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import { serversSetHash } from "../formats/serversSetHash.ts";

/** Ids of nodes: 64 bytes each, the identity keys that an epoch froze. Public. */
export type NodeSet = readonly Uint8Array[];

/** Who the nodes are, as the registry has it. */
export type ServerSets = {
  /** Members of the newest final epoch that take part: the only set that keys can be moved to. */
  readonly open: NodeSet;
  /** Members of each epoch in which this keeper has server keys. */
  readonly known: readonly NodeSet[];
};

/** What changes who the key servers are: whoever asks proves to be the administrator. */
export type ServersSetAsk = { readonly oldSignature: Uint8Array; readonly newSignature: Uint8Array; readonly nodes: NodeSet };

/** The body of route (i): a JSON array of ids with 0x, whatever its type is called. Undefined: it is anything else. */
export const parseServersSetBody = (body: Uint8Array): NodeSet | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined; // no JSON, or no UTF-8, which JavaScript says only by throwing
  }
  if (!Array.isArray(value)) return undefined;
  const nodes = value.map((one) => readPrefixedHex(one, POINT64_BYTES));
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
};

/**
 * Whether the administrator asks for the nodes that are open now. Throws KeyServerError AccessDenied for a signature that is not the administrator's (the
 * old one is over the nodes of an epoch that has server keys, of the open one, or of both together; the new one over the nodes that are asked for), and
 * InvalidNodeId for nodes that are not those of the open epoch: the registry says who they are, no request does.
 * @param administrator 64 bytes, a public key; undefined: there is none, and nobody may
 */
export const checkServersSet = (
  { oldSignature, newSignature, nodes }: ServersSetAsk,
  administrator: Uint8Array | undefined,
  { open, known }: ServerSets,
): void => {
  if (administrator === undefined) throw new KeyServerError("AccessDenied");
  const account = accountOf(parsePoint64(administrator));
  const isSigned = (set: NodeSet, signature: Uint8Array): boolean => recoverRequester(serversSetHash(set), signature)?.address === account;
  const olds = [...known, open, ...known.map((set) => [...set, ...open])];
  if (!isSigned(nodes, newSignature) || !olds.some((set) => isSigned(set, oldSignature))) throw new KeyServerError("AccessDenied");
  if (nameOf(nodes) !== nameOf(open)) throw new KeyServerError("InvalidNodeId");
};

const nameOf = (set: NodeSet): string => [...new Set(set.map(bytesToHex))].toSorted().join();
