import { plain } from "@keyquorum/bindings";
import { checksumAddress, slotsOf } from "@keyquorum/wire";
import { command } from "../command.ts";
import { formatPrice } from "../fees/formatPrice.ts";
import type { CommonArguments } from "../options.ts";
import { parseRequestArgument } from "./requestArgument.ts";

const STATUS = {
  verified: ["Unknown", "Pending", "Served", "Expired"],
  optimistic: ["Unknown", "Pending", "Disputable", "Served", "Expired"],
} as const;

/** Shows a request on chain: what it asked for, who has answered, what it paid. */
export default command<CommonArguments & { readonly request: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const requestId = parseRequestArgument(args.request);
  const client = await context.client({ signs: false });
  const found = await client.onChainRequest(requestId, { signal });
  const { contract, statement, place, deadline } = found;
  const contracts = await context.contracts();
  const { mode } = contract;
  const [record, status] =
    mode === "verified"
      ? await Promise.all([contracts.shareRequests.requestOf(requestId), contracts.shareRequests.statusOf(requestId)])
      : await Promise.all([contracts.optimisticRequests.requestOf(requestId), contracts.optimisticRequests.statusOf(requestId)]);
  const recorded = plain(record);
  const disproved = "disproved" in recorded ? slotsOf(recorded.disproved) : [];
  const shown = {
    requestId,
    mode,
    status: STATUS[mode][Number(status)] ?? "Unknown",
    requester: statement.requester,
    document: statement.document,
    headerHash: statement.headerHash,
    contextHash: statement.contextHash,
    keyId: found.keyId,
    epoch: found.epoch,
    deadline: new Date(Number(deadline) * 1000).toISOString(),
    quorum: Number(recorded.quorum),
    answered: slotsOf(recorded.answered),
    disproved,
    feePerAnswer: recorded.fee,
    transaction: place.transaction,
    block: place.blockNumber,
  };
  terminal.facts([
    ["Status", `${shown.status} (${mode} mode)`],
    ["Who", checksumAddress(shown.requester)],
    ["Document", shown.document],
    ["Header", shown.headerHash],
    ["Key", `${shown.keyId}, epoch ${shown.epoch}`],
    ["Deadline", shown.deadline],
    ["Answered", `slots ${shown.answered.join(", ") || "none"}; ${shown.quorum} are needed`],
    ...(disproved.length === 0 ? [] : ([["Disproved", `slots ${disproved.join(", ")}`]] as const)),
    ["Fee", `${formatPrice(shown.feePerAnswer)} an answer`],
    ["Transaction", `${shown.transaction}, block ${shown.block}`],
  ]);
  return shown;
});
