/** The id under which the crash test stores transaction `number`. */
export const sessionOf = (number: number): string => `0x${number.toString(16).padStart(64, "0")}`;

/** So many answers are given at a time. */
export const TOGETHER = 16;
