import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { type Point, pointFromXY } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { type Address, parseAddress } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";

type Options = { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts };

/** A number as a topic of an event. */
const topicOf = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

const isBefore = (a: MirroredLog, b: MirroredLog): boolean =>
  a.blockNumber === b.blockNumber ? a.logIndex < b.logIndex : a.blockNumber < b.blockNumber;

/** What a proposal fixed of a candidate, whatever the registry says later. PROTOCOL section 6.2. Public. */
export type Candidate = { readonly operator: Address; readonly identityKey: Point };

/** The registry shows it only of open epochs, so it is taken from the mirrored logs. Undefined while the proposal is not mirrored. */
export const candidateOf = async (
  { vault, contracts }: Options,
  { epoch, slot }: { readonly epoch: number; readonly slot: number },
): Promise<Candidate | undefined> => {
  const { deployment, addresses } = contracts;
  const find = (name: "EpochProposed" | "KeeperAdded" | "KeeperOperatorChanged" | "KeeperIdentityChanged", subject: number) =>
    vault.logs.find({ address: addresses.keeperRegistry, topic0: eventTopic(name), topic1: topicOf(subject) });
  const [proposals, added, operators, identities] = await Promise.all([
    find("EpochProposed", epoch),
    find("KeeperAdded", slot),
    find("KeeperOperatorChanged", slot),
    find("KeeperIdentityChanged", slot),
  ]);
  const proposal = proposals.at(-1);
  if (proposal === undefined) return undefined;
  const lastOf = (logs: readonly MirroredLog[]): MirroredLog | undefined => logs.filter((log) => isBefore(log, proposal)).at(-1);
  const [operatorLog, identityLog] = [lastOf([...added, ...operators]), lastOf([...added, ...identities])];
  if (operatorLog === undefined || identityLog === undefined) return undefined;
  const named =
    parseContractLogOf(deployment, operatorLog, "KeeperOperatorChanged") ?? parseContractLogOf(deployment, operatorLog, "KeeperAdded");
  const keyed =
    parseContractLogOf(deployment, identityLog, "KeeperIdentityChanged") ?? parseContractLogOf(deployment, identityLog, "KeeperAdded");
  if (named === undefined || keyed === undefined) return undefined;
  const { x, y } = keyed.args.identityKey;
  return { operator: parseAddress(named.args.operator), identityKey: pointFromXY(x, y) };
};
