/** A record that is not what was written: changed, exchanged, or gone. Public. `table` and `id` name it; of a secret, `kind` says which. */
export type Damage = { readonly table: string; readonly kind?: string; readonly id: string };

/** What is known to be damaged. In memory: opening the vault and scrubbing it find it again. */
export type DamageBook = {
  readonly note: (damage: Damage) => void;
  /** It was written again, erased, or found to be intact. */
  readonly forget: (damage: Damage) => void;
  readonly has: (damage: Damage) => boolean;
  readonly all: () => readonly Damage[];
  /** Called when every record was looked at: what was not noted since the last call is there no more. */
  readonly endRound: () => void;
};

const nameOf = ({ table, kind = "", id }: Damage): string => JSON.stringify([table, kind, id]);

export const createDamageBook = (): DamageBook => {
  const known = new Map<string, { readonly damage: Damage; readonly round: number }>();
  let round = 0;
  return {
    note: (damage) => void known.set(nameOf(damage), { damage, round }),
    forget: (damage) => void known.delete(nameOf(damage)),
    has: (damage) => known.has(nameOf(damage)),
    all: () => [...known.values()].map(({ damage }) => damage),
    endRound: () => {
      for (const [name, noted] of known) if (noted.round < round) known.delete(name);
      round += 1;
    },
  };
};

/** Whose share a damaged record is of; undefined: it is of none. */
export const shareOfDamage = ({ table, kind, id }: Damage): { readonly keyId: string; readonly epoch: number } | undefined => {
  if (table !== "key_share" && kind !== "key_share") return undefined;
  const [keyId = "", epoch] = id.split("/");
  return { keyId, epoch: Number(epoch) };
};
