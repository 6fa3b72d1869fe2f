import type { HexString } from "@keyquorum/bindings";

/** A call whose arguments are words of 32 bytes: given, or words of the answers before it. */
export type JoinedCall = {
  /** A contract's address. */
  readonly to: string;
  /** 4 bytes, 0x hex. */
  readonly selector: string;
  /** Each 32 bytes as 0x hex, or [which call, which word of its answer]. */
  readonly words: readonly (string | readonly [call: number, word: number])[];
  /** Words of the answer. The last call's may be as long as it likes. */
  readonly answer: number;
};

/** The first word says whether every call succeeded. */
const WORD = 32;
const push = (value: number): string => `61${value.toString(16).padStart(4, "0")}`;

/** Where each answer begins in what comes back. In bytes. */
const placesOf = (calls: readonly JoinedCall[]): readonly number[] =>
  calls.map((_, index) => calls.slice(0, index).reduce((place, { answer }) => place + WORD * answer, WORD));

/**
 * Creation code for `eth_call` that deploys nothing: it makes the calls one after the other and returns all answers, of one node and one block, where
 * each may depend on those before it. What comes back must stay below the 24,576 bytes that code may have.
 */
export const joinCalls = (calls: readonly JoinedCall[]): HexString => {
  const places = placesOf(calls);
  const placeOf = (call: number): number => places[call] ?? WORD;
  const end = placeOf(calls.length - 1); // arguments are written where the last answer will be
  const steps = calls.map(({ to, selector, words, answer }, index) => {
    const isLast = index === calls.length - 1;
    const given = words.map((word, i) => {
      const value = typeof word === "string" ? `7f${word.slice(2)}` : `${push(placeOf(word[0]) + WORD * word[1])}51`;
      return `${value}${push(end + 4 + WORD * i)}52`; // MSTORE
    });
    const out = isLast ? "5f5f" : `${push(WORD * answer)}${push(placeOf(index))}`;
    const call = `${out}${push(4 + WORD * words.length)}${push(end)}73${to.slice(2)}5afa16`; // GAS STATICCALL AND
    const isWhole = isLast ? "" : `${push(WORD * answer)}3d1416`; // RETURNDATASIZE EQ AND: an address without code answers nothing
    return `63${selector.slice(2)}60e01b${push(end)}52${given.join("")}${call}${isWhole}`; // SHL MSTORE
  });
  return `0x6001${steps.join("")}5f523d5f${push(end)}3e3d${push(end)}015ff3`; // MSTORE, RETURNDATACOPY, RETURN
};

/** The calls' answers, each as 0x hex; undefined where one failed, or what came back is nothing that the code returns. */
export const splitAnswers = (calls: readonly JoinedCall[], returned: string): readonly string[] | undefined => {
  const places = placesOf(calls).map((place) => 2 + 2 * place);
  if (!/^0x[0-9a-f]*$/i.test(returned) || returned.length < (places.at(-1) ?? 0) || BigInt(returned.slice(0, 66)) !== 1n) return undefined;
  return places.map((from, index) => `0x${returned.slice(from, places[index + 1])}`);
};
