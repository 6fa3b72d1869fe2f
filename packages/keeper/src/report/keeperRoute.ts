import type { HttpRoute } from "@keyquorum/http";
import { encodeKeeperInfo, type KeeperInfo, ROUTES } from "@keyquorum/wire";

/** GET /v1/keeper: who this keeper says it is and how far it sees. */
export const keeperRoute =
  (describe: () => KeeperInfo): HttpRoute =>
  (server) => {
    server.get(ROUTES.getKeeper.path, (_request, reply) => reply.send(encodeKeeperInfo(describe())));
  };
