import type { OwnStores, OwnTable } from "@keyquorum/keeper";
import type { Static } from "@keyquorum/wire";
import { bytesToHex, type Hash32, type Hex, hexToBytes } from "@keyquorum/wire";
import type { PublishBody } from "./publishMessage.ts";
import { PARTS_TABLE } from "./requestRows.ts";
import type { PersonalPart } from "./serviceCalls.ts";

/** What this keeper posts of one reading, written down before it is said or posted: it posts no other one beside it. Public. */
export type StagedPart = PersonalPart & {
  /** Of the request: another one of its name has another. */
  readonly instance: string;
  /** Digest of what the holders were asked. */
  readonly digest: Hash32;
  /** When it was staged, by this keeper's clock. */
  readonly at: number;
  /** Which of this keeper's sets for the request it is, from 1. */
  readonly sets: number;
  /** As it was shown, to show it to the other holders; none where it is too long to be kept. */
  readonly shown?: Static<typeof PublishBody>;
};

/** A sealed row has 65,536 bytes at most. */
const MOST_SHOWN_BYTES = 60_000;

type Text = {
  readonly instance: string;
  readonly digest: Hash32;
  readonly at: number;
  readonly sets: number;
  readonly participants: string;
  readonly decryptedSecret: Hex;
  readonly shadow: Hex;
  readonly shown?: Static<typeof PublishBody>;
};

/** @param name of the request */
export const putPart = async (tx: Pick<OwnStores, "table">, name: string, { shown, ...part }: StagedPart): Promise<void> => {
  const text: Text = {
    ...part,
    ...{ participants: part.participants.toString(), decryptedSecret: bytesToHex(part.decryptedSecret), shadow: bytesToHex(part.shadow) },
    ...(shown === undefined || JSON.stringify(shown).length > MOST_SHOWN_BYTES ? {} : { shown }),
  };
  await tx.table(PARTS_TABLE).put(name, new TextEncoder().encode(JSON.stringify(text)));
};

/** @param name of the request @param instance of the one that waits */
export const findPart = async (
  tables: { readonly table: (name: string) => OwnTable },
  name: string,
  instance: string,
): Promise<StagedPart | undefined> => {
  const bytes = await tables.table(PARTS_TABLE).get(name);
  if (bytes === undefined) return undefined;
  const text = JSON.parse(new TextDecoder().decode(bytes)) as Text; // true: sealed by this keeper
  if (text.instance !== instance) return undefined;
  return {
    ...text,
    ...{ participants: BigInt(text.participants), decryptedSecret: hexToBytes(text.decryptedSecret), shadow: hexToBytes(text.shadow) },
  };
};
