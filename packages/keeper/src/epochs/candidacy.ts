import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { type Address, parseAddress } from "@keyquorum/wire";
import type { ServedContracts } from "../deployment.ts";

type Options = { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts };

/** A number as a topic of an event. */
const topicOf = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

const isBefore = (a: MirroredLog, b: MirroredLog): boolean =>
  a.blockNumber === b.blockNumber ? a.logIndex < b.logIndex : a.blockNumber < b.blockNumber;

/**
 * The account that operates a slot in an epoch: fixed when the epoch was proposed, whatever the registry says later. PROTOCOL section 6.2.
 * The registry shows it only of open epochs, so it is taken from the mirrored logs. Undefined while the proposal is not mirrored.
 */
export const candidateOperatorOf = async (
  { vault, contracts }: Options,
  { epoch, slot }: { readonly epoch: number; readonly slot: number },
): Promise<Address | undefined> => {
  const address = contracts.addresses.keeperRegistry;
  const find = (name: "EpochProposed" | "KeeperAdded" | "KeeperOperatorChanged", subject: number) =>
    vault.logs.find({ address, topic0: eventTopic(name), topic1: topicOf(subject) });
  const [proposals, added, changed] = await Promise.all([
    find("EpochProposed", epoch),
    find("KeeperAdded", slot),
    find("KeeperOperatorChanged", slot),
  ]);
  const proposal = proposals.at(-1);
  if (proposal === undefined) return undefined;
  const last = [...added, ...changed].filter((log) => isBefore(log, proposal)).at(-1);
  if (last === undefined) return undefined;
  const { deployment } = contracts;
  const event = parseContractLogOf(deployment, last, "KeeperOperatorChanged") ?? parseContractLogOf(deployment, last, "KeeperAdded");
  return event === undefined ? undefined : parseAddress(event.args.operator);
};
