import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVault, keyFromFile, openVault, type Vault } from "@keyquorum/vault";
import { parseAddress, parseDocumentId, parseHash32, parseRequestId } from "@keyquorum/wire";
import { openDatabase } from "../../../packages/vault/src/database/nodeSqlite.ts";
import { loadSealer } from "../../../packages/vault/src/kekRecord.ts";
import { createRollBook } from "../../../packages/vault/src/sealing/roll.ts";
import { auditHashOf } from "../../../packages/vault/src/stores/auditRecord.ts";
import { median } from "../figures.ts";
import { ANSWERS, giveAnswers } from "../vault.ts";
import { cpuOf } from "./cpu.ts";
import type { Curve, Sizes } from "./curve.ts";

const RECORDS = [1_000, 10_000, 100_000, 1_000_000] as const;
const ROUNDS = 5;

const bytes32 = (): string => `0x${randomBytes(32).toString("hex")}`;
/** Of the record with this number: findable again. */
const requestOf = (seq: number) => parseRequestId(`0x${createHash("sha256").update(String(seq)).digest("hex")}`);

/** A vault with up to a million audit records: what opening it, an answer, a search and a whole verification of the log take. */
export const vaultCurves = async ({ isQuick }: Sizes): Promise<readonly Curve[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const keyFile = join(directory, "key");
  await writeFile(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  const options = {
    directory: join(directory, "vault"),
    keyEncryptionKey: await keyFromFile(keyFile),
    pin: {
      chainId: 1n,
      genesisHash: parseHash32(bytes32()),
      registry: parseAddress(bytes32().slice(0, 42)),
      deploymentBlockHash: parseHash32(bytes32()),
      operator: parseAddress(bytes32().slice(0, 42)),
    },
    random: (length: number) => Uint8Array.from(randomBytes(length)),
    clock: Date.now,
  };
  const points = { open: [], answer: [], find: [], verify: [] } as Record<
    "open" | "answer" | "find" | "verify",
    (readonly [number, number])[]
  >;
  try {
    await (await createVault(options)).close();
    for (const records of isQuick ? RECORDS.slice(0, 3) : RECORDS) {
      const first = await addRecords(options, records);
      const opened = await inRounds(async () => (await openVault(options)).close());
      const vault = await openVault(options);
      points.open.push([records, opened]);
      points.answer.push([records, (await inRounds(() => giveAnswers(vault, 1))) / ANSWERS]);
      points.find.push([records, (await inRounds(() => findSome(vault, [first, records]))) / SEARCHES]);
      points.verify.push([records, (await cpuOf(() => vault.audit.verify())).milliseconds]);
      await vault.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const curve = (name: string, order: Curve["order"], what: keyof typeof points): Curve => ({
    ...{ name: `vault: ${name}`, unit: "ms", along: "audit records", order, points: points[what] },
    note: "CPU of the process",
  });
  return [
    curve("opening and closing it", 0, "open"),
    curve("an answer with its record", 0, "answer"),
    curve("finding the records of a request", 0, "find"),
    curve("verifying all of the log", 1, "verify"),
  ];
};

const inRounds = async (work: () => Promise<unknown>): Promise<number> => {
  await work();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push((await cpuOf(work)).milliseconds);
  return median(times);
};

const SEARCHES = 100;

const findSome = async (vault: Vault, [first, last]: readonly [number, number]): Promise<void> => {
  for (let i = 0; i < SEARCHES; i += 1) {
    const requestId = requestOf(first + Math.floor(((last - first) * i) / SEARCHES));
    if ((await vault.audit.find({ requestId })).length !== 1) throw new Error("A record of the bench is not found.");
  }
};

/** Continues the log up to so many records, as the vault itself would write them, in one commit. Returns the first one's number. */
const addRecords = async (options: Parameters<typeof openVault>[0], upTo: number): Promise<number> => {
  const { db, raw, exec, close } = openDatabase(join(options.directory, "vault.sqlite"));
  const roll = createRollBook(await loadSealer(db, options));
  const insert = raw.prepare(
    "INSERT INTO audit (seq, at, kind, request_id, document, requester, decision, final_block, head_block, prev_hash, hash, session_key, author) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
  );
  exec("BEGIN");
  roll.begin();
  const { auditSeq, auditHash } = await roll.load(db);
  let hash = parseHash32(auditHash);
  const [document, block] = [parseDocumentId(bytes32()), parseHash32(bytes32())];
  const requester = document.slice(0, 42);
  for (let seq = auditSeq + 1; seq <= upTo; seq += 1) {
    const record = { seq, at: seq, kind: "answer", requestId: requestOf(seq), document, requester, decision: "PERMITTED" } as const;
    const prevHash = hash;
    hash = auditHashOf({ ...record, finalBlock: block, headBlock: block, prevHash });
    insert.run(seq, seq, "answer", record.requestId, document, requester, "PERMITTED", block, block, prevHash, hash);
  }
  if (upTo > auditSeq) await roll.move(db, { audit: { seq: upTo, hash } });
  await roll.seal(db);
  exec("COMMIT");
  await close();
  return auditSeq + 1;
};
