import { encodeKeeperInfo, type KeeperInfo, ROUTES } from "@keyquorum/wire";
import type { KeeperRoute } from "../http/httpServer.ts";

/** GET /v1/keeper: who this keeper says it is and how far it sees. */
export const keeperRoute =
  (describe: () => KeeperInfo): KeeperRoute =>
  (server) => {
    server.get(ROUTES.getKeeper.path, (_request, reply) => reply.send(encodeKeeperInfo(describe())));
  };
