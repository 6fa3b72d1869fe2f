import { type ErrorCode, KeyquorumError } from "@keyquorum/wire";

/** What wallets say, wherever they put it. */
type Words = { readonly codes: readonly (number | string)[]; readonly text: string };

type Kind = {
  readonly code: ErrorCode;
  readonly codes: readonly (number | string)[];
  readonly text: RegExp;
  /** `details.reason`, where one code has several. */
  readonly reason?: string;
  readonly sentence: string;
  readonly action?: string;
};

/**
 * The first that fits. Codes: EIP-1193, EIP-1474, ethers' words, Ledger's status words as numbers. Texts are looked at where wallets give no code, or one
 * that says nothing (-32603, -32000).
 */
const KINDS: readonly Kind[] = [
  {
    code: "WALLET_UNSUPPORTED",
    codes: [0x6a80],
    text: /blind.?sign|contract data|0x6a80/i,
    reason: "BLIND_SIGNING",
    sentence: "the device does not sign what it cannot show.",
    action: "Enable blind signing in the settings of the device's Ethereum app, or use another wallet.",
  },
  {
    code: "WALLET_LOCKED",
    codes: [0x5515, 0x6b0c],
    text: /\blocked\b|\bunlock\b|0x5515|0x6b0c/i,
    sentence: "the wallet is locked.",
  },
  {
    code: "WRONG_CHAIN",
    codes: [4902],
    text: /chain.?id.{0,40}(match|mismatch|active|differ)|(wrong|unrecognized|different) (chain|network)|(chain|network) mismatch/i,
    sentence: "the wallet is on another chain.",
    action: "Switch the wallet to the deployment's chain and try again.",
  },
  {
    code: "ACTION_REJECTED",
    codes: [4001, "ACTION_REJECTED", 5000, 5001, 5002, 0x6985],
    text: /(user|customer).{0,20}(reject|den|declin|cancel)|(reject|den|declin|cancel)[a-z]* by (the )?user|0x6985/i,
    sentence: "the wallet's user declined it.",
  },
  {
    code: "WALLET_FAILED",
    codes: [-32002],
    text: /already (pending|processing)/i,
    reason: "BUSY",
    sentence: "the wallet has another question open.",
    action: "Answer or close the open prompt in the wallet, then try again.",
  },
  {
    code: "WALLET_DISCONNECTED",
    codes: [4900, 4901, 1013],
    text: /disconnected|not connected|session (expired|not found|topic)/i,
    sentence: "the wallet has lost its connection.",
  },
  {
    code: "WALLET_UNAUTHORIZED",
    codes: [4100],
    text: /unauthori[sz]ed|not (been )?authori[sz]ed|no such account|invalid account|unknown account/i,
    sentence: "the wallet has not given this page or program the account.",
  },
  {
    code: "WALLET_UNSUPPORTED",
    codes: [4200, -32601, "UNSUPPORTED_OPERATION", "NOT_IMPLEMENTED"],
    text: /not (supported|implemented|available)|unsupported|does not (support|exist)|unknown method/i,
    reason: "METHOD",
    sentence: "the wallet does not know the method (`eth_signTypedData_v4` for signatures).",
    action: "Use another wallet.",
  },
];

/** Whether a failure is one that wallets alone have. Undefined: it may be a node's. */
export const knownWalletFailure = (what: string, cause: unknown): KeyquorumError | undefined => {
  if (cause instanceof KeyquorumError) return cause;
  const { codes, text } = wordsOf(cause);
  // A number says more than a text, which may quote anything.
  const kind = KINDS.find((one) => one.codes.some((code) => codes.includes(code))) ?? KINDS.find((one) => one.text.test(text));
  if (kind === undefined) return undefined;
  const { code, reason, sentence, action } = kind;
  return new KeyquorumError(code, `${what}: ${sentence}`, {
    details: reason === undefined ? {} : { reason },
    cause,
    ...(action === undefined ? {} : { action }),
  });
};

/** Codes that no node sends: EIP-1193's, ethers' word, WalletConnect's and the devices'. */
const isWalletsOwn = (code: number | string): boolean => code === "ACTION_REJECTED" || (typeof code === "number" && code > 4000);

/** A wallet's refusal to send, where its code says that it is the wallet's and not the node's behind it. */
export const walletRefusal = (what: string, cause: unknown): KeyquorumError | undefined =>
  wordsOf(cause).codes.some((code) => isWalletsOwn(code) && KINDS.some(({ codes }) => codes.includes(code)))
    ? knownWalletFailure(what, cause)
    : undefined;

/** A wallet's failure to sign as one of ours: ACTION_REJECTED, WRONG_CHAIN, WALLET_LOCKED and so on; WALLET_FAILED where nothing is known. */
export const walletFailure = (what: string, cause: unknown): KeyquorumError =>
  knownWalletFailure(what, cause) ??
  new KeyquorumError("WALLET_FAILED", `${what}: the wallet failed, for no reason that is known.`, { cause });

/** A question that the wallet did not answer in time. */
export const walletTimeout = (what: string, milliseconds: number): KeyquorumError =>
  new KeyquorumError("WALLET_TIMEOUT", `${what}: the wallet did not answer within ${milliseconds} ms.`);

/** Where ethers and wallets put what was said further in. */
const PLACES = ["error", "info", "cause", "data", "originalError", "reason"] as const;
const [MAX_DEPTH, MAX_TEXT] = [6, 4_000];

/** A wallet is somebody else's program: its errors may be loops, getters that throw, or very long. */
const wordsOf = (error: unknown): Words => {
  const codes: (number | string)[] = [];
  let text = "";
  const look = (value: unknown, depth: number): void => {
    if (typeof value === "string") text = `${text} ${value}`.slice(0, MAX_TEXT);
    if (typeof value !== "object" || value === null || depth > MAX_DEPTH || codes.length > MAX_DEPTH * 4) return;
    const read = (place: string): unknown => {
      try {
        return (value as Readonly<Record<string, unknown>>)[place];
      } catch {
        return undefined;
      }
    };
    for (const place of ["code", "statusCode"]) {
      const code = read(place);
      if (typeof code === "number" || typeof code === "string") codes.push(code);
    }
    const message = read("message");
    look(typeof message === "string" ? message.replace(/payload=.*$/s, "") : undefined, MAX_DEPTH); // ethers repeats the question there
    for (const place of PLACES) look(read(place), depth + 1);
  };
  look(error, 0);
  return { codes, text };
};
