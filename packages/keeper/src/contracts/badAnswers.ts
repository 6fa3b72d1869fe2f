import { ChainUnavailableError } from "@keyquorum/chain";
import { ThresholdError } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import { isError } from "ethers";

type Question = (...args: never[]) => Promise<unknown>;

/**
 * The same questions; an answer that our contracts never give, no bytes at all for one, is the node's fault: ChainUnavailableError BAD_RESPONSE, so
 * that it is asked again. What a contract reverts with passes.
 */
export const refuseBadAnswers = <Questions extends Readonly<Record<string, Question>>>(questions: Questions): Questions => {
  const refusing = (name: string, ask: Question): Question => {
    return async (...args) => {
      try {
        return await ask(...args);
      } catch (cause) {
        if (!isBadAnswer(cause)) throw cause;
        const message = `The node's answer to ${name} is none that the contract gives. Check the node.`;
        throw new ChainUnavailableError("BAD_RESPONSE", message, { details: { method: name }, cause });
      }
    };
  };
  // safe: each question keeps its arguments and its answer
  return Object.fromEntries(Object.entries(questions).map(([name, ask]) => [name, refusing(name, ask)])) as unknown as Questions;
};

const isBadAnswer = (error: unknown): boolean =>
  isError(error, "BAD_DATA") ||
  isError(error, "BUFFER_OVERRUN") ||
  error instanceof ThresholdError ||
  (error instanceof KeyquorumError && error.code === "INVALID_VALUE");
