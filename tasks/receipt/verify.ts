import { type NamedBlock, type VerifiedReceipts, verifyReceipts } from "@keyquorum/client";
import { checksumAddress, parseHash32 } from "@keyquorum/wire";
import { command } from "../command.ts";
import { readJsonFile } from "../jsonFile.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { counted } from "../slots.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usageError.ts";

type Arguments = CommonArguments & { readonly file: string; readonly committeeRoot: string | undefined; readonly online: boolean };

const TRUST: Readonly<Record<VerifiedReceipts["trust"], string>> = {
  file: "the file fits together; nothing says that its committee is the real one (--committee-root HEX or --online does)",
  pinned: "the committee is the one whose root you gave",
  chain: "this chain has the committee, the key, the version and the blocks",
};

const ASKED_BY: Readonly<Record<VerifiedReceipts["askedBy"], string>> = {
  account: "by its signature",
  session: "by the signature of a session's key that it gave leave",
  "contract account": "by the keepers' statement: a contract account's signature can be checked on its chain only",
  transaction: "by its transaction",
};

/** Verifies a file of receipts, without a network or against the chain. */
export default command<Arguments>(async (args, context) => {
  const file = await readJsonFile(args.file);
  if (args.online && args.committeeRoot !== undefined)
    throw new UsageError("--online reads the committee's root from the chain; leave --committee-root out.");
  const verified = args.online
    ? await (await context.client({ signs: false })).confirmReceipts(file, { signal: context.signal })
    : await verifyReceipts(
        file,
        args.committeeRoot === undefined ? {} : { committeeRoot: parseArgument("--committee-root", args.committeeRoot, parseHash32) },
      );
  show(verified, context.terminal);
  showDiscounted(verified, context.terminal);
  return verified;
});

/** Receipts that count for nothing. */
const showDiscounted = ({ discounted }: VerifiedReceipts, terminal: Terminal): void => {
  for (const { slot, code, revokedAt } of discounted)
    terminal.warn(
      `the receipt of slot ${slot} counts for nothing: its identity key was revoked as stolen at ${new Date(revokedAt * 1000).toISOString()}, and a thief may have signed it (${code})`,
    );
};

const show = (verified: VerifiedReceipts, terminal: Terminal): void => {
  const { requester, document, documentVersion, headerHash, keyId, epoch, keepers, quorum, chainId, committeeRoot } = verified;
  terminal.print(`Valid: ${counted(keepers.length, "keeper")} answered, ${quorum} were needed.`);
  terminal.facts([
    ["Who", `${checksumAddress(requester)}, ${ASKED_BY[verified.askedBy]}`],
    ["Document", document],
    ["Version", `${documentVersion ?? "(not published)"}, header ${headerHash}`],
    ["Key", `${keyId}, epoch ${epoch}`],
    ["Chain", String(chainId)],
    ["Request", verified.requestId],
    ...(committeeRoot === undefined ? [] : ([["Committee", committeeRoot]] as const)),
    ["Trust", `${verified.trust}: ${TRUST[verified.trust]}`],
  ]);
  terminal.print();
  terminal.table(
    ["SLOT", "KEEPER", "PERMITTED AT FINAL BLOCK", "AND AT HEAD"],
    [...keepers]
      .sort((a, b) => a.slot - b.slot)
      .map((keeper) =>
        "identity" in keeper
          ? [String(keeper.slot), checksumAddress(keeper.identity), nameOf(keeper.finalizedBlock), nameOf(keeper.headBlock)]
          : [String(keeper.slot), `by transaction ${keeper.answer.transaction}`, nameOf(keeper.answer), ""],
      ),
  );
};

/** Its number and time where the chain still has it, else its hash. */
const nameOf = ({ hash, number, time }: NamedBlock): string => {
  if (number === undefined) return hash;
  return `${number}${time === undefined ? "" : ` of ${new Date(time * 1000).toISOString()}`}`;
};
