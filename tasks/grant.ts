import type { KeyquorumClient, TransactionSummary } from "@keyquorum/client";
import { checkFileTarget, writeAtomically } from "@keyquorum/client/node";
import { checksumAddress, type DocumentId, parseAddress, parseDocumentId, parseHash32 } from "@keyquorum/wire";
import { command } from "./command.ts";
import type { TaskContext } from "./context.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument, parseUntil } from "./parse.ts";
import { inBatches, READERS_PER_TRANSACTION, readReadersFile } from "./readersFile.ts";
import { toJson } from "./terminal.ts";
import { UsageError } from "./usageError.ts";

type Arguments = CommonArguments & {
  readonly document: string;
  readonly reader: string | undefined;
  readonly until: string | undefined;
  readonly readers: string | undefined;
  readonly sign: string | undefined;
  readonly deadline: string | undefined;
  readonly salt: string | undefined;
};

/** Permits one or more readers to read a document, or signs the grant for others to submit. */
export default command<Arguments>(async (args, context) => {
  const document = parseArgument("document", args.document, parseDocumentId);
  const until = args.until === undefined ? undefined : parseUntil(args.until, new Date());
  if ((args.reader === undefined) === (args.readers === undefined))
    throw new UsageError("Name one reader, or a file of readers with --readers FILE.");
  if (args.sign === undefined && (args.deadline !== undefined || args.salt !== undefined))
    throw new UsageError("--deadline and --salt belong to --sign.");
  if (args.readers !== undefined) {
    if (args.sign !== undefined) throw new UsageError("--sign takes one reader.");
    return grantAll(document, args.readers, until, context);
  }
  const reader = parseArgument("reader", args.reader ?? "", parseAddress);
  const client = await context.client({ signs: true });
  if (args.sign !== undefined) return signOne(client, { ...args, sign: args.sign, document, reader, until }, context);
  const { terminal, signal } = context;
  const transaction = await client.grant(document, reader, { signal, ...(until === undefined ? {} : { until }) });
  terminal.print(`${checksumAddress(reader)} may read ${document}${until === undefined ? "" : ` until ${until.toISOString()}`}.`);
  terminal.print("Keepers serve it when the grant's block is final.");
  return { document, reader, until: until?.toISOString() ?? null, transaction };
});

const grantAll = async (document: DocumentId, file: string, until: Date | undefined, context: TaskContext): Promise<unknown> => {
  const { terminal, signal } = context;
  const readers = (await readReadersFile(file, new Date())).map((listed) => ({ ...(until === undefined ? {} : { until }), ...listed }));
  const client = await context.client({ signs: true });
  const transactions: TransactionSummary[] = [];
  for (const batch of inBatches(readers, READERS_PER_TRANSACTION)) {
    transactions.push(await client.grantMany(document, batch, { signal }));
    terminal.progress(
      `${Math.min(transactions.length * READERS_PER_TRANSACTION, readers.length)} of ${readers.length} readers are granted`,
    );
  }
  terminal.print(`${readers.length} readers may read ${document}. Keepers serve them when the grants' blocks are final.`);
  return { document, readers: readers.map(({ reader }) => reader), transactions };
};

const signOne = async (
  client: KeyquorumClient,
  options: {
    readonly document: DocumentId;
    readonly reader: ReturnType<typeof parseAddress>;
    readonly until: Date | undefined;
    readonly deadline: string | undefined;
    readonly salt: string | undefined;
    readonly sign: string;
  },
  { terminal, signal }: TaskContext,
): Promise<unknown> => {
  const { document, reader, until, sign } = options;
  await checkFileTarget(sign, { replace: true }); // before the wallet is asked
  const signed = await client.signGrant(document, reader, {
    signal,
    ...(until === undefined ? {} : { until }),
    ...(options.deadline === undefined ? {} : { deadline: parseUntil(options.deadline, new Date(), "--deadline") }),
    ...(options.salt === undefined ? {} : { salt: parseArgument("--salt", options.salt, parseHash32) }),
  });
  await writeAtomically(sign, new TextEncoder().encode(`${toJson(signed)}\n`), { replace: true });
  terminal.print(
    `Wrote ${sign}. Anyone can submit it, to permit ${checksumAddress(reader)} to read: npx hardhat keyquorum access submit ${sign}`,
  );
  return { file: sign, ...signed };
};
