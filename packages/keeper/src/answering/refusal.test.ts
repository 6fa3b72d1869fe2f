import { ChainUnavailableError, RpcError } from "@keyquorum/chain";
import { SecretScalar } from "@keyquorum/threshold";
import { VaultError } from "@keyquorum/vault";
import { encodeErrorBody, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { makeError } from "ethers";
import { BulkError } from "../bulk/bulkWork.ts";
import { createLogger } from "../report/logger.ts";
import { KeeperError } from "../run/errors.ts";
import { refusalOf } from "./refusal.ts";

describe("what a requester is told of a failure", () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
  });
  const told = (error: unknown): string =>
    refusalOf(error, createLogger("trace", { write: (line) => lines.push(line) }), "A share request").code;
  const levels = (): unknown[] => lines.map((line) => (JSON.parse(line) as { level: unknown }).level);
  const usedAfterErasure = (): unknown => {
    const share = SecretScalar.from(7n);
    share.erase();
    try {
      return share.reveal();
    } catch (error) {
      return error;
    }
  };

  it("a refusal is told as it is", () => {
    expect(told(new KeyquorumError("ACCESS_DENIED"))).to.equal("ACCESS_DENIED");
    expect(lines).to.deep.equal([]);
  });

  it("what passes with time is UNAVAILABLE", () => {
    const passing = [
      new ChainUnavailableError("DISAGREEMENT", "No majority says the same."),
      new RpcError("eth_call", -32000, "busy", undefined),
      new VaultError("VAULT_DISK_FULL", "No space is left."),
      new VaultError("VAULT_IO", "The disk reported an error."),
      usedAfterErasure(),
      new BulkError("BULK_BUSY"),
      new BulkError("BULK_CRASHED"),
    ];
    expect(passing.map(told)).to.deep.equal(passing.map(() => "UNAVAILABLE"));
    expect(new KeyquorumError("UNAVAILABLE").retryable).to.equal(true);
  });

  it("a computation that the keeper's end cut off is SHUTTING_DOWN", () => {
    expect(told(new BulkError("BULK_STOPPED"))).to.equal("SHUTTING_DOWN");
  });

  it("says why the chain could not be asked, and nothing of the node", () => {
    const log = createLogger("trace", { write: (line) => lines.push(line) });
    const secret = "https://rpc.example/5ecret";
    for (const reason of ["STALE_HEAD", "DISAGREEMENT", "RATE_LIMITED", "TIMEOUT", "BAD_RESPONSE"] as const) {
      const refusal = refusalOf(new ChainUnavailableError(reason, `${secret} fails`), log, "A share request");
      const { status, body } = encodeErrorBody(refusal);
      expect([status, body.details]).to.deep.equal([503, { reason }]);
      expect(JSON.stringify(body)).not.to.contain("5ecret");
    }
  });

  it("a revert that a node tells of, where our contracts have none, is the node's and UNAVAILABLE", () => {
    const reverted = makeError("execution reverted", "CALL_EXCEPTION", {
      ...{ action: "call" as const, data: "0x", reason: null, invocation: null, revert: null },
      transaction: { to: null, data: "0x" },
    });
    expect(told(reverted)).to.equal("UNAVAILABLE");
    expect(lines).to.have.length(1);
  });

  it("what does not pass is INTERNAL, and the operator sees it as an error", () => {
    expect(told(new TypeError("x is not a function"))).to.equal("INTERNAL");
    expect(levels()).to.deep.equal(["error"]);
  });

  it("what is damaged on this keeper's disk is UNAVAILABLE, for others have it; the operator sees each as an error", () => {
    const damaged = [
      new KeeperError("VAULT_UNUSABLE", "The mirrored dealings of a key do not give what the chain stores for it."),
      new VaultError("VAULT_TAMPERED", "A sealed record was changed.", { kind: "key_share", id: "1" }),
      new VaultError("VAULT_SHARE_MISMATCH", "The stored share is not the one that the chain's commitments give this keeper."),
    ];
    expect(damaged.map(told)).to.deep.equal(damaged.map(() => "UNAVAILABLE"));
    expect(levels()).to.deep.equal(damaged.map(() => "error"));
  });

  it("a request whose stored answer is damaged needs another id: this one was answered", () => {
    expect(told(new VaultError("VAULT_TAMPERED", "The stored answer is damaged.", { table: "answer" }))).to.equal("REQUEST_CONFLICT");
  });

  it("a value that is none, found after the request was parsed, is not blamed on the requester", () => {
    expect(told(new KeyquorumError("INVALID_VALUE", "The hash is not 32 bytes."))).to.equal("INTERNAL");
  });

  it("a call that nobody waits for any more is not the keeper's failure", () => {
    expect(told(new DOMException("aborted", "AbortError"))).to.equal("SHUTTING_DOWN");
  });
});
