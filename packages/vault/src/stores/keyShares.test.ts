import { createSecretKey } from "node:crypto";
import { expect } from "chai";
import type { Kysely } from "kysely";
import { createDamageBook } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { rollTermOf } from "../sealing/roll.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { encodeStored } from "../storedJson.ts";
import { bytes, codeOf, shareRecord } from "../testing/fixtures.ts";
import type { StoreContext } from "./context.ts";
import { createKeyShareStore } from "./keyShares.ts";

/** A store over a made-up row and a sealer that shows what it is given and what it gives. */
const storeOver = (row: object | undefined, sealer: Pick<Sealer, "open" | "seal" | "rollKey">) => {
  const query = { selectAll: () => query, select: () => query, where: () => query, executeTakeFirst: async () => row };
  const db = { selectFrom: () => query } as unknown as Kysely<VaultSchema>; // what reading a sealed row asks for
  const run = <Result>(work: (database: Kysely<VaultSchema>) => Promise<Result>): Promise<Result> => work(db);
  const secrets = { rowsOf: () => (row === undefined ? [] : [row]) };
  return createKeyShareStore({ run, sealer, secrets, damage: createDamageBook(), noteErased: () => undefined } as unknown as StoreContext);
};

describe("key shares in memory (attack 15)", () => {
  const record = shareRecord();
  const rollKey = createSecretKey(bytes(7));
  const place = { kind: "key_share", id: `${record.keyId}/${record.epoch}/${record.digest}`, version: 1 };
  const term = rollTermOf({ rollKey } as Sealer, place, { wrappedKey: bytes(1), body: bytes(1) }); // true: it reads nothing else
  const listed = Uint8Array.from(Buffer.from(term.toString(16).padStart(64, "0"), "hex"));
  const row = { ...place, wrapped_key: bytes(1), body: bytes(1), term: listed };
  const isZero = (found = bytes(1)): boolean => found.every((byte) => byte === 0);

  it("overwrite what was opened, whether it is the share that is expected or not", async () => {
    for (const [verifyingShare, outcome] of [
      [record.verifyingShare, "nothing was thrown"],
      [bytes(9, 33), "VAULT_SHARE_MISMATCH"],
    ] as const) {
      const plaintext = new TextEncoder().encode(encodeStored(record));
      const store = storeOver(row, { rollKey, open: () => plaintext, seal: () => ({ wrappedKey: bytes(1), body: bytes(1) }) });
      expect(await codeOf(() => store.load(record, { verifyingShare }))).to.equal(outcome);
      expect(isZero(plaintext)).to.equal(true);
    }
  });

  it("overwrite what was sealed, also when it is not saved", async () => {
    let sealed: Uint8Array | undefined;
    const store = storeOver(undefined, {
      rollKey,
      open: () => bytes(1),
      seal: (_place, plaintext) => {
        sealed = plaintext;
        throw new Error("full");
      },
    });
    await store.save(record).catch(() => undefined);
    expect(isZero(sealed)).to.equal(true);
  });
});
