import { parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { inBatches } from "./batches.ts";
import { bookAddress, connectBook } from "./book.ts";
import { type GrantArguments, grantsIn, sendGrants } from "./grantArguments.ts";
import { moduleHashOf } from "./moduleHash.ts";
import { ownSecrets } from "./ownSecrets.ts";
import { publishValue } from "./publishValue.ts";
import { readValue, type ValueArguments } from "./readValue.ts";
import { makePrivateName, ownAddress, secretOf } from "./secretOf.ts";

type Arguments = CommonArguments &
  GrantArguments &
  ValueArguments & {
    readonly name: string | undefined;
    readonly key: string | undefined;
    readonly grants: string | undefined;
    readonly privateName: string | undefined;
    readonly grantModule: string | undefined;
    readonly revokeModule: string | undefined;
  };

/** Keeps a value under a name, and says who may have it for which module; or moves all secrets of a module to its next build. */
export default command<Arguments>(async (args, context) => {
  const { name, grantModule, revokeModule } = args;
  if (grantModule !== undefined || revokeModule !== undefined) {
    if (grantModule === undefined || revokeModule === undefined || name !== undefined)
      throw new UsageError("To move secrets to the next build, give both --grant-module NEW and --revoke-module OLD, and no name.");
    return moveToNext(context, { grants: args.grants, from: revokeModule, to: grantModule });
  }
  if (name === undefined) throw new UsageError("Name the secret: secret put NAME.");
  const grants = await grantsIn(args, context);
  const keyId = args.key === undefined ? undefined : parseArgument("--key", args.key, parseKeyId);
  const value = await readValue(args);
  await makePrivateName({ ...args, name });
  const secret = await secretOf({ name, privateName: args.privateName }, context);
  const { published, book } = await publishValue(context, secret, {
    ...{ value, keyId, isNamePrivate: args.privateName !== undefined },
    grants: args.grants,
  });
  if (grants.length > 0) await sendGrants(context, { book, documents: [secret.document], grants });
  else if (published.version === 1)
    context.terminal.print(`Next: npx hardhat keyquorum secret grant ${name} --module FILE --runner ADDRESS`);
  return { name, ...published, grants };
});

const moveToNext = async (
  context: TaskContext,
  { grants, from, to }: { readonly grants: string | undefined; readonly from: string; readonly to: string },
): Promise<unknown> => {
  const { signer } = await context.signing();
  const book = await connectBook(await bookAddress(context, grants), signer);
  const [before, next] = [
    await moduleHashOf("--revoke-module", from, context.blobs, context.signal),
    await moduleHashOf("--grant-module", to, context.blobs, context.signal),
  ];
  const now = BigInt(Math.floor(Date.now() / 1000));
  const moved = (await ownSecrets(context, book, await ownAddress(context))).filter(({ grants: given }) =>
    given.some(({ module, until }) => module === before && until > now),
  );
  if (moved.length === 0) throw new UsageError(`No secret of this account is granted for module ${before}.`);
  const batches = inBatches(moved, ({ grants: given }) => ({
    all: given.length,
    changed: given.filter(({ module }) => module === before).length,
  }));
  for (const [index, batch] of batches.entries()) {
    if (batches.length > 1) context.terminal.progress(`Part ${index + 1} of ${batches.length}; the same command continues after a failure`);
    await context.transact(
      book.moveToModule(
        batch.map(({ summary }) => summary.document),
        before,
        next,
      ),
    );
    for (const { name, summary } of batch)
      context.terminal.print(`${name ?? summary.document} is the next build's; the former one has it no more.`);
  }
  return { from: before, to: next, secrets: moved.map(({ name, summary }) => ({ name: name ?? null, document: summary.document })) };
};
