import {
  type Address,
  type DocumentId,
  encodeGrantFile,
  type GrantDomain,
  type GrantFile,
  type GrantFileBody,
  type Hash32,
  KeyquorumError,
  parseAddress,
  parseDocumentId,
  parseGrantFile,
  parseHash32,
  recoverSigner,
  type SignedGrant,
  signedGrantDigest,
  signedGrantTypedData,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { wholeNumber } from "../numbers.ts";
import type { CallOptions } from "../options.ts";
import type { Signing } from "../sending/signing.ts";
import { abortable } from "../time/abortable.ts";
import type { TransactionSummary } from "../types.ts";
import { signTypedData } from "../wallets/signTypedData.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";
import { type GrantEnd, secondsOf } from "./grantEnd.ts";

/** How long a signed grant may be brought to the chain where nothing else is said: 7 days. */
const DEFAULT_DEADLINE_SECONDS = 7n * 86_400n;

/** What may be chosen for a signed grant. */
export type SignGrantOptions = {
  /** End of the permission. Default: without end. */
  readonly until?: GrantEnd;
  /** Until when it may be brought to the chain. Default: 7 days from now. */
  readonly deadline?: GrantEnd;
  /** The reader's current nonce, `grantOf(document, reader).nonce`. Default: looked up; with it, signing needs no network. */
  readonly nonce?: number;
  /** Of a document that is not published: lets anybody who submits the grant record its owner first. */
  readonly salt?: Hash32 | string;
  readonly signal?: AbortSignal;
};

/**
 * Signs a grant that anyone may bring to the chain, without gas for the signer. With `nonce` it needs no network. Returns JSON data. PROTOCOL section 4.5.
 * Throws INVALID_VALUE, INVALID_GRANT (a salt of another document), NO_SIGNER, ACTION_REJECTED and other words of wallets, and CHAIN_UNAVAILABLE when the
 * nonce is looked up.
 */
export const signGrant = action(
  "signGrant",
  async (
    client: Signs & Pick<Client, "timeouts">,
    document: DocumentId | string,
    reader: Address | string,
    options: SignGrantOptions = {},
  ): Promise<GrantFileBody> => {
    const { signal } = options;
    const { signer } = await client.signing(signal);
    return withinWalletTime({ clock: client.clock, limitMs: client.timeouts.transactMs, signal }, (limited) =>
      grantFileOf(client, signer, { document: parseDocumentId(document), reader: parseAddress(reader), options, signal: limited }),
    );
  },
);

type Signs = Pick<Client, "signing" | "clock" | "grantDomain" | "calls" | "contracts">;

const grantFileOf = async (
  { clock, grantDomain: domain, calls, contracts }: Signs,
  signer: Signing["signer"],
  asked: {
    readonly document: DocumentId;
    readonly reader: Address;
    readonly options: SignGrantOptions;
    readonly signal: AbortSignal;
  },
): Promise<GrantFileBody> => {
  const { document, reader, options, signal } = asked;
  const nonceOf = async (): Promise<number> =>
    Number((await calls.read("Reading the grant", () => contracts.accessGrants.grantOf(document, reader), signal)).nonce);
  const nonce = options.nonce === undefined ? undefined : wholeNumber("nonce", options.nonce, [0, 2 ** 32 - 1]);
  const now = BigInt(Math.floor(clock.now() / 1000));
  const grant: SignedGrant = {
    document,
    reader,
    until: inTheFuture("until", secondsOf(options.until), now),
    grantor: parseAddress(await abortable(signer.getAddress(), signal)),
    nonce: nonce ?? (await nonceOf()),
    deadline:
      options.deadline === undefined
        ? now + DEFAULT_DEADLINE_SECONDS
        : inTheFuture("deadline", secondsOf(options.deadline, "deadline"), now),
  };
  const salt = options.salt === undefined ? {} : { salt: parseHash32(options.salt) };
  parseGrantFile(encodeGrantFile({ domain, grant, signature: new Uint8Array(65), ...salt })); // refuses bad values before the wallet is asked
  const toSign = { typed: signedGrantTypedData(domain, grant), digest: signedGrantDigest(domain, grant), what: "the grant" };
  return encodeGrantFile({ domain, grant, signature: await signTypedData(signer, toSign, signal), ...salt });
};

/** Transactions that brought a signed grant to the chain. `claim`: where the owner of a document that is not published was recorded first. */
export type SubmittedGrant = { readonly grant: SignedGrant; readonly transaction: TransactionSummary; readonly claim?: TransactionSummary };

/**
 * Brings a signed grant to the chain; anyone may. Throws NO_SIGNER, INVALID_GRANT (malformed, for another deployment, not signed by its grantor), TRANSACTION_REFUSED
 * with the contract's sentence (used already, overruled, expired, the grantor is neither owner nor administrator), CHAIN_UNAVAILABLE.
 */
export const submitGrant = action(
  "submitGrant",
  async (client: Client, signed: GrantFileBody | unknown, { signal }: CallOptions = {}): Promise<SubmittedGrant> => {
    const { contracts } = await client.signing(signal);
    const file = parseGrantFile(signed);
    checkDomain(file, client.grantDomain);
    await checkSigned(client, file, signal);
    await checkInTime(client, file, signal);
    const { grant, signature } = file;
    const claim = await claimFirst(client, contracts, file, signal);
    const send = () => contracts.accessGrants.grantBySignature(grant, signature);
    const transaction = summaryOf(await client.calls.transact("The signed grant", send, signal));
    return { grant, transaction, ...(claim === undefined ? {} : { claim }) };
  },
);

/** Before anything is paid for. What a contract account takes is its own affair, so there the transaction tells. */
const checkSigned = async ({ calls, provider }: Chain, { domain, grant, signature }: GrantFile, signal?: AbortSignal): Promise<void> => {
  const code = await calls.read("Reading the grantor", () => provider.getCode(grant.grantor), signal);
  if (code !== "0x") return;
  const isSigned = recoverSigner(signedGrantDigest(domain, grant), signature) === grant.grantor;
  if (!isSigned)
    throw new KeyquorumError("INVALID_GRANT", `The signature is not that of the grantor ${grant.grantor}.`, {
      details: { field: "signature" },
    });
};

/** Before the claim is paid for, by the chain's own time: it may be ahead of this machine's. */
const checkInTime = async ({ calls, provider }: Chain, { grant }: GrantFile, signal?: AbortSignal): Promise<void> => {
  const head = await calls.read("Reading the newest block", () => provider.getBlock("latest"), signal);
  const now = BigInt(head?.timestamp ?? 0);
  const isLate = now > grant.deadline;
  if (!isLate && (grant.until === 0n || grant.until > now)) return;
  const what = isLate ? "The signed grant could be brought to the chain until" : "The permission that was signed lasted until";
  const [end, time] = [isLate ? grant.deadline : grant.until, now].map((seconds) => new Date(Number(seconds) * 1000).toISOString());
  throw new KeyquorumError("TRANSACTION_REFUSED", `${what} ${end}, and the chain's time is ${time}. Ask the grantor to sign another.`, {
    details: { error: "AccessGrantsExpired" },
  });
};

const claimFirst = async (
  chain: Chain,
  contracts: Signing["contracts"],
  { grant, salt }: GrantFile,
  signal?: AbortSignal,
): Promise<TransactionSummary | undefined> => {
  if (salt === undefined) return undefined;
  const owner = await chain.calls.read("Reading the owner", () => chain.contracts.accessGrants.ownerOf(grant.document), signal);
  if (BigInt(owner) !== 0n) return undefined;
  return summaryOf(await chain.calls.transact("The claim", () => contracts.accessGrants.claimFor(grant.grantor, salt), signal));
};

const checkDomain = ({ domain }: GrantFile, { chainId, accessGrants }: GrantDomain): void => {
  if (domain.chainId === chainId && domain.accessGrants === accessGrants) return;
  throw new KeyquorumError("INVALID_GRANT", "The grant was signed for another deployment.", {
    details: { chainId: domain.chainId.toString(), accessGrants: domain.accessGrants },
  });
};

const inTheFuture = (field: string, seconds: bigint, now: bigint): bigint => {
  if (seconds === 0n || seconds > now) return seconds;
  throw new KeyquorumError("INVALID_VALUE", `${field} has passed already.`, { details: { field } });
};
