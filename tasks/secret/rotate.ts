import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { bookOf } from "./book.ts";
import { publishValue } from "./publishValue.ts";
import { readValue, type ValueArguments } from "./readValue.ts";
import { type SecretArguments, secretOf } from "./secretOf.ts";

/** Puts a new value in the place of all former ones: a further version, and every earlier one withdrawn for good. Grants stay. */
export default command<CommonArguments & SecretArguments & ValueArguments>(async (args, context) => {
  const { terminal, signal } = context;
  const value = await readValue(args);
  const secret = await secretOf(args, context);
  await bookOf(context, secret.document); // it is there
  const options = { value, isNamePrivate: args.privateName !== undefined, grants: undefined };
  const { published } = await publishValue(context, secret, options);
  const client = await context.client({ signs: true });
  const former = (await client.versions(secret.document, { signal })).filter(
    ({ version, withdrawn }) => version < published.version && !withdrawn,
  );
  for (const { version } of former) {
    await client.withdraw(secret.document, version, { signal });
    terminal.progress(`Version ${version} is withdrawn`);
  }
  return { name: secret.name, ...published, withdrawn: former.map(({ version }) => version) };
});
