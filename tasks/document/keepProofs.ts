import { join } from "node:path";
import type { ChallengeOffer, KeyquorumClient, RetrievalReport } from "@keyquorum/client";
import { writeAtomically } from "@keyquorum/client/node";
import type { TaskContext } from "../context.ts";
import { formatPrice } from "../fees/formatPrice.ts";
import { toJson } from "../terminal.ts";

/** Where to keep what a retrieval proves. */
export type ProofArguments = { readonly receipts: string | undefined; readonly evidence: string | undefined; readonly replace: boolean };

/** Writes the receipts to --receipts, and the evidence against each keeper that signed for a wrong answer into the folder --evidence. */
export const keepProofs = async (
  { client, report }: { readonly client: KeyquorumClient; readonly report: RetrievalReport },
  { receipts, evidence, replace }: ProofArguments,
  { terminal, signal }: TaskContext,
): Promise<{ readonly receipts: string | null; readonly evidence: readonly string[] }> => {
  const write = (path: string, value: unknown): Promise<number> =>
    writeAtomically(path, new TextEncoder().encode(`${toJson(value)}\n`), { replace, mode: 0o644 });
  if (receipts !== undefined) {
    await write(receipts, await client.exportReceipts(report, { signal }));
    terminal.print(`Wrote ${receipts}. Verify it anywhere: npx hardhat keyquorum receipt verify ${receipts}`);
  }
  const written: string[] = [];
  for (const { slot, name, evidence: found } of report.failed) {
    if (found === undefined) continue;
    if (found.format === "keyquorum-posted-fault") {
      const offer = report.challenges?.find((challenge) => challenge.slot === slot);
      terminal.warn(`${name} posted a wrong answer${offer === undefined ? ", which is challenged already" : `: ${howToChallenge(offer)}`}`);
      continue;
    }
    if (evidence === undefined) {
      terminal.warn(`${name} signed for a wrong answer; --evidence DIR keeps what convicts it.`);
      continue;
    }
    const file = join(evidence, `fault-slot-${slot}.json`);
    await write(file, found);
    written.push(file);
    terminal.warn(`${name} signed for a wrong answer: npx hardhat keyquorum receipt prove ${file}`);
  }
  return { receipts: receipts ?? null, evidence: written };
};

const howToChallenge = ({ evidence, gas, wei, until }: ChallengeOffer): string => {
  const cost = gas === undefined || wei === undefined ? "" : ` (about ${gas.toLocaleString("en")} gas, ${formatPrice(wei)})`;
  const end = until === undefined ? "" : `, until ${new Date(Number(until) * 1000).toISOString()}`;
  return `npx hardhat keyquorum request challenge ${evidence.requestId} ${evidence.slot}${cost}${end}. Nobody is paid for it.`;
};
