/** What a threshold means, in words: D-54. */
export const thresholdSentence = (threshold: number): string =>
  threshold === 1
    ? "1 keeper alone learns nothing; 2 are needed"
    : `${threshold} keepers together learn nothing; ${threshold + 1} are needed`;
