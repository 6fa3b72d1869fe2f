import { KeyquorumError } from "@keyquorum/wire";
import { encryptDocument } from "../formats/documentCipher.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { generationTypedData, storageTypedData } from "../formats/walletRequests.ts";
import { isCertificate } from "../proofs/certificate.ts";
import type { SeenEpoch, ServerKeyProof } from "../proofs/serverKeyProof.ts";
import { encodeWalletAsk, parseWalletAnswer, type SignedGeneration, WALLET_PATHS } from "../proofs/walletBodies.ts";
import { publicKeyOf } from "../records/serverKeyRecord.ts";
import { askInTurn, LyingKeyServer } from "./keyServers.ts";
import type { SecretStore, SecretStoreOptions } from "./secretStore.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";
import { freshId, idOf, idText, infoOf, type WalletSession, walletSession } from "./walletSession.ts";

/** `SecretStore.publish`. */
export const createPublishing =
  (ports: SecretStorePorts, options: SecretStoreOptions): SecretStore["publish"] =>
  async (content, { id, threshold: wanted, signal } = {}) => {
    const serverKeyId = id === undefined ? freshId(ports) : idOf(id);
    const session = walletSession(ports, options, signal);
    const author = await ports.account(signal);
    const threshold = wanted ?? (await minorityOf(ports, signal));
    const asked = { serverKeyId, author, threshold, deadline: session.deadline() };
    const generation = await session.signed(asked, generationTypedData, "the server key");
    const { key, epoch } = await askInTurn(session, signal, ({ post }) => generated(session, post, generation));

    const { documentKey, ...pair } = createDocumentKey(publicKeyOf(key), ports.random);
    try {
      const toStore = { serverKeyId, author, ...pair, deadline: session.deadline() };
      const ask = encodeWalletAsk.store(await session.signed(toStore, storageTypedData, "the document key"));
      await askInTurn(session, signal, async ({ post }) => {
        const stored = parseWalletAnswer.stored(await post(WALLET_PATHS.store, ask));
        if (stored.epoch !== key.epoch || !isCertificate(epoch, key, pair, stored.certificate))
          throw new LyingKeyServer("Its members did not sign that they hold this document key.");
      });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const encrypted = await encryptDocument(documentKey, bytes, ports.random);
      return { id: idText(serverKeyId), encrypted, serverKey: infoOf(key), failures: session.failures };
    } finally {
      documentKey.fill(0);
    }
  };

/** A server key is what a document key is encrypted to: whoever could name another one would read it. */
const generated = async (
  session: WalletSession,
  post: (path: string, body: unknown) => Promise<unknown>,
  generation: SignedGeneration,
): Promise<{ readonly key: ServerKeyProof; readonly epoch: SeenEpoch }> => {
  const key = parseWalletAnswer.key(await post(WALLET_PATHS.generate, encodeWalletAsk.generate(generation)));
  const epoch = await session.requireKey(key, generation.serverKeyId);
  if (key.threshold !== generation.threshold) throw new LyingKeyServer("It answers with a server key of another threshold.");
  // Who is left over of a former epoch could make a key among themselves.
  if (!epoch.isCurrent) throw new LyingKeyServer("Its answer has a server key of an epoch that is over.");
  return { key, epoch };
};

/** As many as may fail or lie together, of a committee of which most are honest. Throws NO_READY_KEY, CHAIN_UNAVAILABLE. */
const minorityOf = async (ports: SecretStorePorts, signal: AbortSignal | undefined): Promise<number> => {
  const epoch = await ports.currentEpoch(signal);
  if (epoch === 0) throw new KeyquorumError("NO_READY_KEY", "No epoch of keepers is open yet.");
  const { members, absent } = await ports.epochOf(epoch, signal);
  return Math.floor((members.filter(({ slot }) => !absent.includes(slot)).length - 1) / 2);
};
