/** How many blocks in a row of looks must be late before it is said. */
const LATE_LOOKS = 3;

/**
 * Tells when a chain falls behind its own block time, and when it keeps up again. `look` takes the time in milliseconds and the newest block's number, undefined where the
 * chain does not answer, every few seconds. A look is late when fewer than half of the blocks came that should have come since the one before.
 */
export const createPaceWatch = (blockMilliseconds: number, tell: (line: string) => void) => {
  let last: { readonly at: number; readonly block: number } | undefined;
  let late = 0;
  return (at: number, block: number | undefined): void => {
    if (last === undefined) {
      if (block !== undefined) last = { at, block };
      return;
    }
    const milliseconds = at - last.at;
    const blocks = (block ?? last.block) - last.block;
    if (milliseconds < 4 * blockMilliseconds) return; // too short to judge
    const isLate = blocks * 2 * blockMilliseconds < milliseconds;
    if (!isLate && late >= LATE_LOOKS) tell("The chain keeps up again.");
    late = isLate ? late + 1 : 0;
    if (late === LATE_LOOKS)
      tell(
        `The chain falls behind: ${blocks === 0 ? "no block" : `a block every ${(milliseconds / blocks / 1000).toFixed(1)} s`} instead of every ${blockMilliseconds / 1000} s. This machine is busy; keys and requests take longer.`,
      );
    last = { at, block: block ?? last.block };
  };
};
