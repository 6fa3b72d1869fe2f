import { createHash } from "node:crypto";
import {
  type Address,
  type Hash32,
  type ReceiptFileBody,
  type RunRecordBody,
  type RunTypedData,
  runTypedData,
  type UnsignedRunRecord,
} from "@keyquorum/wire";
import type { RunLimits } from "../run/limits.ts";
import type { RunResult } from "../run/oneRun.ts";

/** Signs typed data as the runner: an ethers signer does. */
export type RunSigner = {
  readonly signTypedData: (
    domain: RunTypedData["domain"],
    types: RunTypedData["types"],
    message: RunTypedData["message"],
  ) => Promise<string>;
};

/** A secret that the run got, without its value. */
export type RecordedSecret = { readonly name: string; readonly document: string; readonly receipts: ReceiptFileBody };

export type RunFacts = {
  readonly chainId: bigint;
  readonly shareRequests: Address;
  readonly runner: Address;
  readonly run: Hash32;
  readonly module: Hash32;
  readonly cid: string | undefined;
  readonly secrets: readonly RecordedSecret[];
  readonly limits: RunLimits;
  readonly stdin: Uint8Array;
  readonly result: RunResult;
  readonly startedAt: number;
  readonly endedAt: number;
};

/** What the runner says of a run, signed. Hashes of outputs are of what the caller gets, in which values of secrets are replaced. */
export const makeRunRecord = async (facts: RunFacts, signer: RunSigner): Promise<RunRecordBody> => {
  const { result, secrets, stdin, startedAt, endedAt } = facts;
  const { outcome, exitCode } = result;
  const record: UnsignedRunRecord = {
    ...{ format: "keyquorum-run", version: 1, chainId: facts.chainId.toString(), shareRequests: facts.shareRequests },
    ...{ run: facts.run, module: facts.module, cid: facts.cid ?? null, runner: facts.runner },
    secrets: secrets.map(({ name, document, receipts }) => {
      if (receipts.kind !== "http") throw new Error("Secrets of a run are asked for by HTTP.");
      return { name, document, receipts };
    }),
    ...{ limits: whole(facts.limits), used: whole(result.used) },
    ...{ stdin: sha256(stdin), stdout: sha256(result.stdout), stderr: sha256(result.stderr) },
    ...{ startedAt, endedAt, outcome: outcome.kind === "limit" ? `limit: ${outcome.limit}` : outcome.kind, exitCode },
  };
  const { domain, types, message } = runTypedData(record);
  return { ...record, signature: (await signer.signTypedData(domain, types, message)).toLowerCase() };
};

const whole = (figures: object): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]: [string, number]) => [name, Math.max(0, Math.round(value))]));

const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;
