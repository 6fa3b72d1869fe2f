import type { Cid } from "@keyquorum/blobs";
import type { EncryptedDocument } from "../types.ts";

/** What a client has stored already, or is storing. */
export type StoredEnvelopes = WeakMap<EncryptedDocument, Promise<Cid>>;
