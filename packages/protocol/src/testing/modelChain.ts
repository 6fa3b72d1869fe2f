/** Blocks that can be taken back, over any state: what a block's transactions make of the state before. */
import { keccakWords } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, parseHash32 } from "@keyquorum/wire";

/** What tells one transaction from another. */
export type ModelTransaction = { readonly id: string; readonly from: number };

type Block<State, Transaction> = { readonly hash: Hash32; readonly state: State; readonly included: readonly Transaction[] };

/** Why the model refused a transaction, for assertions. */
export type Refusal<Transaction> = { readonly transaction: Transaction; readonly why: string };

/** `apply` gives the state after a transaction, or why it is refused. */
export const createModelChain = <State, Transaction extends ModelTransaction>(
  initial: State,
  apply: (state: State, number: number, transaction: Transaction) => State | string,
) => {
  const blocks: Block<State, Transaction>[] = [{ hash: hashOf(0, 0), state: initial, included: [] }];
  const refusals: Refusal<Transaction>[] = [];
  let salt = 0;

  const at = (number: number): Block<State, Transaction> => {
    const block = blocks[number];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    return block;
  };

  return {
    refusals,
    headNumber: () => blocks.length - 1,
    stateAt: (number: number) => at(number).state,
    hashAt: (number: number) => at(number).hash,
    isIncluded: (id: string, from: number) =>
      blocks.some(({ included }) => included.some((other) => other.id === id && other.from === from)),
    mine: (transactions: readonly Transaction[]): void => {
      const number = blocks.length;
      let { state } = at(number - 1);
      const included: Transaction[] = [];
      for (const transaction of transactions) {
        const next = apply(state, number, transaction);
        if (typeof next === "string") refusals.push({ transaction, why: next });
        else {
          state = next;
          included.push(transaction);
        }
      }
      blocks.push({ hash: hashOf(number, salt), state, included });
    },
    /** Takes blocks back; what was in them is returned. Blocks that come instead have other hashes. */
    takeBack: (depth: number): readonly Transaction[] => {
      salt += 1;
      return blocks.splice(blocks.length - depth, depth).flatMap(({ included }) => included);
    },
  };
};

const hashOf = (number: number, salt: number): Hash32 => parseHash32(bytesToHex(keccakWords(number, salt)));
