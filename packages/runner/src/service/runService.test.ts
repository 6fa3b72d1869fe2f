import { createHash } from "node:crypto";
import { silentLogger } from "@keyquorum/daemon";
import { type Hash32, KeyquorumError, type RunBody, type RunRecordBody, type RunRequest, runRequestTypedData } from "@keyquorum/wire";
import { expect } from "chai";
import type { FinishedRun } from "../moduleRun.ts";
import { DEFAULT_LIMITS } from "../run/limits.ts";
import { callerWallet, DOMAIN } from "../testing/servedRunner.ts";
import { ServiceError } from "./runnerError.ts";
import { createRunQueue } from "./runQueue.ts";
import { createRunService } from "./runService.ts";
import type { RunEnd } from "./runsFile.ts";
import type { ServedModule } from "./servedModules.ts";

const MODULE = `0x${"ab".repeat(32)}` as Hash32;
const CALLER = callerWallet(1).address.toLowerCase() as never;
const NOTHING = `0x${createHash("sha256").update("").digest("hex")}`;

describe("The end of a run that the disk does not take", () => {
  const setUp = () => {
    const disk = { isFull: false, ends: new Map<string, RunEnd>(), rows: new Map<string, RunBody>() };
    const served = {
      ...{ hash: MODULE, manifest: { args: [] }, limits: DEFAULT_LIMITS, callers: undefined, callerMay: new Set() },
      module: () => ({ hash: MODULE }),
    } as unknown as ServedModule; // what a check uses of it
    const service = createRunService({
      check: {
        ...{ domain: DOMAIN, callers: new Set([CALLER]), modules: { find: () => served }, maxStdinBytes: 0, maxDeadlineSeconds: 600 },
        ...{ keepOutput: true, now: Date.now },
      },
      runs: {
        isTaken: () => false,
        accept: ({ id, module, acceptedAt }) => {
          disk.rows.set(id, { id, module, acceptedAt, state: "queued" });
          return true;
        },
        begin: () => undefined,
        end: ({ id }, end) => {
          if (disk.isFull) throw new ServiceError("RUNS_UNUSABLE", "No room is left.");
          disk.ends.set(id, end);
        },
        read: (caller, id) => (caller === CALLER ? disk.rows.get(id) : undefined),
        list: () => [...disk.rows.values()],
      },
      queue: createRunQueue({ concurrency: 1, queue: 8, perCaller: 8 }),
      rates: { take: () => undefined },
      perform: async () =>
        ({
          result: { stdout: Buffer.from("out"), stderr: Buffer.from(""), used: { cpuMs: 1, wallMs: 1 } },
          record: { outcome: "exited", secrets: [], module: MODULE } as unknown as RunRecordBody,
        }) as unknown as FinishedRun,
      log: silentLogger,
    });
    return { disk, service };
  };
  let nonces = 0;
  const signed = async (keepOutput: boolean) => {
    const request: RunRequest = {
      ...{ caller: CALLER, module: MODULE, args: [], stdin: NOTHING, limits: {}, keepOutput },
      ...{ nonce: `0x${String(++nonces).padStart(64, "0")}`, deadline: String(Math.floor(Date.now() / 1000) + 60) },
    };
    const { domain, types, message } = runRequestTypedData(DOMAIN, request);
    return { request, signature: (await callerWallet(1).signTypedData(domain, types, message)).toLowerCase() };
  };
  const codeOf = (work: () => unknown): string => {
    try {
      work();
      return "done";
    } catch (error) {
      return error instanceof KeyquorumError ? error.code : String(error);
    }
  };

  it("is told to its caller from memory, to nobody else, and is written when there is room; until then nothing is accepted", async () => {
    const { disk, service } = setUp();
    disk.isFull = true;
    const id = service.accept(await signed(false));
    const waited = await service.read(CALLER, id, 5_000);
    expect([waited.state, waited.record?.outcome, waited.stdout]).to.deep.equal(["ended", "exited", Buffer.from("out").toString("base64")]);
    const later = await service.read(CALLER, id, 5_000);
    expect([later.state, later.record?.outcome, later.stdout], "later: without what nobody had kept").to.deep.equal([
      "ended",
      "exited",
      undefined,
    ]);
    expect(service.list(CALLER).map(({ state }) => state)).to.deep.equal(["ended"]);
    const other = await service.read(callerWallet(2).address.toLowerCase() as never, id, 0).catch(({ code }) => code);
    expect([other, service.unwritten()]).to.deep.equal(["UNKNOWN_RUN", 1]);
    const next = await signed(false);
    expect(codeOf(() => service.accept(next))).to.equal("UNAVAILABLE");
    service.keepEnds();
    expect([disk.ends.size, service.unwritten()]).to.deep.equal([0, 1]);
    disk.isFull = false;
    service.keepEnds();
    expect([disk.ends.get(id)?.record?.outcome, service.unwritten(), codeOf(() => service.accept(next))]).to.deep.equal([
      ...["exited", 0, "done"],
    ]);
  });

  it("is written by a stop, too", async () => {
    const { disk, service } = setUp();
    disk.isFull = true;
    const id = service.accept(await signed(true));
    await service.read(CALLER, id, 5_000);
    expect((await service.read(CALLER, id, 0)).stdout).to.equal(Buffer.from("out").toString("base64"));
    disk.isFull = false;
    await service.drain();
    expect(disk.ends.get(id)?.stdout?.length).to.equal(3);
  });
});
