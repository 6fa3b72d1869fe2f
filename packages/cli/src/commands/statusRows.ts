import type { EpochStatusReport, KeeperStatus, ReshareReport } from "@keyquorum/keeper";

/** A line: its name, empty where it continues with the one before, and what it says. */
export type Row = readonly [string, string];

/** What may come, and how each active key stands. */
const epochRowsOf = ({ proposed, vetoed, dealsLater, keys }: EpochStatusReport): readonly Row[] => [
  ...(proposed === null ? [] : proposalRowsOf(proposed)),
  ...(vetoed === null ? [["Vetoes", "cannot be read: no share is dealt into any new epoch"] as const] : []),
  ...(vetoed !== null && vetoed.length > 0 ? [["Vetoed", `epochs ${vetoed.join(", ")}`] as const] : []),
  ...(dealsLater === null ? [] : [["Deals later", `into epoch ${dealsLater.epoch} from ${dealsLater.until} on`] as const]),
  ["Keys", keys.length === 0 ? "none" : String(keys.length)],
  ...keys.flatMap(keyRowsOf),
];

const proposalRowsOf = (proposed: NonNullable<EpochStatusReport["proposed"]>): readonly Row[] => {
  const { epoch, opensAt, candidates, joining, leaving, ownKeyPosted, vetoed } = proposed;
  const when = new Date(Number(opensAt) * 1000).toISOString();
  const changes = [
    ...(joining.length > 0 ? [`${slotsText(joining)} join`] : []),
    ...(leaving.length > 0 ? [`${slotsText(leaving)} leave`] : []),
  ];
  const own = ownKeyPosted ? "own key posted" : "own key not posted";
  return [
    ["Proposed", `epoch ${epoch}, may open at ${when}, ${slotsText(candidates)}, ${own}${vetoed ? ", VETOED" : ""}`],
    ["", changes.length === 0 ? "the same members as now" : changes.join("; ")],
  ];
};

const keyRowsOf = ({ keyId, epoch, share, quorumMargin, reshare }: EpochStatusReport["keys"][number]): readonly Row[] => [
  ["", `${keyId} epoch ${epoch}, own share ${share}, ${quorumMargin} members above the quorum`],
  ...(reshare === null ? [] : [["", `  ${reshareText(reshare)}`] as const]),
];

const reshareText = ({ epoch, status, readyMissing, stragglers, withheld }: ReshareReport): string =>
  [
    `reshare to epoch ${epoch}: ${status}`,
    ...(readyMissing > 0 ? [`${readyMissing} confirmations missing`] : []),
    ...(stragglers.length > 0 ? [`waiting for ${slotsText(stragglers)}`] : []),
    ...(withheld === null ? [] : [`this keeper does not deal: ${withheld}`]),
  ].join(", ");

const slotsText = (slots: readonly number[]): string => `slots ${slots.join(", ")}`;

/** How a keeper is, for a person. */
export const statusRows = (status: KeeperStatus): readonly Row[] => [
  ["URL", status.url],
  ["Ready", status.ready ? "yes" : `no: ${status.reasons.join(", ")}`],
  ["Operator", status.operator],
  ["Identity key", status.identityKey],
  ["Slot", status.slot === 0 ? "not registered" : String(status.slot)],
  ["Epoch", String(status.epoch)],
  ...epochRowsOf(status.epochs),
  ["Shares", status.keys.length === 0 ? "none" : String(status.keys.length)],
  ...status.keys.map(({ keyId, epoch, state }): Row => ["", `${keyId} epoch ${epoch} ${state}`]),
  ...status.repairs.map(({ keyId, epoch, state }): readonly [string, string] => ["Missing share", `${keyId} epoch ${epoch}: ${state}`]),
  ...(status.lostEpochs.length === 0 ? [] : [["Lost epochs", `${status.lostEpochs.join(", ")}: their identity key is lost`] as const]),
  ...(status.revokedEpochs.length === 0
    ? []
    : [["Revoked epochs", `${status.revokedEpochs.join(", ")}: their identity key was stolen, receipts by it count for nothing`] as const]),
  ...(status.operatorRevoked ? [["Operator", "revoked as stolen: this keeper sends nothing; operator replace"] as const] : []),
  ...(status.slot === 0 || status.operatorRegistered ? [] : [["Operator", "not the registered one: keepers set-operator"] as const]),
  [
    "Chain",
    `${status.chainId}, head ${status.head}, final ${status.final}, mirrored ${status.mirrored} (${status.head - status.mirrored} behind)`,
  ],
  ...(status.finalityBroken === null
    ? []
    : [
        [
          "Finality",
          `broken: block ${status.finalityBroken.final.number} was replaced, nothing is answered; keyquorum-keeper resume`,
        ] as const,
      ]),
  ...(status.mirroring === null || status.mirroring.next > status.mirroring.to
    ? []
    : [["Reading again", `block ${status.mirroring.next} of ${status.mirroring.to}, ${status.mirroring.late} logs found`] as const]),
  ["Balance", `${status.balanceWei} wei`],
  ...(status.curveBackend === "noble" ? [["Curve", "in JavaScript, slow: this Node refuses WebAssembly"] as const] : []),
  ["Fees earned", `${status.feeCreditWei === "" ? "0" : status.feeCreditWei} wei`],
];
