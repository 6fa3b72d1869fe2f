import { resolve } from "node:path";
import { type Comparison, compare, printComparisons } from "./compare.ts";
import { withRetrieval } from "./retrieval.ts";
import { withStartUp } from "./startUp.ts";
import { withCommit } from "./worktree.ts";

const [START_ROUNDS, READ_ROUNDS] = [10, 20];

/** Builds another commit and measures both in turn, by CPU time; prints a table, and returns its rows. `only`: one of the parts. */
export const compareWith = async (commit: string, only: string | undefined): Promise<readonly Comparison[]> => {
  const now = { folder: resolve(import.meta.dirname, "../../..") };
  return withCommit(commit, async (before) => {
    console.log(`\nAgainst ${before.hash.slice(0, 12)}: CPU time, medians of rounds in turn`);
    const rows: Comparison[] = [];
    if (only !== "retrieval")
      await withStartUp(START_ROUNDS, async (compared) => {
        for (const row of compared) rows.push(await compare(row, { before, now }));
      });
    if (only !== "startUp")
      await withRetrieval(READ_ROUNDS, [before, now], async (row) => void rows.push(await compare(row, { before, now })));
    printComparisons(rows);
    return rows;
  });
};
