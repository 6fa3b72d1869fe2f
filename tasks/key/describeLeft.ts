/** How long a phase still takes at most, as the contracts count; nothing where no block ends it. It goes behind a line that says what happens. */
export const describeLeft = ({ phaseEnd, blocksLeft }: { readonly phaseEnd: number; readonly blocksLeft: number }): string => {
  if (phaseEnd === 0) return "";
  return ` (at most ${blocksLeft} more block${blocksLeft === 1 ? "" : "s"})`;
};
