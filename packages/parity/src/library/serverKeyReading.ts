import { serverKeyTypedData } from "../formats/walletRequests.ts";
import { encodeWalletAsk, parseWalletAnswer, WALLET_PATHS } from "../proofs/walletBodies.ts";
import { askInTurn } from "./keyServers.ts";
import type { SecretStore, SecretStoreOptions } from "./secretStore.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";
import { idOf, infoOf, knownKeyOf, walletSession } from "./walletSession.ts";

/** `SecretStore.serverKey`. */
export const createServerKeyReading =
  (ports: SecretStorePorts, options: SecretStoreOptions): SecretStore["serverKey"] =>
  async (id, { publicKey, signal } = {}) => {
    const [serverKeyId, known] = [idOf(id), knownKeyOf(publicKey)];
    const session = walletSession(ports, options, signal);
    const author = await ports.account(signal);
    const request = await session.signed({ serverKeyId, author, deadline: session.deadline() }, serverKeyTypedData, "the request");
    const ask = encodeWalletAsk.serverKey(request);
    return askInTurn(session, signal, async ({ post }) => {
      const key = parseWalletAnswer.key(await post(WALLET_PATHS.serverKey, ask));
      await session.requireKey(key, serverKeyId);
      session.requireKnown(key, known);
      return infoOf(key);
    });
  };
