import {
  agreeOnKey,
  backend,
  createComplaint,
  keccakWords,
  openShare,
  SecretScalar,
  verifyDealing,
  verifyReshareDealing,
} from "@keyquorum/threshold";
import { bytesToHex, parseSessionId } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { KeeperError } from "../run/errors.ts";
import { unlessDamaged } from "../shares/unlessDamaged.ts";
import { purposeOf } from "./names.ts";
import type { EpochKeys } from "./services.ts";

type Options = Pick<Core, "nonces" | "contracts" | "look"> & {
  readonly reader: {
    readonly at: (blockHash: string) => Pick<ReturnType<Core["reader"]["at"]>, "sessionOf" | "reshareOf">;
  };
  readonly vault: Pick<Core["vault"], "epochSecrets" | "logs">;
};

/** The epochs' encryption secrets as operations for one extension. Each takes the secret out of the vault and erases it again. */
export const createEpochKeys = (extension: string, { vault, nonces, contracts, reader, look }: Options): EpochKeys => {
  const withSecret = async <Result>(epoch: number, use: (secret: SecretScalar) => Result): Promise<Result | undefined> => {
    const bytes = await unlessDamaged(vault.epochSecrets.load(epoch));
    if (bytes === undefined) return undefined;
    const secret = SecretScalar.fromBytes(bytes);
    bytes.fill(0);
    try {
      return use(secret);
    } finally {
      secret.erase();
    }
  };

  /**
   * What dealings of the chain hide makes keys' shares: only the sessions open them. Both the mirror and the newest block are asked: the mirror may be
   * behind or damaged, and a reorg may take a session from the chain for a while.
   */
  const refuseChainSession = async (sid: Uint8Array): Promise<void> => {
    const { keyGeneration, keyResharing } = contracts.addresses;
    const topic2 = bytesToHex(sid);
    const found = await Promise.all([keyGeneration, keyResharing].map((address) => vault.logs.find({ address, topic2, limit: 1 })));
    if (found.flat().length > 0) throw refused("The session is one of the chain: its dealings are opened by this keeper alone.");
    if (await isSessionAtHead(topic2)) throw refused("The newest block has the session: its dealings are opened by this keeper alone.");
  };

  /** Sessions that one block was asked for: what a block says of one does not change, and a session has many dealings. */
  let asked: { readonly block: string; readonly sessions: Map<string, Promise<boolean>> } = { block: "", sessions: new Map() };
  const isSessionAtHead = async (id: string): Promise<boolean> => {
    const block = (await look()).head.hash;
    if (block !== asked.block) asked = { block, sessions: new Map() };
    const { sessions } = asked;
    const answer = sessions.get(id) ?? askBlock(block, id);
    sessions.set(id, answer);
    answer.catch(() => sessions.delete(id)); // what failed is asked again
    return answer;
  };
  const askBlock = async (block: string, id: string): Promise<boolean> => {
    const sid = parseSessionId(id);
    const at = reader.at(block);
    const sessions = await Promise.all([at.sessionOf(sid), at.reshareOf(sid)]);
    return sessions.some(({ status }) => status !== "Unknown");
  };

  return {
    agree: ({ epoch, point, context }) =>
      withSecret(epoch, (secret) => agreeOnKey({ secret, point }, { purpose: purposeOf(extension), epoch, context })),
    openShare: async (epoch, dealt) => {
      await refuseChainSession(dealt.sid);
      return withSecret(epoch, (encryptionSecret) => openShare({ ...dealt, encryptionSecret }));
    },
    complain: async (epoch, dealt) => {
      await refuseChainSession(dealt.sid);
      const { sid, dealer, dealing } = dealt;
      const proved = { sid, dealer, dealing };
      if (!verifyDealing(proved) && !verifyReshareDealing(proved)) throw refused("The dealer did not prove the dealing for this session.");
      return withSecret(epoch, (encryptionSecret) => {
        const encryptionKey = backend.mulG(encryptionSecret.reveal());
        const random = nonces({ purpose: purposeOf(extension), session: sid, statement: keccakWords(dealer), secret: encryptionSecret });
        return createComplaint({ ...dealt, encryptionSecret, encryptionKey }, random);
      });
    },
  };
};

const refused = (sentence: string): KeeperError => new KeeperError("EXTENSION_INVALID", sentence);
