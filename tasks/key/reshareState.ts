import type { ReshareInfo } from "@keyquorum/client";
import { counted, type Names } from "../slots.ts";

/** Why a keeper is named when a reshare fails. */
export type ReshareCulprit = {
  readonly slot: number;
  readonly name: string;
  readonly fault: "did not deal" | "dealt a wrong share" | "did not confirm its share" | "was removed";
};

/** Who is to do what a session waits for, and has not. */
export const stragglersOf = ({ status, dealers, dealt, members, ready }: ReshareInfo): readonly number[] => {
  if (status === "Dealing") return dealers.filter((slot) => !dealt.includes(slot));
  if (status === "AwaitingReady") return members.filter((slot) => !ready.includes(slot));
  return [];
};

/** What happens in a session right now, in a line. */
export const describeReshare = (state: ReshareInfo, names: Names): string => {
  const { status, dealers, dealt, disqualified, quorum, ready, readyNeeded, epoch, failure } = state;
  const stragglers = stragglersOf(state);
  const waiting = stragglers.length === 0 ? "" : `, waiting for ${names.list(stragglers)}`;
  switch (status) {
    case "Dealing":
      return `Dealing: ${dealt.length} of ${dealers.length} old keepers have dealt, ${quorum} are needed${waiting}`;
    case "Disputing":
      return `Disputing: the new keepers check their shares; ${counted(disqualified.length, "dealer")} disqualified`;
    case "AwaitingReady":
      return `Confirming: ${ready.length} of ${readyNeeded} new keepers needed hold their share durably${waiting}`;
    case "Active":
      return `Active in epoch ${epoch}`;
    case "Overdue":
      return "Overdue: it can no longer succeed; anyone may call `fail` to record it";
    case "Failed":
      return `Failed: ${FAILURES[failure]}; nothing has changed`;
    case "Unknown":
      return "No session";
  }
};

const FAILURES: Readonly<Record<ReshareInfo["failure"], string>> = {
  None: "it is not said why",
  TooFewDealers: "too few old keepers dealt rightly",
  NotReady: "too few new keepers confirmed in time",
  MemberRemoved: "a new keeper was removed meanwhile, and no share goes to a removed keeper",
};

/** Who is to blame for a session that failed. */
export const culpritsOf = (
  { failure, dealers, dealt, disqualified, members, ready }: ReshareInfo,
  names: Names,
): readonly ReshareCulprit[] => {
  const blame = (slots: readonly number[], fault: ReshareCulprit["fault"]): readonly ReshareCulprit[] =>
    slots.map((slot) => ({ slot, name: names.bare(slot), fault }));
  const absent = dealers.filter((slot) => !dealt.includes(slot));
  const unready = members.filter((slot) => !ready.includes(slot));
  const dealing = failure === "TooFewDealers" ? blame(absent, "did not deal") : [];
  const gone = failure === "MemberRemoved" ? members.filter((slot) => !names.staying.includes(slot)) : [];
  return [
    ...blame(gone, "was removed"),
    ...dealing,
    ...blame(disqualified, "dealt a wrong share"),
    ...(failure === "NotReady" ? blame(unready, "did not confirm its share") : []),
  ];
};
