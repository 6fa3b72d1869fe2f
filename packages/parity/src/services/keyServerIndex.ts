import type { ExtensionServices } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { readAbi } from "./abi.ts";
import { indexCall, requiredCall } from "./serviceCalls.ts";
import type { ServiceRequest } from "./serviceRequest.ts";

type Services = { readonly chain: Pick<ExtensionServices["chain"], "call"> };
type Block = Parameters<Services["chain"]["call"]>[1];

const MOST_KEY_SERVERS = 256n;

/** An account's place in the contract's set of key servers. Undefined: it has none. Throws ChainUnavailableError. */
export const keyServerIndex = async (
  { chain }: Services,
  contract: Address,
  account: Address,
  block: Block,
): Promise<number | undefined> => {
  const answer = await chain.call({ to: contract, data: indexCall(account) }, block);
  if (answer.kind !== "returned") return undefined;
  try {
    return Number(readAbi(answer.data).integer(0, MOST_KEY_SERVERS));
  } catch {
    return undefined;
  }
};

/** Whether an account's answer would count. Throws ChainUnavailableError. */
export const isAnswerRequired = async ({ chain }: Services, request: ServiceRequest, account: Address, block: Block): Promise<boolean> => {
  const answer = await chain.call({ to: request.contract, data: requiredCall(request, account) }, block);
  return answer.kind === "returned" && /^0x0{63}1$/.test(answer.data);
};
