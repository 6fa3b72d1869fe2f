import type { Vault } from "@keyquorum/vault";
import type { SessionId } from "@keyquorum/wire";

/**
 * Whether a session gave this keeper a share that is in use, finally: such a session is over. A node that shows it as if it were in dispute again, to
 * be sent complaints that open its dealings, gets none.
 */
export const isServedBy = async ({ keyShares }: Pick<Vault, "keyShares">, sid: SessionId): Promise<boolean> =>
  (await keyShares.list({ sid, state: "active" })).length > 0;
