import type { SenderRecord } from "@keyquorum/chain";
import type { Core } from "../run/core.ts";
import { ownName } from "./names.ts";
import type { ExtensionTransactions } from "./services.ts";

export const createOwnTransactions = (
  extension: string,
  { transactions, vault, operator, balance, config }: Pick<Core, "transactions" | "vault" | "operator" | "balance" | "config">,
): ExtensionTransactions => {
  const idOf = (kind: string, subject: string): string => `${ownName(extension, kind)}:${subject}`;
  return {
    post: ({ kind, subject, ...call }) => transactions.post({ ...call, id: idOf(kind, subject), kind: ownName(extension, kind), subject }),
    isBusy: (kind, subject) => transactions.isBusy(idOf(kind, subject)),
    minedIn: async (kind, subject) => {
      const { receipt = null } = (await vault.outbox.load<SenderRecord>(idOf(kind, subject))) ?? {};
      return receipt?.status === "success" ? receipt.blockNumber : undefined;
    },
    balance: balance.read,
    isFunded: async () => (await balance.read()) >= config.limits.balanceReserveWei,
    account: operator,
  };
};
