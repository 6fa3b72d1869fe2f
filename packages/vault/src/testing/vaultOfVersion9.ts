/** A vault's file as version 9 of the schema wrote it: `version9.sqlite.gz`, made by the program of that time, under the fixtures' pin and key. */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { hex } from "./fixtures.ts";

const FILE = gunzipSync(readFileSync(new URL("./version9.sqlite.gz", import.meta.url)));

export const writeVaultOfVersion9 = (directory: string): void => {
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "vault.sqlite"), FILE, { mode: 0o600 });
  closeSync(openSync(join(directory, "writer.lock"), "a", 0o600));
};

/** Answers that are in it, by the byte that their request's id is made of, and by epoch: the first of a request has its id as its name there, later ones have another. */
export const ANSWERS_OF_VERSION_9 = [
  [0x60, 1],
  [0x60, 2],
  [0x60, 3],
  [0x61, 2],
] as const;

/** What was given as the answer to such a request in an epoch. */
export const bodyOfVersion9 = (requestByte: number, epoch: number): string =>
  JSON.stringify({
    slot: 3,
    epoch,
    verifyingShare: hex(2, 33),
    path: [hex(0x15)],
    answer: hex(epoch, 162),
    receipt: {
      requestId: hex(requestByte),
      ...{ document: hex(0x22), headerHash: hex(0x21), requester: hex(0x23, 20), keyId: hex(0x10), epoch, slot: 3 },
      ...{ finalizedBlock: hex(0x24), headBlock: hex(0x25), answerHash: hex(0x26), signature: hex(0x27, 65) },
    },
  });

const [sid, request, digest] = [hex(0x40), hex(0x60), hex(0x11)];

/** Transactions that are in it: id, kind and subject. */
export const TRANSACTIONS_OF_VERSION_9 = [
  [`answer:${request}`, "answer", request],
  [`challenge:${request}:4`, "challenge", `${request}:4`],
  [`deal:${sid}`, "deal", sid],
  [`complain:${sid}:5:${digest}`, "complain", `${sid}:5:${digest}`],
  [`finalize:${sid}:${digest}`, "finalize", `${sid}:${digest}`],
  [`finalize:${sid}:gone:7`, "finalize", `${sid}:gone:7`],
  [`ready:${sid}:${digest}`, "ready", `${sid}:${digest}`],
  [`fail:${sid}`, "fail", sid],
  [`reshare:deal:${sid}`, "reshareDeal", sid],
  [`reshare:complain:${sid}:5:${digest}`, "reshareComplain", `${sid}:5:${digest}`],
  [`reshare:ready:${sid}:${digest}`, "reshareReady", `${sid}:${digest}`],
  [`reshare:fail:${sid}`, "reshareFail", sid],
  ["epochKey:2", "epochKey", "2"],
  [`repair:${hex(0x10)}:1:${hex(2, 33)}`, "repair", `${hex(0x10)}:1:${hex(2, 33)}`],
] as const;
