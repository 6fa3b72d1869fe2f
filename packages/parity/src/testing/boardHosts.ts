import type { PeerAnswerer, PeerTransport } from "@keyquorum/keeper";
import type { ServerKeyMember } from "@keyquorum/protocol";
import { SecretScalar } from "@keyquorum/threshold";
import { type Address, bytesToHex, ZERO_HASH } from "@keyquorum/wire";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import type { MayGenerate } from "../board/boardMembers.ts";
import type { MemberLimits } from "../board/memberQuota.ts";
import { createServerKeyBoard, type ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { recoverRequester, signRaw } from "../formats/rawSignature.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";

export const ALICE = SecretScalar.from(0xa11cen);

/** Milliseconds. No keeper here is slow but because the machine is busy; who is away fails at once. */
const PATIENCE = 60_000;

/** Keepers that generate server keys, each with a real vault. Tests only. */
export type BoardHosts = ExtensionHosts & {
  readonly boardOf: (slot: number) => ServerKeyBoard;
  /** Starts the keeper at a slot again, over the same vault. */
  readonly restart: (slot: number) => Promise<void>;
  /** What others get of a keeper from now on. */
  readonly answer: (slot: number, change: (answerers: readonly PeerAnswerer[]) => readonly PeerAnswerer[] | undefined) => void;
  /** Alice's, through a keeper: the key in hex, or the kind of the error. */
  readonly generate: (slot: number, id: Uint8Array, threshold: number, author?: Address) => Promise<string>;
  /** Every keeper's, in hex; "none": it has no record. */
  readonly keys: (id: Uint8Array) => Promise<readonly string[]>;
  /** Time passes, and every keeper does its round, until nothing is left to end. */
  readonly rounds: () => Promise<void>;
};

/** No session of the chain has a name of ours. */
export const withoutSessions = (hosts: ExtensionHosts): void => {
  const origin = { x: 0n, y: 0n };
  hosts.everywhere((chain) => {
    chain.answers["keyGeneration.statusOf"] = () => [0];
    chain.answers["keyGeneration.sessionOf"] = () => [
      [ZERO_HASH, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0n, 0n, 0n, 0n, 0n, origin, 0n, origin],
    ];
    chain.answers["keyResharing.statusOf"] = () => [0];
    chain.answers["keyResharing.qualOf"] = () => [0n];
    chain.answers["keyResharing.reshareOf"] = () => [[ZERO_HASH, 0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0n, 0n, 0n, 0n, 0n]];
  });
};

export const createBoardHosts = async (
  slots: readonly number[],
  options: {
    readonly network?: (inner: PeerTransport) => PeerTransport;
    readonly longestSleep?: number;
    readonly extensionQuota?: { readonly rows: number; readonly bytes: number };
    readonly mayGenerate?: MayGenerate;
    readonly limits?: (slot: number) => MemberLimits | undefined;
    readonly change?: (slot: number) => (member: ServerKeyMember) => ServerKeyMember;
  } = {},
): Promise<BoardHosts> => {
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots, options);
  withoutSessions(hosts);
  const boards = new Map<number, ServerKeyBoard>();
  const start = async (host: ExtensionHost): Promise<void> => {
    const change = options.change?.(host.slot);
    const board = await createServerKeyBoard({
      ...{ services: host.services, mayGenerate: options.mayGenerate ?? (async () => undefined), patience: PATIENCE },
      limits: options.limits?.(host.slot),
      ...(change === undefined ? {} : { change }),
    });
    boards.set(host.slot, board);
    host.answerers = board.answerers;
  };
  for (const host of hosts.hosts) await start(host);
  const boardOf = (slot: number) => boards.get(slot) as ServerKeyBoard; // true: tests ask for those they made
  return {
    ...hosts,
    boardOf,
    restart: async (slot) => {
      await hosts.at(slot).restart();
      await start(hosts.at(slot));
    },
    answer: (slot, change) => {
      hosts.at(slot).answerers = change(boardOf(slot).answerers);
    },
    generate: async (slot, id, threshold, author) => {
      const signature = signRaw(id, ALICE);
      const requester = recoverRequester(id, signature);
      if (requester === undefined) throw new Error("nobody signed");
      return boardOf(slot)
        .generate({ serverKeyId: id, author: author ?? requester.address, threshold, signature })
        .then(bytesToHex, (error: unknown) => {
          if (error instanceof KeyServerError) return error.kind;
          throw error;
        });
    },
    keys: (id) =>
      Promise.all(
        hosts.hosts.map(async ({ services }) => {
          const found = await createServerKeyRecords(services).use(id, ({ commitments }) => commitments[0]?.toHex(false).slice(2));
          return found === undefined ? "none" : `0x${found}`;
        }),
      ),
    rounds: async () => {
      for (let round = 0; round <= slots.length; round += 1) {
        hosts.everywhere((chain) => {
          chain.head += 40;
        });
        for (const slot of slots) await boardOf(slot).eachRound();
      }
    },
  };
};
