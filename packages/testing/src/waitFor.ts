/**
 * Asks until the answer is neither false nor undefined, and returns it. Throws after `milliseconds`, saying what was awaited.
 * An error of the question is an answer too: it is thrown at once.
 */
export const waitFor = async <T>(what: string, ask: () => Promise<T | false | undefined>, milliseconds = 30_000): Promise<T> => {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`It was awaited for ${milliseconds} ms in vain that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
