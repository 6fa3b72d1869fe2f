import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HttpRoute } from "@keyquorum/http";
import type { Address, BootId, Hex, KeyId } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import type { SeenBreak } from "../following/finalityGuard.ts";
import type { MirrorProgress } from "../following/readingAgain.ts";
import type { RepairStatus } from "../repairing/repairStatus.ts";
import { KeeperError } from "../run/errors.ts";
import type { EpochStatusReport } from "../sessions/epochStatus.ts";
import type { UnreadyReason } from "./readiness.ts";

/** How a running keeper is. Public; what it says of the chain is its own view. */
export type KeeperStatus = {
  readonly url: string;
  readonly ready: boolean;
  readonly reasons: readonly UnreadyReason[];
  readonly operator: Address;
  /** 33 bytes. */
  readonly identityKey: Hex;
  /** All that it holds, oldest first. */
  readonly identityKeys: readonly Hex[];
  /** Epochs in use that it cannot serve: their identity key is lost. */
  readonly lostEpochs: readonly number[];
  /** False after a change of operator that governance has not registered yet. */
  readonly operatorRegistered: boolean;
  /** Its account was revoked as stolen: it sends nothing. */
  readonly operatorRevoked: boolean;
  /** Epochs in use whose identity key of this keeper was revoked as stolen. */
  readonly revokedEpochs: readonly number[];
  /** 0: not registered. */
  readonly slot: number;
  readonly epoch: number;
  readonly keys: readonly { readonly keyId: KeyId; readonly epoch: number; readonly state: "pending" | "active" }[];
  /** The epochs, what may come, and every active key with its reshare. */
  readonly epochs: EpochStatusReport;
  /** Shares that are missing, and how far the repair of each is. */
  readonly repairs: readonly RepairStatus[];
  /** Left out where the deployment has no SigningRequests. `boot`: which of its lives this is. */
  readonly signing?: { readonly boot: BootId; readonly liveNonces: number };
  /** Decimal. */
  readonly chainId: string;
  /** Block numbers; 0 before the first look. */
  readonly head: number;
  readonly final: number;
  readonly mirrored: number;
  /** Set while another block stands where this keeper had a final one: it answers nothing until its operator accepts a chain. */
  readonly finalityBroken: SeenBreak | null;
  /** How far a reading of blocks again is that the operator asked for; null: none was asked for in this life. */
  readonly mirroring: MirrorProgress | null;
  /** Decimal; empty before the first look. */
  readonly balanceWei: string;
  /** Fees earned and not withdrawn. Decimal; empty before the first look. */
  readonly feeCreditWei: string;
  readonly pid: number;
  /** What it multiplies points with: "wasm", or "noble" where WebAssembly is refused. */
  readonly curveBackend: string;
  /** What extensions say of themselves, by name; left out where none is loaded. */
  readonly extensions?: Readonly<Record<string, object>>;
};

const STATUS_PATH = "/status";

/** GET /status: for the operator of this keeper. */
export const statusRoute =
  (describe: () => Promise<KeeperStatus>): HttpRoute =>
  (server) => {
    server.get(STATUS_PATH, async (_request, reply) => reply.send(await describe()));
  };

/** The file in the data directory that names a running keeper's URL: with port 0 it is found there. */
export const urlFileOf = ({ dataDirectory }: Pick<KeeperConfig, "dataDirectory">): string => join(dataDirectory, "keeper.url");

const TIMEOUT_MILLISECONDS = 5_000;

/** Asks the running keeper of a configuration how it is. Throws KeeperError KEEPER_NOT_RUNNING. */
export const readKeeperStatus = async (config: Pick<KeeperConfig, "dataDirectory" | "http">): Promise<KeeperStatus> => {
  const url = await urlOf(config);
  const notRunning = (cause?: unknown): KeeperError =>
    new KeeperError(
      "KEEPER_NOT_RUNNING",
      `The keeper is not running: it does not answer at ${url}. Start it with \`keyquorum-keeper run\`.`,
      { url },
      { cause },
    );
  try {
    const response = await fetch(`${url}${STATUS_PATH}`, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    if (!response.ok) throw notRunning();
    return (await response.json()) as KeeperStatus; // true: the operator's own keeper
  } catch (error) {
    throw error instanceof KeeperError ? error : notRunning(error);
  }
};

const urlOf = async (config: Pick<KeeperConfig, "dataDirectory" | "http">): Promise<string> => {
  const written = await readFile(urlFileOf(config), "utf8").catch(() => "");
  if (written.trim() !== "") return written.trim();
  return `${config.http.tls === undefined ? "http" : "https"}://${config.http.host}:${config.http.port}`;
};
