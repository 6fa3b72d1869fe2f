import type { PeerTransport, Withheld } from "@keyquorum/keeper";
import { KeyquorumError } from "@keyquorum/wire";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts, HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createServerKeyBoard, type ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { createMoves, type Moves } from "../epochs/createMoves.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createServerKeyRecords, type ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createDocumentKeys, type DocumentKeys } from "../retrieval/documentKeys.ts";
import { withoutSessions } from "./boardHosts.ts";
import { ACL } from "./keyHolders.ts";
import type { Kills } from "./kills.ts";

export const LATER_EPOCH = HOSTS_EPOCH + 1;
const PATIENCE = 60_000;

type Keeper = { readonly board: ServerKeyBoard; readonly moves: Moves; readonly records: ServerKeyRecords; readonly keys: DocumentKeys };

/** Keepers of two epochs, each with a real vault; a later epoch opens when a test says so. Tests only. */
export type MoveHosts = ExtensionHosts & {
  readonly at2: (slot: number) => Keeper;
  readonly open: (epoch: number) => void;
  /** Why a keeper's operator withholds shares. */
  readonly withheld: Map<number, Withheld>;
  /** Keepers whose own rules let nobody generate. */
  readonly strict: Set<number>;
  /** Time passes, and every keeper that is there does its round. */
  readonly rounds: (count?: number, seconds?: number) => Promise<void>;
  readonly away: Set<number>;
  readonly restart: (slot: number) => Promise<void>;
};

export const createMoveHosts = async (
  epochs: Readonly<Record<number, readonly number[]>>,
  options: {
    readonly network?: (inner: PeerTransport) => PeerTransport;
    readonly eraseDelay?: number;
    /** Can kill a keeper in the middle of its work. */
    readonly kills?: Kills;
  } = {},
): Promise<MoveHosts> => {
  const slots = [...new Set(Object.values(epochs).flat())].toSorted((a, b) => a - b);
  const { kills: _, eraseDelay: __, ...hostOptions } = options;
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots, hostOptions);
  withoutSessions(hosts);
  const withheld = new Map<number, Withheld>();
  const away = new Set<number>();
  const strict = new Set<number>();
  let open = HOSTS_EPOCH;
  hosts.everywhere((chain) => {
    const all = chain.answers["keeperRegistry.committeeOf"];
    chain.answers["keeperRegistry.committeeOf"] = ([epoch], block) => {
      const rows = (all?.([HOSTS_EPOCH], block) as readonly [readonly (readonly [number])[]] | undefined)?.[0] ?? [];
      return [Number(epoch) > open ? [] : rows.filter(([slot]) => epochs[Number(epoch)]?.includes(slot))];
    };
    chain.answers["keeperRegistry.currentEpoch"] = () => [open];
    chain.answers["shareRequests.decide"] = () => [1];
  });
  const keepers = new Map<number, Keeper>();
  const start = async (host: ExtensionHost): Promise<void> => {
    host.services = {
      ...host.services,
      epochs: {
        withheldFrom: async () => withheld.get(host.slot),
        eraseDelayMilliseconds: async () => options.eraseDelay ?? 3_600_000,
      },
    };
    host.services = options.kills?.servicesOf(host.slot, host.services) ?? host.services;
    const { services } = host;
    const records = createServerKeyRecords(services);
    const { board, moves } = await createMoves(services, records, (moved) =>
      createServerKeyBoard({
        ...{ services, patience: PATIENCE, moves: moved },
        mayGenerate: async () => {
          if (strict.has(host.slot)) throw new KeyquorumError("ACCESS_DENIED", "not here");
        },
      }),
    );
    const keys = createDocumentKeys({ services, records, acl: ACL, report: { named: () => undefined } });
    keepers.set(host.slot, { board, moves, records, keys });
    const answerers = [...board.answerers, ...moves.answerers, ...keys.answerers];
    host.answerers = options.kills?.answerersOf(host.slot, answerers) ?? answerers;
  };
  for (const host of hosts.hosts) {
    const secret = await host.temp.vault.epochSecrets.load(HOSTS_EPOCH);
    for (const epoch of Object.keys(epochs).map(Number))
      if (epoch !== HOSTS_EPOCH && secret !== undefined) await host.temp.vault.epochSecrets.save(epoch, Uint8Array.from(secret));
    await start(host);
  }
  const at2 = (slot: number): Keeper => keepers.get(slot) as Keeper; // true: tests ask for those they made
  return {
    ...{ ...hosts, at2, withheld, away, strict },
    open: (epoch) => {
      open = epoch;
      hosts.everywhere((chain) => {
        chain.head += 3;
      });
    },
    restart: async (slot) => {
      await hosts.at(slot).restart();
      await start(hosts.at(slot));
    },
    rounds: async (count = 6, seconds = 40) => {
      for (let round = 0; round < count; round += 1) {
        hosts.everywhere((chain) => {
          chain.head += seconds;
        });
        for (const { slot } of hosts.hosts) {
          if (away.has(slot)) continue;
          await at2(slot).board.eachRound();
          await at2(slot).moves.eachRound();
        }
      }
    },
  };
};
