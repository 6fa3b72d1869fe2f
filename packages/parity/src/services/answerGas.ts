import type { ExtensionServices } from "@keyquorum/keeper";
import type { Address, Hex } from "@keyquorum/wire";

type Services = {
  readonly chain: Pick<ExtensionServices["chain"], "rpc">;
  readonly transactions: Pick<ExtensionServices["transactions"], "account">;
};

/**
 * The gas limit of an answer: the node's estimate and a fifth more, so that a contract burns no more than that, whatever it does when it is called.
 * Undefined: it would take more than `most`. Throws what the node says, where the call would be refused.
 */
export const answerGas = async (
  { chain, transactions }: Services,
  { to, data }: { readonly to: Address; readonly data: Hex },
  most: bigint,
): Promise<bigint | undefined> => {
  const estimated = BigInt(String(await chain.rpc.send("eth_estimateGas", [{ from: transactions.account, to, data }])));
  const limit = estimated + estimated / 5n;
  return estimated < 1n || limit > most ? undefined : limit;
};
