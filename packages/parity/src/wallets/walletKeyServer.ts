import type { ExtensionServices } from "@keyquorum/keeper";
import { KeyServerError } from "../formats/keyServerError.ts";
import { generationTypedData, serverKeyTypedData, storageTypedData } from "../formats/walletRequests.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { DocumentKeys } from "../retrieval/documentKeys.ts";
import { walletDomainOf } from "./authorProof.ts";
import type { KeptProof } from "./keptProof.ts";
import { requireWallet } from "./walletClaim.ts";
import type { WalletKeyServer } from "./walletOperations.ts";

/** What the routes for wallets call, of this keeper. */
export const createWalletKeyServer = ({
  services,
  records,
  read,
  proofOf,
}: {
  readonly services: Pick<ExtensionServices, "chain" | "verifySignature" | "clock">;
  readonly records: ServerKeyRecords;
  readonly read: DocumentKeys["read"];
  readonly proofOf: KeptProof;
}): WalletKeyServer => {
  const domain = walletDomainOf(services);
  const verify = async (claim: Parameters<typeof requireWallet>[1]): Promise<void> =>
    requireWallet(services, claim, await services.chain.look());
  return {
    verify: {
      generation: (ask) => verify({ ...ask, account: ask.author, asked: generationTypedData(domain, ask) }),
      serverKey: (ask) => verify({ ...ask, account: ask.author, asked: serverKeyTypedData(domain, ask) }),
      storage: (ask) => verify({ ...ask, account: ask.author, asked: storageTypedData(domain, ask) }),
    },
    held: async (serverKeyId) => {
      const key = await proofOf(serverKeyId);
      if (key === undefined) return undefined;
      const documentKey = await records.use(serverKeyId, (record) => record.documentKey);
      return { key, documentKey };
    },
    read: async ({ serverKeyId, reader, readerKey, deadline, signature, without }) => {
      const wallet = { account: reader, readerKey, deadline };
      const { asked, certifiedIn, contributions } = await read({ serverKeyId, readerSignature: signature, wallet, without });
      const key = await proofOf(serverKeyId, asked.epoch);
      if (key === undefined) throw new KeyServerError("ServerKeyIsNotFound");
      const { pair, certificate, holders, nonce } = asked;
      const stored = { pair, certificate, ...(certifiedIn === undefined ? {} : { certifiedIn }) };
      return { key, ...stored, coordinator: asked.slot, holders, nonce, contributions };
    },
  };
};
