import { expect } from "chai";
import { codeOf } from "./actors.test.ts";
import { encodeErrorBody, errorFromBody, parseErrorBody } from "./errorBody.ts";
import { ERROR_CODES, type ErrorCode, KeyquorumError } from "./errorCodes.ts";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("The table of error codes", () => {
  for (const code of codes) {
    it(`${code}: should say what it means and what to do, in sentences`, () => {
      const { status, meaning, action } = ERROR_CODES[code];
      expect(code).to.match(/^[A-Z][A-Z0-9_]{2,63}$/);
      expect(meaning).to.match(/^[A-Z].*\.$/);
      expect(action).to.match(/^[A-Z].*\.$/);
      if (status !== null) expect(status).to.be.within(400, 599);
    });
  }

  it("when access is denied, it should be final; when it is unknown, it should not be", () => {
    expect(ERROR_CODES.ACCESS_DENIED).to.include({ status: 403, retryable: false });
    expect(ERROR_CODES.PERMISSION_NOT_FINAL).to.include({ retryable: true });
    expect(ERROR_CODES.UNAVAILABLE).to.include({ status: 503, retryable: true });
  });
});

describe("An error over HTTP", () => {
  it("when it is written and read, code, message and details should be the same", () => {
    const error = new KeyquorumError("INVALID_REQUEST", "The field x is wrong.", {
      details: { field: "x", slots: ["1", "2"], at: 3, final: false, none: null },
    });
    const { status, body } = encodeErrorBody(error);
    expect(status).to.equal(400);
    const again = errorFromBody(parseErrorBody(JSON.parse(JSON.stringify(body))));
    expect(again).to.include({ code: "INVALID_REQUEST", message: error.message, retryable: false });
    expect(again.details).to.deep.equal(error.details);
  });

  it("when it is made, its message should say what to do, once", () => {
    const { action } = ERROR_CODES.ACCESS_DENIED;
    const once = new KeyquorumError("ACCESS_DENIED").message;
    expect(once.split(action)).to.have.length(2);
    expect(new KeyquorumError("ACCESS_DENIED", once).message).to.equal(once);
  });

  it("when an unexpected error or one of the inside is sent, nothing of it should leave", () => {
    for (const error of [new Error("share 0xdeadbeef"), new KeyquorumError("BLOB_STORE_FAILED", "/secret/path"), "text", undefined]) {
      const { status, body } = encodeErrorBody(error);
      expect(status).to.equal(500);
      expect(body.code).to.equal("INTERNAL");
      expect(JSON.stringify(body)).to.not.match(/deadbeef|secret/);
    }
  });

  it("when a keeper calls a final refusal retryable, the table should decide", () => {
    const body = { code: "ACCESS_DENIED", message: "m", retryable: true, details: {} };
    expect(errorFromBody(parseErrorBody(body)).retryable).to.equal(false);
  });

  it("when a keeper sends a code that is not for keepers, it should be a bad answer", () => {
    for (const code of ["SOMETHING_NEW", "BLOB_CORRUPT", "CONSTRUCTOR", "NO_READY_KEY"]) {
      const error = errorFromBody(parseErrorBody({ code, message: "m", retryable: false, details: {} }));
      expect(error).to.include({ code: "BAD_ANSWER" });
      expect(error.details).to.deep.equal({ keeperCode: code });
    }
  });

  it("when the body is malformed, it should be refused", async () => {
    const good = { code: "INTERNAL", message: "m", retryable: true, details: {} };
    expect(await codeOf(() => parseErrorBody(good))).to.equal("no error");
    const bad: unknown[] = [
      null,
      "x",
      {},
      { ...good, extra: 1 },
      { ...good, code: "internal" },
      { ...good, message: "x".repeat(1025) },
      { ...good, retryable: "yes" },
    ];
    bad.push(
      { ...good, details: { a: {} } },
      { ...good, details: { "a b": 1 } },
      { ...good, details: JSON.parse('{"__proto__":1}') },
      { ...good, details: [] },
    );
    for (const value of bad) expect(await codeOf(() => parseErrorBody(value)), JSON.stringify(value)).to.equal("BAD_ANSWER");
  });
});
