import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createVault, keyFromFile, type Vault } from "@keyquorum/vault";
import { parseAddress, parseDocumentId, parseHash32, parseRequestId } from "@keyquorum/wire";
import { type Figure, median } from "./figures.ts";

const ROUNDS = 20;
export const ANSWERS = 160;
const TOGETHER = 16;

const bytes32 = (): string => `0x${randomBytes(32).toString("hex")}`;

/** A keeper's answer and its audit record, written as the keeper writes them: what it costs alone, and where 16 come together. */
export const vaultFigures = async (): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const keyFile = join(directory, "key");
  await writeFile(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  const vault = await createVault({
    directory: join(directory, "vault"),
    keyEncryptionKey: await keyFromFile(keyFile),
    pin: {
      chainId: 1n,
      genesisHash: parseHash32(bytes32()),
      registry: parseAddress(bytes32().slice(0, 42)),
      deploymentBlockHash: parseHash32(bytes32()),
      operator: parseAddress(bytes32().slice(0, 42)),
    },
    random: (length) => Uint8Array.from(randomBytes(length)),
    clock: Date.now,
  });
  const file = new DatabaseSync(join(directory, "vault", "vault.sqlite"), { readOnly: true });
  /** The roll is sealed once for each commit that has a record. */
  const commits = (): number => Number(file.prepare("SELECT version FROM anchor WHERE kind = 'roll'").get()?.version);
  try {
    const [alone, together, shared]: [number[], number[], number[]] = [[], [], []];
    for (let round = -1; round < ROUNDS; round += 1) {
      const one = await cpuOf(() => giveAnswers(vault, 1));
      const before = commits();
      const many = await cpuOf(() => giveAnswers(vault, TOGETHER));
      if (round < 0) continue;
      alone.push(one / ANSWERS);
      together.push(many / ANSWERS);
      shared.push(ANSWERS / (commits() - before));
    }
    const note = "with its audit record; CPU of the process";
    return [
      ...(await erasureFigures(vault, join(directory, "vault"))),
      { name: "an answer, one at a time", value: median(alone), unit: "ms", note },
      { name: `an answer, ${TOGETHER} at a time`, value: median(together), unit: "ms", note },
      { name: `answers for each fsync, ${TOGETHER} at a time`, value: median(shared), unit: "times", target: 4 },
    ];
  } finally {
    file.close();
    await vault.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const RECORDS = 100_000;
const SECRETS = 200;

/** A secret is erased from a vault that has many records and some secrets, while an answer's record waits to be written. */
const erasureFigures = async (vault: Vault, directory: string): Promise<readonly Figure[]> => {
  await vault.transaction(async (tx) => {
    for (let epoch = 1; epoch <= SECRETS; epoch += 1) await tx.epochSecrets.save(epoch, Uint8Array.from(randomBytes(32)));
  });
  const file = new DatabaseSync(join(directory, "vault.sqlite"));
  const hash = "'0x' || hex(randomblob(32))";
  // As large as records are; nobody verifies them here.
  file.exec(`WITH RECURSIVE n(seq) AS (SELECT 10000000 UNION ALL SELECT seq + 1 FROM n LIMIT ${RECORDS})
    INSERT INTO audit (seq, at, kind, request_id, document, requester, decision, final_block, head_block, prev_hash, hash)
    SELECT seq, 1, 'answer', ${hash}, ${hash}, '0x' || hex(randomblob(20)), 'PERMITTED', ${hash}, ${hash}, ${hash}, ${hash} FROM n`);
  file.close();
  const [cpu, wall, beside]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const began = performance.now();
    let [erased, waited] = [0, 0];
    const taken = await cpuOf(async () => {
      const erasing = vault.epochSecrets.erase(round + 1).then(() => {
        erased = performance.now() - began;
      });
      await new Promise((resolve) => void setImmediate(resolve));
      const asked = performance.now();
      await vault.work.add({ id: `beside ${round}`, kind: "bench", payload: round });
      waited = performance.now() - asked;
      await erasing;
    });
    if (round === 0) continue;
    cpu.push(taken);
    wall.push(erased);
    beside.push(waited);
  }
  const note = `${RECORDS} audit records, ${SECRETS} secrets`;
  return [
    { name: "erasing a secret, CPU", value: median(cpu), unit: "ms", target: 50, note },
    { name: "erasing a secret, until no byte is left", value: median(wall), unit: "ms", note },
    { name: "a commit beside it", value: median(beside), unit: "ms", note },
  ];
};

/** Milliseconds of CPU time. */
const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Each asks what a keeper asks before it answers, and writes. */
export const giveAnswers = async (vault: Vault, atOnce: number): Promise<void> => {
  let left = ANSWERS;
  const giveOn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const requestId = parseRequestId(bytes32());
      await vault.answers.headerOf(requestId);
      await vault.answers.find({ requestId, epoch: 1 });
      await vault.transaction(
        async (tx) => {
          const [headerHash, finalBlock] = [parseHash32(bytes32()), parseHash32(bytes32())];
          await tx.answers.save({
            ...{ requestId, epoch: 1, headerHash },
            ...{ answer: randomBytes(162), body: "x".repeat(1_200), keepUntil: Date.now() + 60_000 },
          });
          await tx.audit.append({
            ...{ kind: "answer", requestId, document: parseDocumentId(bytes32()), requester: bytes32().slice(0, 42) },
            ...{ decision: "PERMITTED", finalBlock, headBlock: finalBlock },
          });
        },
        { brief: true },
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, giveOn));
};
