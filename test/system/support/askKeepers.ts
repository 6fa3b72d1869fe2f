import type { Cluster } from "@keyquorum/cluster";
import { encodePoint, G, randomScalar } from "@keyquorum/threshold";
import {
  type Address,
  type DocumentHeader,
  encodeShareRequestBody,
  type Hash32,
  headerHashOf,
  hexToBytes,
  parseAddress,
  type ShareRequest,
  type SignedShareRequest,
  type SigningDomain,
  shareRequestTypedData,
  type TypedField,
  ZERO_HASH,
} from "@keyquorum/wire";
import { rollDice } from "../../random/dice.ts";

const dice = rollDice("system/support/askKeepers");

/** Signs typed data as a wallet does. */
export type TypedSigner = {
  readonly signTypedData: (
    domain: ReturnType<typeof shareRequestTypedData>["domain"],
    types: Record<string, TypedField[]>,
    message: Record<string, unknown>,
  ) => Promise<string>;
};

export type Asked = Pick<SignedShareRequest, "delegation" | "ownerStatement">;

export const signingDomainOf = ({ deployment }: Cluster): SigningDomain => ({
  chainId: deployment.chainId,
  shareRequests: parseAddress(deployment.contracts.shareRequests),
});

/** A fresh request for a document, in the requester's name, signed by `signer`; `wrap` changes the signature. */
export const signRequest = async (
  cluster: Cluster,
  header: DocumentHeader,
  requester: string,
  signer: TypedSigner,
  wrap: (signature: string) => string = (signature) => signature,
): Promise<SignedShareRequest> => {
  const request: ShareRequest = {
    document: header.document,
    headerHash: headerHashOf(header),
    requester: parseAddress(requester) as Address,
    readerKey: encodePoint(G.multiply(randomScalar(dice.bytes))),
    contextHash: ZERO_HASH,
    nonce: dice.hex(32) as Hash32,
    deadline: BigInt(Math.floor(Date.now() / 1000) + 120),
  };
  const { domain, types, message } = shareRequestTypedData(signingDomainOf(cluster), request);
  return { header, request, signature: hexToBytes(wrap(await signer.signTypedData(domain, types, message))) };
};

/** Asks every keeper by HTTP; what each said, by ascending slot: "ANSWERED" or its code. */
export const askEach = (cluster: Cluster, signed: SignedShareRequest): Promise<readonly string[]> =>
  Promise.all(
    cluster.keepers.map(async ({ url }) => {
      const response = await fetch(`${url}/v1/share-requests`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(encodeShareRequestBody(signed)),
        signal: AbortSignal.timeout(10_000),
      });
      return response.ok ? "ANSWERED" : ((await response.json()) as { readonly code: string }).code;
    }),
  );

/** What the keepers say where they all say the same. */
export const askAll = async (cluster: Cluster, signed: SignedShareRequest): Promise<string> =>
  [...new Set(await askEach(cluster, signed))].join(" ");
