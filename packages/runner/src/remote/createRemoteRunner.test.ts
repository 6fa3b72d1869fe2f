import { createHash } from "node:crypto";
import {
  type Hash32,
  KeyquorumError,
  type RunBody,
  runDigest,
  runRequestDigest,
  type SignedRunRequestBody,
  type UnsignedRunRecord,
} from "@keyquorum/wire";
import { expect } from "chai";
import { Wallet } from "ethers";
import { callerWallet, DOMAIN, RUNNER_KEY } from "../testing/servedRunner.ts";
import { createRemoteRunner } from "./createRemoteRunner.ts";

const MODULE = `0x${"ab".repeat(32)}` as Hash32;
const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;
const OUT = Buffer.from("printed");

/** What a service tells of a run that it did. */
const endedOf = ({ request }: SignedRunRequestBody, lie: Partial<NonNullable<RunBody["record"]>> = {}): RunBody => {
  const told: UnsignedRunRecord = {
    ...{
      format: "keyquorum-run",
      version: 1,
      chainId: "31337",
      shareRequests: `0x${"5e".repeat(20)}`,
      run: runRequestDigest(DOMAIN, request),
    },
    ...{ module: request.module, cid: null, runner: DOMAIN.runner, secrets: [], limits: {}, used: {}, stdin: request.stdin },
    ...{ stdout: sha256(OUT), stderr: sha256(Buffer.alloc(0)), startedAt: 1, endedAt: 2, outcome: "exited", exitCode: 0, ...lie },
  };
  const signature = new Wallet(RUNNER_KEY).signingKey.sign(runDigest(told)).serialized;
  const outputs = { stdout: OUT.toString("base64"), stderr: "" };
  return {
    id: runRequestDigest(DOMAIN, request),
    module: request.module,
    state: "ended",
    acceptedAt: 1,
    record: { ...told, signature },
    ...outputs,
  };
};
const errorBody = (code: string, details: object = {}) => ({ code, message: "As told.", retryable: true, details });

type Answer = (request: SignedRunRequestBody | undefined) => { readonly status: number; readonly body: unknown } | "broken";

describe("Sending a run to a service", () => {
  /** A service that gives one answer after the other, the last one again and again. */
  const remoteOf = (...answers: readonly Answer[]) => {
    const posted: SignedRunRequestBody[] = [];
    const waits: number[] = [];
    const readings: unknown[] = [];
    let count = 0;
    const remote = createRemoteRunner({
      ...{ url: "http://127.0.0.1:1", signer: callerWallet(1), domain: DOMAIN },
      fetch: (async (_: unknown, init: RequestInit) => {
        if (init.method === "POST") posted.push(JSON.parse(String(init.body)));
        else readings.push(JSON.stringify(init.headers));
        const answer = answers[Math.min(count++, answers.length - 1)]?.(posted.at(-1));
        if (answer === undefined || answer === "broken") throw new TypeError("fetch failed");
        return new Response(JSON.stringify(answer.body), { status: answer.status });
      }) as typeof fetch,
      clock: { now: () => 1_700_000_000_000, wait: async (milliseconds) => void waits.push(milliseconds) },
    });
    return { remote, posted, waits, readings };
  };
  const ended: Answer = (request) => ({ status: 200, body: endedOf(request as SignedRunRequestBody) });
  const says =
    (status: number, code: string, details = {}): Answer =>
    () => ({ status, body: errorBody(code, details) });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "done",
      (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
    );

  it("comes back with the record of this request and what was printed", async () => {
    const { remote, posted } = remoteOf(ended);
    const { id, stdout, proved } = await remote.run({ module: MODULE, args: ["a"], stdin: Buffer.from("in") });
    expect([Buffer.from(stdout ?? []).toString(), proved.run, posted.length]).to.deep.equal(["printed", id, 1]);
    expect([posted[0]?.stdin, posted[0]?.request.caller]).to.deep.equal(["aW4=", callerWallet(1).address.toLowerCase()]);
  });

  it("sends the same request again to a full service, when it said, and after a connection that broke: nothing runs twice", async () => {
    const full = remoteOf(says(429, "RATE_LIMITED", { retryAfterSeconds: 7 }), ended);
    await full.remote.run({ module: MODULE });
    expect([full.waits, full.posted[0]]).to.deep.equal([[7_000], full.posted[1]]);
    const broken = remoteOf(() => "broken", says(409, "REQUEST_REPLAYED"), ended);
    await broken.remote.run({ module: MODULE });
    expect([broken.posted.length, broken.posted[0]]).to.deep.equal([2, broken.posted[1]]);
    expect(await codeOf(remoteOf(says(409, "REQUEST_REPLAYED")).remote.run({ module: MODULE }))).to.equal("REQUEST_REPLAYED"); // never sent before
  });

  it("reads the run where somebody else delivered the request first, and goes on reading where connections break, ten times", async () => {
    const relayed = remoteOf(says(409, "REQUEST_REPLAYED"), ended);
    await relayed.remote.run({ module: MODULE });
    expect([relayed.posted.length, relayed.readings.length]).to.deep.equal([1, 1]);
    const row = { id: MODULE, module: MODULE, state: "running", acceptedAt: 1 };
    const running: Answer = () => ({ status: 200, body: row });
    const broken = remoteOf(
      running,
      () => "broken",
      says(503, "SHUTTING_DOWN"),
      () => "broken",
      running,
      ended,
    );
    await broken.remote.run({ module: MODULE });
    expect([broken.posted.length, broken.waits]).to.deep.equal([1, [500, 1_000, 2_000, 1_000]]);
    const gone = remoteOf(running, () => "broken");
    expect([await codeOf(gone.remote.run({ module: MODULE })), gone.readings.length]).to.deep.equal(["UNAVAILABLE", 10]);
  });

  it("gives up when the deadline would be over, and after some tries", async () => {
    const full = remoteOf(says(429, "RATE_LIMITED", { retryAfterSeconds: 301 }));
    expect([await codeOf(full.remote.run({ module: MODULE })), full.posted.length]).to.deep.equal(["RATE_LIMITED", 1]);
    const gone = remoteOf(() => "broken");
    expect([await codeOf(gone.remote.run({ module: MODULE })), gone.posted.length]).to.deep.equal(["UNAVAILABLE", 3]);
  });

  it("waits between answers that say `running` at once, and signs one reading for all of them", async () => {
    const row = { id: MODULE, module: MODULE, state: "running", acceptedAt: 1 };
    const { remote, waits, readings } = remoteOf(...Array.from({ length: 5 }, (): Answer => () => ({ status: 200, body: row })), ended);
    await remote.run({ module: MODULE });
    expect([waits, new Set(readings).size]).to.deep.equal([[1_000, 1_000, 1_000, 1_000], 1]);
  });

  it("throws what the run failed with, codes that no server sends too", async () => {
    for (const code of ["ACCESS_DENIED", "PERMISSION_NOT_FINAL", "UNAVAILABLE", "RUN_INTERRUPTED", "MODULE_REFUSED"]) {
      const failed: Answer = (request) => {
        const { record: _, ...rest } = endedOf(request as SignedRunRequestBody);
        return { status: 200, body: { ...rest, state: "failed", failure: errorBody(code) } };
      };
      expect(await codeOf(remoteOf(failed).remote.run({ module: MODULE }))).to.equal(code);
    }
  });

  it("believes no record of another request, module, input, chain or runner, and no other output", async () => {
    for (const lie of [{ run: MODULE }, { module: `0x${"cd".repeat(32)}` }, { stdin: MODULE }, { chainId: "1" }, { stdout: MODULE }])
      expect(
        await codeOf(
          remoteOf((request) => ({ status: 200, body: endedOf(request as SignedRunRequestBody, lie) })).remote.run({ module: MODULE }),
        ),
        JSON.stringify(lie),
      ).to.equal("INVALID_RECORD");
    const unsigned: Answer = (request) => {
      const body = endedOf(request as SignedRunRequestBody);
      return { status: 200, body: { ...body, record: { ...body.record, exitCode: 7 } } };
    };
    expect(await codeOf(remoteOf(unsigned).remote.run({ module: MODULE }))).to.equal("INVALID_RECORD");
    expect(await codeOf(remoteOf(() => ({ status: 200, body: { hello: "you" } })).remote.run({ module: MODULE }))).to.equal("BAD_ANSWER");
  });
});
