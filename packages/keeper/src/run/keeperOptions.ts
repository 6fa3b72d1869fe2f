import type { Rpc } from "@keyquorum/chain";
import type { HttpRoute } from "@keyquorum/http";
import type { RandomSource } from "@keyquorum/threshold";
import type { KeeperExtension } from "../extensions/extension.ts";
import type { Logger } from "../report/logger.ts";
import type { Clock } from "./clock.ts";

/** What a program that embeds a keeper may give it. Everything has a default. */
export type KeeperOptions = {
  readonly routes?: readonly HttpRoute[];
  readonly extensions?: readonly KeeperExtension[];
  /** Instead of the RPC URLs of the configuration. */
  readonly rpc?: Rpc;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly log?: Logger;
  /** How many lines the logger's destination has thrown away, for /metrics. */
  readonly droppedLogLines?: () => number;
  /** Whether /metrics has the figures of the process, too. For a process that is one keeper. */
  readonly processMetrics?: boolean;
};
