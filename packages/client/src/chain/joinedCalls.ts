import type { HexString } from "@keyquorum/bindings";

/** A call whose arguments are words of 32 bytes: given, or words of the answers before it. */
export type JoinedCall = {
  /** A contract's address. */
  readonly to: string;
  /** 4 bytes, 0x hex. */
  readonly selector: string;
  /** Each 32 bytes as 0x hex, or [which call, which word of its answer]. */
  readonly words: readonly (string | WordOfAnswer)[];
  /** Words of the answer. */
  readonly answer: number;
};

/** [which call, which word of its answer]. */
export type WordOfAnswer = readonly [call: number, word: number];

/** Calls that are made one after the other, and what is done behind them. */
export type JoinedQuestion = {
  readonly calls: readonly JoinedCall[];
  /** Code that begins where `at`, in bytes, with an empty stack and the word "every call succeeded" at 0 of the memory, and returns the memory from 0 on. */
  readonly behind?:
    | ((begin: { readonly at: number; readonly placeOf: (word: WordOfAnswer) => number; readonly end: number }) => string)
    | undefined;
};

const WORD = 32;
export const push = (value: number): string => `61${value.toString(16).padStart(4, "0")}`;

/** Where each answer begins in what comes back, and where the last one ends. In bytes; the first word says whether every call succeeded. */
const placesOf = (calls: readonly JoinedCall[]): readonly number[] =>
  [...calls, undefined].map((_, index) => calls.slice(0, index).reduce((place, { answer }) => place + WORD * answer, WORD));

/**
 * Creation code for `eth_call` that deploys nothing: it makes the calls one after the other and returns all answers, of one node and one block, where
 * each may depend on those before it. What comes back must stay below the 24,576 bytes that code may have.
 */
export const joinCalls = ({ calls, behind }: JoinedQuestion): HexString => {
  const places = placesOf(calls);
  const placeOf = ([call, word]: WordOfAnswer): number => (places[call] ?? WORD) + WORD * word;
  const end = places.at(-1) ?? WORD; // arguments are written behind the answers
  const steps = calls.map(({ to, selector, words, answer }, index) => {
    const given = words.map((word, i) => {
      const value = typeof word === "string" ? `7f${word.slice(2)}` : `${push(placeOf(word))}51`;
      return `${value}${push(end + 4 + WORD * i)}52`; // MSTORE
    });
    const out = `${push(WORD * answer)}${push(placeOf([index, 0]))}`;
    const call = `${out}${push(4 + WORD * words.length)}${push(end)}73${to.slice(2)}5afa16`; // GAS STATICCALL AND
    const isWhole = `${push(WORD * answer)}3d1416`; // RETURNDATASIZE EQ AND: an address without code answers nothing
    return `63${selector.slice(2)}60e01b${push(end)}52${given.join("")}${call}${isWhole}`; // SHL MSTORE
  });
  const asked = `6001${steps.join("")}5f52`; // MSTORE
  return `0x${asked}${behind?.({ at: asked.length / 2, placeOf, end }) ?? `${push(end)}5ff3`}`; // RETURN
};

/** The calls' answers, each as 0x hex, and what came behind them; undefined where one failed, or what came back is nothing that the code returns. */
export const splitAnswers = ({ calls }: JoinedQuestion, returned: string): readonly string[] | undefined => {
  const places = placesOf(calls).map((place) => 2 + 2 * place);
  if (!/^0x[0-9a-f]*$/i.test(returned) || returned.length < (places.at(-1) ?? 0) || BigInt(returned.slice(0, 66)) !== 1n) return undefined;
  return places.map((from, index) => `0x${returned.slice(from, places[index + 1])}`);
};
