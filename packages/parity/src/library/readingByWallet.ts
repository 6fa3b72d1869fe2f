import { backend, isValidPoint, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { decryptDocument } from "../formats/documentCipher.ts";
import { encodePoint64 } from "../formats/point64.ts";
import { readingTypedData } from "../formats/walletRequests.ts";
import { contributionEvidence, shadowEvidence } from "../proofs/holderEvidence.ts";
import { checkReading, openReading } from "../proofs/readingCheck.ts";
import type { ServerKeyProof } from "../proofs/serverKeyProof.ts";
import { encodeWalletAsk, parseWalletAnswer, type SignedReading, WALLET_PATHS } from "../proofs/walletBodies.ts";
import { type AskedKeyServer, askInTurn, LyingKeyServer } from "./keyServers.ts";
import type { NamedHolder, SecretStore, SecretStoreOptions } from "./secretStore.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";
import { idOf, infoOf, knownKeyOf, prefixed, type WalletSession, walletSession } from "./walletSession.ts";

/** Holders may lie one after the other: each costs a further question of the same keeper. */
const MOST_ASKS = 16;

/** `SecretStore.read`. */
export const createReadingByWallet =
  (ports: SecretStorePorts, options: SecretStoreOptions): SecretStore["read"] =>
  async (id, encrypted, { publicKey, signal } = {}) => {
    const [serverKeyId, known] = [idOf(id), knownKeyOf(publicKey)];
    const session = walletSession(ports, options, signal);
    const named: NamedHolder[] = [];
    const name = (holder: NamedHolder): void => {
      named.push(holder);
      options.onFailure?.(holder);
    };
    const secret = readerSecret(ports);
    try {
      const reader = await ports.account(signal);
      const readerKey = backend.mulG(secret.reveal());
      const asked = { serverKeyId, reader, readerKey, deadline: session.deadline() };
      const request = { ...(await session.signed(asked, readingTypedData, "the reading")), without: [] };
      const reading = { ports, session, request, secret, known, named, name };
      const { documentKey, key } = await askInTurn(session, signal, (server) => readFrom(server, reading));
      try {
        const content = await decryptDocument(documentKey, typeof encrypted === "string" ? hexToBytes(prefixed(encrypted)) : encrypted);
        return { content, serverKey: infoOf(key), named, failures: session.failures };
      } finally {
        documentKey.fill(0);
      }
    } finally {
      secret.erase();
    }
  };

type Reading = {
  readonly ports: Pick<SecretStorePorts, "domain" | "random">;
  readonly session: WalletSession;
  readonly request: SignedReading;
  readonly secret: SecretScalar;
  /** The public key that the caller knows. */
  readonly known: string | undefined;
  readonly named: readonly NamedHolder[];
  readonly name: (holder: NamedHolder) => void;
};

/** One keeper's answers, until no holder of one lies. Throws LyingKeyServer where this keeper does. `documentKey`: 64 bytes, secret. */
const readFrom = async (
  { post }: AskedKeyServer,
  { ports, session, request: signed, secret, known, named, name }: Reading,
): Promise<{ readonly documentKey: Uint8Array; readonly key: ServerKeyProof }> => {
  for (let asks = 0; asks < MOST_ASKS; asks += 1) {
    const request = { ...signed, without: [...new Set(named.map(({ slot }) => slot))] };
    const answer = parseWalletAnswer.reading(await post(WALLET_PATHS.read, encodeWalletAsk.read(request)));
    session.requireKnown(answer.key, known); // before anything of it names a holder
    const [epoch, certifiedBy] = [await session.epochOf(answer.key.epoch), await session.epochOf((answer.certifiedIn ?? answer.key).epoch)];
    const checked = checkReading(ports.domain, epoch, request, answer, certifiedBy);
    if (checked.kind === "coordinator") throw new LyingKeyServer(`What it brought is not what the members signed: ${checked.why}.`);
    if (checked.kind === "holders") {
      for (const slot of checked.slots)
        name({
          ...{ slot, code: "BAD_CONTRIBUTION", reason: "It signed a part whose proof is wrong." },
          evidence: contributionEvidence(slot, request, answer),
        });
      continue;
    }
    const opened = await openReading(secret, answer, checked.decryptedSecret);
    if (opened.kind === "coordinator") throw new LyingKeyServer(`What it brought is ${opened.why}.`);
    if (opened.kind === "read") return { documentKey: encodePoint64(opened.documentKey), key: answer.key };
    const { asked } = checked;
    for (const slot of opened.slots)
      name({
        ...{ slot, code: "BAD_SHADOW", reason: "It encrypted another mask than it committed to." },
        evidence: shadowEvidence({ slot, secret, asked }, request, answer, ports.random),
      });
  }
  throw new KeyquorumError("UNAVAILABLE", "Too many holders lie.");
};

/** A key of one reading. Once in 2^127 a point has no form that everybody takes (D10). */
const readerSecret = (ports: Pick<SecretStorePorts, "random">): SecretScalar => {
  const secret = SecretScalar.from(randomScalar(ports.random));
  return isValidPoint(backend.mulG(secret.reveal())) ? secret : readerSecret(ports);
};
