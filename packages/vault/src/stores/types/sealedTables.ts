/** Names a sealed table of an extension: 1 to 64 characters each, of a to z, 0 to 9, "-" and "_". */
export type SealedTable = { readonly extension: string; readonly table: string };

/** `key`: text of 1 to 256 bytes in UTF-8. */
export type SealedKey = SealedTable & { readonly key: string };

/** What sealed tables of one extension hold: rows, and bytes of values. */
export type Usage = { readonly rows: number; readonly bytes: number };
/** `quota`: what they may hold at most. */
export type HeldUsage = Usage & { readonly quota: Usage };

/**
 * Sealed tables of extensions: bytes by key, each row encrypted, bound to its extension, table and key, and listed in the roll, as a keeper's own secrets
 * are. Every method throws VAULT_VALUE_REFUSED where a name, key or value is not of the form or size that it may have.
 */
export type SealedTableStore = {
  /**
   * Writes a row, in the place of an earlier one. `value`: at most 65,536 bytes; the caller keeps it and may erase it afterwards. Throws
   * VAULT_QUOTA_EXCEEDED where the extension's rows, or their values together, become more than they may be.
   */
  put(at: SealedKey, value: Uint8Array): Promise<void>;
  /** Undefined when there is no such row. Throws VAULT_TAMPERED when it is not what was written, or is gone though it was never deleted. */
  get(at: SealedKey): Promise<Uint8Array | undefined>;
  /** Destroys the row's data key, deletes the row and compacts the file, once for all that are deleted in one transaction or at once. A damaged one, too. */
  delete(at: SealedKey): Promise<void>;
  /** Keys of a table in the order of their bytes, damaged ones among them: behind `after`, at most `limit`. */
  list(of: SealedTable, page?: { readonly after?: string; readonly limit?: number }): Promise<readonly string[]>;
  /** In a transaction: with what the transaction has changed. */
  held(extension: string): Promise<HeldUsage>;
};
