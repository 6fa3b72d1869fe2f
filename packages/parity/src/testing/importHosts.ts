import type { PeerAnswerer } from "@keyquorum/keeper";
import { hexToBytes } from "@keyquorum/wire";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import { createServerKeyBoard, type ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createImporting, type Importing } from "../importing/importing.ts";
import type { ImportOptions } from "../importing/importOptions.ts";
import { createImportSource, type ImportSource } from "../importing/importSource.ts";
import { createOldShareRows, type OldShareRows } from "../importing/oldShareRows.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { withoutSessions } from "./boardHosts.ts";

/** Milliseconds. No keeper here is slow but because the machine is busy. */
const PATIENCE = 60_000;

/** Keepers that import old keys, each with a real vault. Tests only. */
export type ImportHosts = ExtensionHosts & {
  readonly boardOf: (slot: number) => ServerKeyBoard;
  readonly importingOf: (slot: number) => Importing;
  readonly rowsOf: (slot: number) => OldShareRows;
  readonly restart: (slot: number) => Promise<void>;
  readonly answer: (slot: number, change: (answerers: readonly PeerAnswerer[]) => readonly PeerAnswerer[] | undefined) => void;
  /** Time passes, and every keeper does its rounds. */
  readonly rounds: () => Promise<void>;
};

export const createImportHosts = async (
  slots: readonly number[],
  optionsOf: (slot: number) => ImportOptions | undefined,
  {
    mayHold = () => undefined,
    change = () => (source) => source,
    ...limits
  }: {
    readonly extensionQuota?: { readonly rows: number; readonly bytes: number };
    readonly mayHold?: (threshold: number) => void;
    /** Keepers that lie. */
    readonly change?: (slot: number) => (source: ImportSource) => ImportSource;
  } = {},
): Promise<ImportHosts> => {
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots, limits);
  withoutSessions(hosts);
  const boards = new Map<number, ServerKeyBoard>();
  const importings = new Map<number, Importing>();
  const rows = new Map<number, OldShareRows>();
  const start = async (host: ExtensionHost): Promise<void> => {
    const { services, slot } = host;
    const options = optionsOf(slot);
    const own = createOldShareRows(services);
    const records = createServerKeyRecords(services);
    const source = change(slot)(
      createImportSource(services, {
        rows: own,
        options,
        hasKey: async (id) => (await records.epochsOf(hexToBytes(id, 32))).length > 0,
        mayHold,
      }),
    );
    const board = await createServerKeyBoard({ services, mayGenerate: async () => undefined, patience: PATIENCE, imports: source });
    const importing = createImporting(services, {
      ...{ source, options, present: board.present, rowOf: board.member.rowOf, importKey: board.importKey },
    });
    boards.set(slot, board);
    importings.set(slot, importing);
    rows.set(slot, own);
    host.answerers = [...board.answerers, ...importing.answerers];
  };
  for (const host of hosts.hosts) await start(host);
  // True: tests ask for those they made.
  const boardOf = (slot: number) => boards.get(slot) as ServerKeyBoard;
  const importingOf = (slot: number) => importings.get(slot) as Importing;
  return {
    ...{ ...hosts, boardOf, importingOf, rowsOf: (slot) => rows.get(slot) as OldShareRows },
    restart: async (slot) => {
      await hosts.at(slot).restart();
      await start(hosts.at(slot));
    },
    answer: (slot, change) => {
      hosts.at(slot).answerers = change([...boardOf(slot).answerers, ...importingOf(slot).answerers]);
    },
    rounds: async () => {
      for (let round = 0; round <= slots.length; round += 1) {
        hosts.everywhere((chain) => {
          chain.head += 700;
        });
        for (const slot of slots) {
          await boardOf(slot).eachRound();
          await importingOf(slot).run();
        }
      }
    },
  };
};
