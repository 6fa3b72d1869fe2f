import type { OwnChain, OwnThings, Reporting } from "../run/foundations.ts";
import { type ActiveKeys, createActiveKeys } from "./activeKeys.ts";
import { type Committees, createCommittees } from "./committees.ts";
import { createHandOver, type HandOver } from "./handOver.ts";
import { createKeyBook, type KeyBook } from "./keyBook.ts";
import { createKeyMaterials, type KeyMaterials } from "./keyMaterials.ts";

/** Keys, who serves them in which epoch, and this keeper's shares of them: what every other story may ask. */
export type Shares = {
  readonly committees: Committees;
  readonly handOver: HandOver;
  readonly activeKeys: ActiveKeys;
  readonly keyBook: KeyBook;
  readonly materials: KeyMaterials;
};

export const createShares = (core: OwnThings & Reporting & OwnChain): Shares => {
  const committees = createCommittees(core);
  const handOver = createHandOver(core);
  const activeKeys = createActiveKeys(core);
  const keyBook = createKeyBook({ ...core, activeKeys, committees, handOver });
  const materials = createKeyMaterials({ ...core, mirroredFinal: core.seen.mirroredFinal });
  return { committees, handOver, activeKeys, keyBook, materials };
};
