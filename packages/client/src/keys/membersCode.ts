import { type JoinedQuestion, push, type WordOfAnswer } from "../chain/joinedCalls.ts";

/** In which order members of a committee are asked: the slots 1 to 255, each once. */
export type MemberOrder = readonly number[];

/** Bytes of the memory: what comes back stays below the order; a member and its record take less than what is left between. */
const [LAST_START, ORDER, PLACE, NEXT, LEFT, THERE] = [22_900, 0x8000, 0x8100, 0x8120, 0x8140, 0x8160];
const [MEMBER_WORDS, IDENTITY] = [6, 128];

const load = (place: number): string => `${push(place)}51`;
const store = (place: number): string => `${push(place)}52`;
const byte = (value: number): string => `60${value.toString(16).padStart(2, "0")}`;
const [AND_INTO_FLAG, ADD] = ["5f51165f52", "01"];

/**
 * Code that follows a joined question about a key: goes through the slots in their order, and appends what the registry says of each that is in the
 * committee and not removed, until it has 2t+2: for t+1 answers one is asked beside them, and t may fail. Less where that much does not come back.
 * Of each: the identity key that the epoch froze (64 bytes), the length of the keeper's record (32) and the record, as `keeperAt` returns it.
 */
export const membersCode =
  (asking: {
    readonly registry: string;
    /** Selectors: 4 bytes, 0x hex. */
    readonly memberOf: string;
    readonly keeperAt: string;
    readonly order: MemberOrder;
    readonly epoch: WordOfAnswer;
    readonly threshold: WordOfAnswer;
    /** Bitmaps with bit `slot` set. */
    readonly committee: WordOfAnswer;
    readonly removed: WordOfAnswer;
  }): Exclude<JoinedQuestion["behind"], undefined> =>
  ({ at, placeOf, end }) => {
    const { registry, memberOf, keeperAt, order, epoch, threshold, committee, removed } = asking;
    const bytes = order.map((slot) => slot.toString(16).padStart(2, "0")).join("");
    const words = bytes.padEnd(512, "0").match(/.{64}/g) ?? [];
    const start = [
      ...words.map((word, index) => `7f${word}${store(ORDER + 32 * index)}`),
      `${push(end)}${store(PLACE)}`,
      `${load(placeOf(threshold))}${byte(2)}02${byte(2)}${ADD}${store(LEFT)}`, // MUL
      `${load(placeOf(removed))}19${load(placeOf(committee))}16${store(THERE)}`, // NOT AND
    ].join("");
    const ask = (selector: string, given: string, length: number): string =>
      `63${selector.slice(2)}60e01b${load(PLACE)}52${given}5f5f${byte(length)}${load(PLACE)}73${registry.slice(2)}5afa`; // SHL MSTORE, GAS STATICCALL
    const argument = (index: number): string => `${load(PLACE)}${byte(4 + 32 * index)}${ADD}52`;
    const forward = (by: string): string => `${load(PLACE)}${by}${ADD}${store(PLACE)}`;

    const loop = at + start.length / 2;
    // LT, LT AND, LT AND: slots, members and room are left
    const more = `5b60ff${load(NEXT)}10${load(LEFT)}151516${push(LAST_START)}${load(PLACE)}1016`;
    const slot = `60ff${load(NEXT)}${push(ORDER - 31)}${ADD}5116`; // MLOAD AND
    const advance = `${load(NEXT)}${byte(1)}${ADD}${store(NEXT)}`;
    const isThere = `${load(THERE)}811c600116`; // DUP2 SHR, AND
    const again = `50${push(loop)}56`; // POP, JUMP
    const taken = [
      `5b${byte(1)}${load(LEFT)}03${store(LEFT)}`, // JUMPDEST, SUB
      ask(memberOf, `${load(placeOf(epoch))}${argument(0)}80${argument(1)}`, 68), // DUP1
      `${byte(32 * MEMBER_WORDS)}3d1416${AND_INTO_FLAG}`, // RETURNDATASIZE EQ AND
      `${byte(64)}${byte(IDENTITY)}${load(PLACE)}3e${forward(byte(64))}`, // RETURNDATACOPY
      `${ask(keeperAt, `80${argument(0)}`, 36)}${AND_INTO_FLAG}`,
      `3d${load(PLACE)}523d5f${load(PLACE)}${byte(32)}${ADD}3e${forward(`${byte(32)}3d${ADD}`)}`, // RETURNDATASIZE MSTORE, RETURNDATACOPY
      again,
    ].join("");
    // Two jumps of four bytes each are between these parts, and the one back.
    const found = loop + (more.length + slot.length + advance.length + isThere.length + again.length) / 2 + 5 + 4;
    const done = found + taken.length / 2;
    const body = `${more}15${push(done)}57${slot}${advance}${isThere}${push(found)}57${again}`; // ISZERO JUMPI, JUMPI
    return `${start}${body}${taken}5b${load(PLACE)}5ff3`; // JUMPDEST, RETURN
  };

/** A member of a committee and its record, as they came back. All public. */
export type MemberAnswer = {
  /** x and y: 64 bytes, hex without 0x. */
  readonly identityKey: string;
  /** As `keeperAt` returns it: 0x hex. */
  readonly record: string;
};

/** What `membersCode` returned, behind the answers: 0x hex. Undefined where it is nothing that it returns. */
export const splitMembers = (returned: string): readonly MemberAnswer[] | undefined => {
  const members: MemberAnswer[] = [];
  for (let at = 2; at < returned.length; ) {
    const [identityKey, length] = [returned.slice(at, at + 128), Number(`0x${returned.slice(at + 128, at + 192)}`)];
    const next = at + 192 + 2 * length;
    if (!(next <= returned.length)) return undefined;
    members.push({ identityKey, record: `0x${returned.slice(at + 192, next)}` });
    at = next;
  }
  return members;
};
