import { createHash } from "node:crypto";
import { type Hash32, KeyquorumError, type RunBody, type RunRequest, runRequestDigest, runRequestTypedData } from "@keyquorum/wire";
import { expect } from "chai";
import {
  callerWallet,
  DOMAIN,
  type Keepers,
  keepersThatSay,
  makeServedFolder,
  type ServedFolder,
  startService,
} from "../testing/servedRunner.ts";
import { command, exitWith, wat } from "../testing/wat.ts";

/** Prints its standard input, and ends with 0. */
const ECHO = command(
  `(i32.store (i32.const 16) (i32.const 512)) (i32.store (i32.const 20) (i32.const 1024))
   (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
   (i32.store (i32.const 20) (i32.load (i32.const 24)))
   (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))`,
);
/** Ends with the first character of the environment's only value, whose name has seven characters. */
const SHOWS = command(`(drop (call $environ (i32.const 64) (i32.const 1024))) ${exitWith("(i32.load8_u (i32.const 1032))")}`);
const SECRET = `[[secrets]]\nname = "API_KEY"\nowner = "0x${"a1".repeat(20)}"\nas = "env"\n[limits]\nwallMs = 20000`;
const LOOP = command("(loop $l (br $l))");

const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
  );

describe("A runner's service", () => {
  let folder: ServedFolder;
  let keepers: Keepers;
  let served: Awaited<ReturnType<typeof startService>>;
  before(async () => {
    folder = await makeServedFolder(
      {
        echo: { bytes: await wat(ECHO), entry: 'callerMay = ["stdin", "limits"]' },
        shows: { bytes: await wat(SHOWS), manifest: SECRET },
        spends: { bytes: await wat(command("(loop $l nop (br $l))")), manifest: "[limits]\nfuel = 1000", entry: 'callerMay = ["limits"]' },
        loop: { bytes: await wat(LOOP), manifest: "[limits]\ncpuMs = 600", entry: `callers = ["${callerWallet(1).address}"]` },
      },
      { more: '[runs]\nconcurrency = 1\nqueue = 2\nperCaller = 3\n[records]\nkeepOutput = true\n[log]\nlevel = "silent"' },
    );
    keepers = keepersThatSay("A secret");
    served = await startService(folder, keepers);
  });
  beforeEach(() => {
    keepers.answer = keepersThatSay("A secret").answer;
    keepers.asked = 0;
  });
  after(async () => {
    await served.service.stop();
    await folder.remove();
  });

  const moduleOf = (name: string): Hash32 => {
    const hash = folder.hashes[name];
    if (hash === undefined) throw new Error(`There is no module ${name}.`);
    return hash;
  };
  let nonces = 0;
  const requestOf = (name: string, more: Partial<RunRequest> = {}): RunRequest => ({
    ...{
      caller: callerWallet(1).address.toLowerCase(),
      module: moduleOf(name),
      args: [],
      stdin: sha256(Buffer.from("")),
      limits: {},
    },
    ...{ keepOutput: false, nonce: sha256(Buffer.from(`nonce ${++nonces} ${process.hrtime.bigint()}`)) },
    ...{ deadline: String(Math.floor(Date.now() / 1000) + 60), ...more },
  });
  const signedBy = async (caller: number, request: RunRequest): Promise<string> => {
    const { domain, types, message } = runRequestTypedData(DOMAIN, request);
    return callerWallet(caller).signTypedData(domain, types, message);
  };
  const post = async (
    body: unknown,
    wait = 20,
  ): Promise<{
    readonly status: number;
    readonly retryAfter: string | null;
    readonly body: Partial<RunBody> & { readonly code?: string };
  }> => {
    const answer = await fetch(`${served.url}/v1/runs?wait=${wait}`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    });
    return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: (await answer.json()) as never };
  };

  it("runs a module for a caller that is listed, and gives what it printed, with a record of this very request", async () => {
    const stdin = Buffer.from("hello");
    const { id, record, proved, stdout } = await served.as(1).run({ module: moduleOf("echo"), stdin });
    expect(Buffer.from(stdout ?? []).toString()).to.equal("hello");
    expect([proved.run, proved.runner, record.outcome, record.exitCode]).to.deep.equal([id, DOMAIN.runner, "exited", 0]);
  });

  it("asks the keepers in the run's name, and hands the secret over", async () => {
    const request = requestOf("shows");
    const { status, body } = await post({ request, signature: await signedBy(1, request) });
    expect([status, body.state, body.record?.exitCode, keepers.asked]).to.deep.equal([200, "ended", 65, 1]);
    expect(body.record?.run).to.equal(runRequestDigest(DOMAIN, request));
  });

  it("takes a request once, after a restart too; a replay costs its caller nothing", async () => {
    const request = requestOf("echo");
    const signed = { request, signature: await signedBy(1, request) };
    expect((await post(signed)).status).to.equal(200);
    for (const again of [1, 2]) {
      const { status, body } = await post(signed);
      expect([again, status, body.code]).to.deep.equal([again, 409, "REQUEST_REPLAYED"]);
    }
    await served.service.stop();
    served = await startService(folder, keepers);
    expect((await post(signed)).body.code).to.equal("REQUEST_REPLAYED");
  });

  it("counts fuel where the manifest or the caller has a limit of it, and says so in the record", async () => {
    const { record } = await served.as(1).run({ module: moduleOf("spends") });
    expect([record.outcome, record.exitCode, record.limits.fuel, record.used.fuel]).to.deep.equal(["trapped", 1, 1_000, 1_000]);
    const lower = await served.as(1).run({ module: moduleOf("spends"), limits: { fuel: 10 } });
    expect([lower.record.limits.fuel, lower.record.used.fuel]).to.deep.equal([10, 10]);
    expect(await codeOf(served.as(1).run({ module: moduleOf("spends"), limits: { fuel: 1_001 } }))).to.equal("RUN_REFUSED");
    const echoed = await served.as(1).run({ module: moduleOf("echo"), limits: { fuel: 1_000_000 } });
    expect([echoed.record.outcome, echoed.record.used.fuel]).to.satisfy(
      ([outcome, fuel]: [string, number]) => outcome === "exited" && fuel > 1,
    );
    expect((await served.as(1).run({ module: moduleOf("echo") })).record.used.fuel).to.equal(undefined);
  });

  it("runs nothing for who is not listed, and does not tell that from a wrong signature", async () => {
    const stranger = requestOf("echo", { caller: callerWallet(3).address.toLowerCase() });
    const forged = requestOf("echo");
    const answers = [
      await post({ request: stranger, signature: await signedBy(3, stranger) }),
      await post({ request: forged, signature: await signedBy(2, forged) }),
    ];
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).to.have.length(1);
    expect(answers[0]?.body.code).to.equal("CALLER_NOT_ALLOWED");
    expect(await codeOf(served.as(2).run({ module: moduleOf("loop") }))).to.equal("MODULE_NOT_ALLOWED");
  });

  it("keeps denied, not final and unavailable apart, and asks keepers that are away again while the run has time", async () => {
    for (const code of ["ACCESS_DENIED", "PERMISSION_NOT_FINAL"] as const) {
      keepers.answer = keepersThatSay(new KeyquorumError(code)).answer;
      expect(await codeOf(served.as(1).run({ module: moduleOf("shows") }))).to.equal(code);
    }
    keepers.asked = 0;
    keepers.answer = async () => {
      if (keepers.asked < 3) throw new KeyquorumError("UNAVAILABLE");
      return "A secret";
    };
    const request = requestOf("shows");
    const { body } = await post({ request, signature: await signedBy(1, request) });
    expect([body.record?.exitCode, keepers.asked]).to.deep.equal([65, 3]);
  });

  it("tells a run to its caller alone, outputs only where they were kept", async () => {
    const kept = await served.as(2).run({ ...{ module: moduleOf("echo"), keepOutput: true }, stdin: Buffer.from("kept") });
    const other = await served.as(2).run({ module: moduleOf("echo"), stdin: Buffer.from("not kept") });
    expect(Buffer.from((await served.as(2).read(kept.id)).stdout ?? "", "base64").toString()).to.equal("kept");
    expect((await served.as(2).read(other.id)).stdout).to.equal(undefined);
    expect(await codeOf(served.as(1).read(kept.id))).to.equal("UNKNOWN_RUN");
    expect(await codeOf(served.as(3).read(kept.id))).to.equal("CALLER_NOT_ALLOWED");
    expect(new Set((await served.as(2).list()).map(({ id }) => id))).to.deep.equal(new Set([kept.id, other.id]));
  });

  it("has a bounded queue: 429 and when to come back, and the nonce is not used up", async () => {
    const requests = await Promise.all(
      [1, 1, 1, 1].map(async (caller) => {
        const request = requestOf("loop");
        return { request, signature: await signedBy(caller, request) };
      }),
    );
    const answers = [];
    for (const request of requests) answers.push(await post(request, 0));
    expect(answers.map(({ status }) => status)).to.deep.equal([202, 202, 202, 429]);
    expect(Number(answers[3]?.retryAfter)).to.be.at.least(1);
    const [first] = requests;
    const ended = await served.as(1).read(runRequestDigest(DOMAIN, first?.request as RunRequest), { waitSeconds: 20 });
    expect(ended.record?.outcome).to.equal("limit: cpu");
    expect((await post(requests[3], 0)).status).to.equal(202);
    for (const { request } of requests) await served.as(1).read(runRequestDigest(DOMAIN, request), { waitSeconds: 20 });
  });

  it("when it is told to stop, finishes what runs, ends what waits, and takes nothing more", async () => {
    const requests = await Promise.all(
      [1, 2].map(async () => {
        const request = requestOf("loop");
        return { request, signature: await signedBy(1, request) };
      }),
    );
    const answers = Promise.all(requests.map((request) => post(request, 20)));
    for (;;) {
      const now = (await (await fetch(`${served.url}/v1/runner`)).json()) as { readonly running: number; readonly waiting: number };
      if (now.running === 1 && now.waiting === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 20)); // the test's own limit ends a wait that is for ever
    }
    const [[running, waiting]] = await Promise.all([answers, served.service.stop()]);
    const ends = [running, waiting].map((answer) => answer?.body.record?.outcome ?? answer?.body.failure?.code);
    expect(ends.sort()).to.deep.equal(["SHUTTING_DOWN", "limit: cpu"]);
    expect([running, waiting].flatMap((answer) => answer?.body.failure?.retryable ?? [])).to.deep.equal([false]); // its nonce is used up
    served = await startService(folder, keepers);
    const kept = await Promise.all(requests.map(({ request }) => served.as(1).read(runRequestDigest(DOMAIN, request))));
    expect(kept.map(({ state }) => state).sort()).to.deep.equal(["ended", "failed"]);
  });

  it("says how it is: live, ready, figures without names, and which limits hold", async () => {
    await served.as(1).run({ module: moduleOf("echo") });
    expect((await fetch(`${served.url}/livez`)).status).to.equal(200);
    expect((await fetch(`${served.url}/readyz`)).status).to.equal(200);
    const text = await (await fetch(`${served.url}/metrics`)).text();
    expect(text)
      .to.match(/runner_runs_total\{outcome="exited"\} [1-9]/)
      .and.not.include(callerWallet(1).address.toLowerCase());
    const runner = (await (await fetch(`${served.url}/v1/runner`)).json()) as {
      readonly runner: string;
      readonly limits: readonly unknown[];
    };
    expect([runner.runner, runner.limits.length]).to.deep.equal([DOMAIN.runner, 7]);
  });
});
