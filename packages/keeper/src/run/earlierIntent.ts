import type { SenderRecord } from "@keyquorum/chain";

const SESSION = /^(reshare:)?(deal|complain|finalize|ready|fail):(.+)$/;
const OTHER = /^(answer|challenge|repair|epochKey):(.+)$/;

/** Kind and subject of a transaction: as they were kept with it, or, where it is of a version that kept none, as its id says. */
export const intentOf = ({
  id,
  kind,
  subject,
}: Pick<SenderRecord, "id" | "kind" | "subject">): { readonly kind: string; readonly subject: string } => {
  if (kind !== undefined && subject !== undefined) return { kind, subject };
  const [, reshare, step, sid] = SESSION.exec(id) ?? [];
  if (step !== undefined && sid !== undefined)
    return { kind: reshare === undefined ? step : `reshare${step[0]?.toUpperCase()}${step.slice(1)}`, subject: sid };
  const [, named = "", about = ""] = OTHER.exec(id) ?? [];
  return { kind: named, subject: about };
};
