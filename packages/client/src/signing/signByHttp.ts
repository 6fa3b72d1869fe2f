import {
  bytesToHex,
  type Hash32,
  type HttpSigningRequest,
  MAX_DEADLINE_SECONDS,
  type SigningRequestsDomain,
  type Statement,
  signingRequestDigest,
  signingRequestTypedData,
  statementDigest,
} from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import { readKeepers } from "../keys/committee.ts";
import { limitedSignal } from "../time/abortable.ts";
import { signTypedData } from "../wallets/signTypedData.ts";
import { askForSignature } from "./askForSignature.ts";
import { type DerivedSigner, isSignatureOf } from "./derivedSigner.ts";
import type { SigningListener } from "./signingEvents.ts";

/** Has a key sign by HTTP: the requester signs the request, a keeper coordinates. Throws as `askForSignature`; NO_SIGNER; what wallets throw. */
export const signByHttp = async (
  client: Client,
  {
    domain,
    signer,
    statement,
    timeoutMs,
    onEvent,
    signal,
  }: {
    readonly domain: SigningRequestsDomain;
    readonly signer: DerivedSigner;
    readonly statement: Statement;
    readonly timeoutMs: number;
    readonly onEvent?: SigningListener | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly requestId: Hash32; readonly signature: Uint8Array }> => {
  const { clock, random } = client;
  const { signer: wallet, account } = await client.signing(signal);
  const seconds = Math.min(MAX_DEADLINE_SECONDS - 30, Math.ceil(timeoutMs / 1000) + 30);
  const request: HttpSigningRequest = {
    ...{ statement, requester: account, nonce: bytesToHex(random(32)) as Hash32 }, // 32 bytes
    deadline: BigInt(Math.floor(clock.now() / 1000) + seconds),
  };
  const requestId = signingRequestDigest(domain, request);
  onEvent?.({ kind: "signing", requester: account, requestId });
  const toSign = { typed: signingRequestTypedData(domain, request), digest: requestId, what: "the signing request" };
  const [signature, keepers] = await Promise.all([signTypedData(wallet, toSign, signal), readKeepers(client, signer.key, signal)]);
  const digest = statementDigest(statement);
  const limited = limitedSignal({
    ...{ signal, clock, timeoutMs },
    onTimeout: () => new Error("The time limit of the signature has passed."),
  });
  try {
    const given = await askForSignature(client, {
      ...{ keepers: shuffled(keepers, random), quorum: signer.key.quorum, asked: { request, signature }, onEvent, signal: limited.signal },
      isRight: (one) => one.requestId === requestId && one.digest === digest && isSignatureOf(signer, digest, one.signature),
    });
    onEvent?.({ kind: "signed", requestId });
    return { requestId, signature: given.signature };
  } finally {
    limited.dispose();
  }
};

/** So that no keeper coordinates for everybody. */
const shuffled = <T>(items: readonly T[], random: Client["random"]): readonly T[] => {
  const order = items.map((item) => ({ item, at: bytesToHex(random(8)) }));
  return order.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ item }) => item);
};
