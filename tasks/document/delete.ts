import type { DeletionStep } from "@keyquorum/client";
import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

const tell = (step: DeletionStep): string => {
  const count = `(${step.done} of ${step.total})`;
  switch (step.step) {
    case "withdrawn":
      return `Version ${step.version} is withdrawn ${count}`;
    case "dismissed":
      return `${step.administrator} is dismissed ${count}`;
    case "revoked":
      return `${step.readers.length} readers are revoked ${count}`;
    case "delegationEnded":
      return `The delegation to ${step.delegate} has ended ${count}`;
    case "removed":
      return `${step.cid} is removed from the store ${count}`;
    case "kept":
      return `${step.cid} stays in the store: it is not this document's ciphertext ${count}`;
  }
};

/** Deletes a document as far as that is possible, and says what is not. Repeatable after a failure. */
export const deleteDocument = async (
  args: CommonArguments & { readonly document: string; readonly yes: boolean; readonly cids: string | undefined },
  context: TaskContext,
): Promise<unknown> => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  if (!args.yes)
    throw new UsageError("This withdraws all versions permanently, revokes all grants and removes the ciphertexts. Confirm with --yes.");
  const client = await context.client({ signs: true });
  const cids = args.cids === undefined ? {} : { cids: args.cids.split(",").map((cid) => cid.trim()) };
  const report = await client.deleteDocument(document, { ...cids, signal, onProgress: (step) => terminal.progress(tell(step)) });
  terminal.print(`${document} is deleted as far as that is possible. What is not:`);
  for (const sentence of report.cannotPromise) terminal.print(`- ${sentence}`);
  return report;
};

export default command(deleteDocument);
