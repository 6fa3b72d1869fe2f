import { eventTopic, nameOfState, parseContractLogOf, SIGNING_STATUSES } from "@keyquorum/bindings";
import { searchEvents } from "@keyquorum/client/node";
import { checksumAddress, kindOfNumber, parseAddress, parseHash32 } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { searchOptions } from "../scanProgress.ts";

/** Shows a signing request on chain, and the signature that was posted. */
export default command<CommonArguments & { readonly request: string }>(async (args, context) => {
  const requestId = parseArgument("request", args.request, parseHash32);
  const { signingRequests } = await context.contracts();
  const deployment = await context.deployment();
  const { provider } = await context.connection();
  const status = nameOfState(SIGNING_STATUSES, await signingRequests.statusOf(requestId));
  const find = async (name: "SigningRequested" | "Signed") => {
    const query = { address: await signingRequests.getAddress(), topics: [eventTopic(name), requestId], fromBlock: deployment.block };
    for await (const log of searchEvents(provider, query, searchOptions(context))) return log;
    return undefined;
  };
  const asked = await find("SigningRequested");
  const event = asked && parseContractLogOf(deployment, asked, "SigningRequested", "signingRequests");
  const posted = status === "Signed" ? await find("Signed") : undefined;
  const signed = posted && parseContractLogOf(deployment, posted, "Signed", "signingRequests");
  const shown = {
    ...{ requestId, status },
    ...(event === undefined
      ? {}
      : {
          keyId: event.args.keyId,
          derivation: event.args.statement.derivation,
          kind: kindOfNumber(event.args.statement.kind),
          requester: event.args.requester,
          digest: event.args.digest,
          signer: event.args.signer,
          deadline: new Date(Number(event.args.deadline) * 1000).toISOString(),
          transaction: asked?.transactionHash,
        }),
    ...(signed === undefined ? {} : { signature: signed.args.signature }),
  };
  context.terminal.facts([
    ["Status", status === "Expired" ? "Expired: not posted in time; a signature may exist" : status],
    ...(shown.keyId === undefined
      ? []
      : ([
          ["Key", shown.keyId],
          ["Kind", shown.kind ?? ""],
          ["Who", checksumAddress(parseAddress(shown.requester))],
          ["Signer", checksumAddress(parseAddress(shown.signer))],
          ["Digest", shown.digest ?? ""],
          ["Deadline", shown.deadline ?? ""],
        ] as const)),
    ...(shown.signature === undefined ? [] : ([["Signature", shown.signature]] as const)),
  ]);
  return shown;
});
