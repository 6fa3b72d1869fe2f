import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { bookAddress, connectBook } from "../secret/book.ts";
import { moduleHashOf } from "../secret/moduleHash.ts";
import { ownSecrets } from "../secret/ownSecrets.ts";
import { ownAddress } from "../secret/secretOf.ts";

type Arguments = CommonArguments & { readonly from: string; readonly to: string; readonly grants: string | undefined };

/** Which of the account's secrets a new build would not have: what runs for the former one and not for the next. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const [from, to] = [
    await moduleHashOf("from", args.from, context.blobs, signal),
    await moduleHashOf("to", args.to, context.blobs, signal),
  ];
  const book = await connectBook(await bookAddress(context, args.grants), (await context.connection()).provider);
  const now = BigInt(Math.floor(Date.now() / 1000));
  const lost = (await ownSecrets(context, book, await ownAddress(context))).flatMap(({ name, summary, grants }) => {
    const runnersOf = (hash: string) => grants.filter(({ module, until }) => module === hash && until > now).map(({ runner }) => runner);
    const has = new Set(runnersOf(to));
    const runners = runnersOf(from).filter((runner) => !has.has(runner));
    return runners.length === 0 ? [] : [{ name: name ?? null, document: summary.document, runners }];
  });
  if (from === to) terminal.print("Both are the same module.");
  else if (lost.length === 0) terminal.print("The next build has every secret that the former one has.");
  else {
    terminal.table(
      ["SECRET", "RUNNER"],
      lost.flatMap(({ name, document, runners }) => runners.map((runner) => [name ?? document, runner])),
    );
    terminal.print(
      `The next build would not have them. Next: npx hardhat keyquorum secret put --grant-module ${to} --revoke-module ${from}`,
    );
  }
  return { from, to, lost };
});
