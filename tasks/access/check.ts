import { DECISIONS, nameOfState } from "@keyquorum/bindings";
import { checksumAddress, parseAddress, parseDocumentId, parseHash32, ZERO_HASH } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

type Arguments = CommonArguments & { readonly document: string; readonly user: string; readonly context: string | undefined };

const SENTENCES: Readonly<Record<(typeof DECISIONS)[number], string>> = {
  Permitted: "may read it now",
  Denied: "may not read it",
  UnknownVersion: "can read nothing: the document has no version",
  WithdrawnVersion: "can read nothing: the version is withdrawn",
};

/** Checks, with the same question that keepers ask, whether an account may read a document now. */
export default command<Arguments>(async (args, context) => {
  const document = parseArgument("document", args.document, parseDocumentId);
  const user = parseArgument("user", args.user, parseAddress);
  const contextHash = args.context === undefined ? ZERO_HASH : parseArgument("--context", args.context, parseHash32);
  const { documentRegistry, accessGrants, shareRequests } = await context.contracts();
  const version = await documentRegistry.currentVersionOf(document);
  const headerHash = await documentRegistry.headerHashOf(document, version);
  const isPublished = version !== 0n;
  const permissions = isPublished ? await documentRegistry.permissionsOf(document) : await accessGrants.getAddress();
  const decision = nameOfState(DECISIONS, await shareRequests.decide(document, headerHash, permissions, user, contextHash));
  context.terminal.print(
    `${checksumAddress(user)} ${SENTENCES[decision]}: ${permissions} was asked${isPublished ? "" : " (the document is not published)"}.`,
  );
  return { document, user, permitted: decision === "Permitted", decision, permissions, version: Number(version) };
});
