/** How many cases run where `npm test` has 100: KEYQUORUM_CASES, a whole number from 100 to 9,999,999. Throws an Error for anything else. */
const casesPerHundred = (given: string | undefined): number => {
  if (given === undefined || given === "") return 100;
  if (/^[1-9]\d{2,6}$/.test(given)) return Number(given);
  throw new Error("KEYQUORUM_CASES must be a whole number from 100 to 9999999: how many cases run where npm test has 100.");
};

/** How many random cases a test runs: `usual` of them in `npm test`, and in the same proportion more with KEYQUORUM_CASES. */
export const casesFor = (usual: number, given = process.env.KEYQUORUM_CASES): number => Math.ceil((usual * casesPerHundred(given)) / 100);
