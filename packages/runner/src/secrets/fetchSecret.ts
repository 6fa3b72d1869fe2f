import type { KeyquorumClient, RetrievedDocument } from "@keyquorum/client";
import {
  type Address,
  type DocumentId,
  ERROR_CODES,
  encodeModuleContext,
  type Hash32,
  KeyquorumError,
  type ModuleContext,
  moduleContextHash,
  type ReceiptFileBody,
  secretDocumentOf,
} from "@keyquorum/wire";
import type { WantedSecret } from "../manifest/manifest.ts";

/** What the keepers gave for a run. `value` is secret and is the caller's to zero. */
export type FetchedSecret = {
  readonly name: string;
  readonly document: DocumentId;
  readonly value: Uint8Array;
  /** Made ready beside the run, from what the chain says of the keepers who answered. Rejects like `fetchSecret`; nobody has to listen. */
  readonly receipts: Promise<ReceiptFileBody>;
};

/** What is needed of a client: one that signs as the runner. */
export type SecretSource = Pick<KeyquorumClient, "requestOffChain" | "exportReceipts">;

export type FetchOptions = {
  readonly client: SecretSource;
  /** For which module, as which runner, on which chain. */
  readonly context: ModuleContext;
  /** The run, as the nonce of each request: so that receipts prove it. */
  readonly run: Hash32;
  readonly signal: AbortSignal;
  /** Ends the wait for receipts, which goes on when the run is over. */
  readonly cancelled?: AbortSignal | undefined;
  /** Milliseconds from now until which keepers that are away are asked again, and the chain for the receipts. */
  readonly patienceMs: number;
  readonly clock?: { readonly now: () => number; readonly wait: (ms: number, signal: AbortSignal) => Promise<void> };
};

/** A module gets a value in memory, whole. */
const MOST_BYTES = 64 * 1024;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;

export const documentOf = ({ name, source }: WantedSecret): DocumentId =>
  "document" in source ? source.document : secretDocumentOf(source.owner as Address, name);

/**
 * Asks the keepers for a secret as *this runner for this module*. Keepers that are away are asked again while there is time; who denies, or has not heard of
 * the grant finally, is not. Throws ACCESS_DENIED, PERMISSION_NOT_FINAL, UNKNOWN_DOCUMENT, UNAVAILABLE, and what the client throws: each names the secret.
 */
export const fetchSecret = async (wanted: WantedSecret, options: FetchOptions): Promise<FetchedSecret> => {
  const { client, context, run, signal, cancelled, patienceMs, clock = SYSTEM_CLOCK } = options;
  const document = documentOf(wanted);
  const source = wanted.version === undefined ? document : { document, version: wanted.version };
  const until = clock.now() + patienceMs;
  const patiently = async <T>(ends: AbortSignal, ask: () => Promise<T>): Promise<T> => {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await ask();
      } catch (error) {
        const isAway = error instanceof KeyquorumError && (error.code === "UNAVAILABLE" || error.code === "CHAIN_UNAVAILABLE");
        if (!isAway || ends.aborted || clock.now() + pause >= until) throw aboutSecret(wanted.name, error);
        await clock.wait(pause, ends);
      }
    }
  };
  const asked = { context: encodeModuleContext(context), contextHash: moduleContextHash(context), nonce: run, signal };
  const { value, report } = await patiently(signal, async () => {
    const read = await client.requestOffChain(source, asked);
    return { value: await readValue(read), report: read.report };
  });
  const waits = cancelled ?? NEVER;
  const receipts = patiently(waits, () => client.exportReceipts(report, { signal: waits }));
  receipts.catch(() => undefined); // a run that failed before has no use for them
  return { name: wanted.name, document, value, receipts };
};

const NEVER = new AbortController().signal;

const readValue = async (read: RetrievedDocument): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of read.content) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MOST_BYTES) throw new KeyquorumError("INVALID_VALUE", `It has more than ${MOST_BYTES} bytes.`);
    }
    const value = new Uint8Array(bytes);
    let at = 0;
    for (const piece of pieces) {
      value.set(piece, at);
      at += piece.length;
    }
    return value;
  } finally {
    for (const piece of pieces) piece.fill(0);
    read.contentSecret.fill(0);
  }
};

/** The same error, with the secret's name in front: of several that are asked for at once, it is said which. */
const aboutSecret = (name: string, error: unknown): unknown =>
  error instanceof KeyquorumError
    ? new KeyquorumError(error.code, `${name}: ${error.message.replace(ERROR_CODES[error.code].action, "").trim()}`, {
        details: { ...error.details, secret: name },
        cause: error,
      })
    : error;

const SYSTEM_CLOCK = {
  now: () => performance.now(),
  wait: (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
    }),
};
