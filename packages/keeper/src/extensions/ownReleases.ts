import type { AuditEntry } from "@keyquorum/vault";
import { parseHash32 } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { ownName } from "./names.ts";
import type { ExtensionServices } from "./services.ts";

/** Releases of one extension, in the keeper's one log: no other extension's, and none of the keeper's own, has such a kind. */
export const createOwnReleases =
  (extension: string, { vault, metrics }: Pick<Core, "vault" | "metrics">): ExtensionServices["recordRelease"] =>
  async ({ kind, requestId, document, requester, heads: { head, final } }) => {
    const entry: AuditEntry = {
      ...{ kind: ownName(extension, kind), requester, decision: "PERMITTED" },
      requestId: requestId as string as AuditEntry["requestId"], // 32 bytes that name one question
      document: document as string as AuditEntry["document"], // 32 bytes that name what it is about
      ...{ finalBlock: parseHash32(final.hash), headBlock: parseHash32(head.hash) },
    };
    await vault.audit.append(entry);
    metrics.auditRecords.inc();
  };
