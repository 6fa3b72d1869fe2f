import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { type AdmissionLimits, createAdmission } from "./admission.ts";

const LIMITS: AdmissionLimits = {
  atOnce: { good: 4, unknown: 3, bad: 1 },
  atOncePerAddress: { good: 4, unknown: 3, bad: 1 },
  maxWaiting: 40,
  maxWaitingPerAddress: 20,
  maxWaitMilliseconds: 1_000,
  maxRecords: 100,
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("createAdmission", () => {
  let now: number;
  let sleeping: { readonly until: number; readonly wake: () => void }[];
  let lengths: number[];
  let admission: ReturnType<typeof createAdmission>;
  /** Addresses whose requests were begun, in that order. */
  let begun: string[];
  let working: { readonly address: string; readonly end: (error?: Error) => Promise<void> }[];
  beforeEach(() => {
    [now, sleeping, lengths, begun, working] = [0, [], [], [], []];
    admission = create();
  });
  const create = (limits: Partial<AdmissionLimits> = {}) =>
    createAdmission({
      limits: { ...LIMITS, ...limits },
      clock: {
        now: () => now,
        sleep: (milliseconds, signal) =>
          new Promise((resolve) => {
            sleeping.push({ until: now + milliseconds, wake: resolve });
            signal?.addEventListener("abort", () => resolve());
          }),
      },
      onWaiting: (length) => lengths.push(length),
    });
  const pass = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
    for (const { until, wake } of sleeping) if (until <= now) wake();
    await settled();
  };

  /** Sends a request whose work lasts until it is ended. Resolves with what became of it. */
  const send = (address: string, until = Number.POSITIVE_INFINITY): Promise<string> =>
    admission
      .run({ address, until }, async () => {
        begun.push(address);
        await new Promise<void>((resolve, reject) => {
          const end = (error?: Error): Promise<void> => {
            if (error === undefined) resolve();
            else reject(error);
            return settled();
          };
          working.push({ address, end });
        });
        return "answered";
      })
      .catch((error: unknown) => (error instanceof KeyquorumError ? error.code : "failed"));
  const endNext = async (error?: Error): Promise<void> => {
    await working.shift()?.end(error);
  };
  /** Ends all, one after the other, by failures that count for and against nobody. */
  const endAll = async (): Promise<void> => {
    while (working.length > 0) await endNext(new Error("passing"));
  };
  /** Gives an address a record: so many answers, or refusals. */
  const recorded = async (address: string, count: number, error?: Error): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1) {
      const outcome = send(address);
      await settled();
      await endNext(error);
      await outcome;
    }
    begun = [];
  };
  const refusal = (): Error => new KeyquorumError("ACCESS_DENIED");
  const fill = async (address = "filler"): Promise<void> => {
    for (let count = 0; count < 3; count += 1) void send(address);
    await settled();
    begun = [];
  };

  it("makes nobody wait while there are few", async () => {
    const outcomes = ["a", "b", "c"].map((address) => send(address));
    await settled();
    expect([begun, admission.waiting()]).to.deep.equal([["a", "b", "c"], 0]);
    while (working.length > 0) await endNext();
    expect(await Promise.all(outcomes)).to.deep.equal(["answered", "answered", "answered"]);
  });

  it("works on few at once, in the order in which they came, one address after the other", async () => {
    for (const address of ["a", "a", "a", "a", "a", "b", "c", "b"]) void send(address);
    await settled();
    expect([begun, admission.waiting()]).to.deep.equal([["a", "a", "a"], 5]);
    await endAll();
    expect(begun.slice(3)).to.deep.equal(["a", "b", "c", "a", "b"]);
    expect(admission.waiting()).to.equal(0);
  });

  it("lets who was answered lately go before unknown ones, and these before who was refused", async () => {
    await recorded("good", 2);
    await recorded("bad", 3, refusal());
    await fill();
    void send("good");
    for (const address of ["bad", "unknown", "good"]) void send(address);
    await settled();
    expect([begun, admission.waiting()]).to.deep.equal([["good"], 3]);
    await endAll();
    expect(begun).to.deep.equal(["good", "good", "unknown", "bad"]);
  });

  it("works on one bad request at a time, whatever is free", async () => {
    await recorded("bad", 3, refusal());
    for (let count = 0; count < 3; count += 1) void send("bad");
    await settled();
    expect([begun, admission.waiting()]).to.deep.equal([["bad"], 2]);
    void send("unknown");
    await settled();
    expect(begun).to.deep.equal(["bad", "unknown"]);
  });

  it("starves nobody: an unknown address has its turn within 5, a bad one within 17, however many good ones wait", async () => {
    for (const address of ["g0", "g1"]) await recorded(address, 2);
    await recorded("bad", 3, refusal());
    for (let count = 0; count < 4; count += 1) void send(`g${count % 2}`);
    await settled();
    for (const address of ["bad", "unknown"]) void send(address);
    begun = [];
    const good: string[] = [];
    for (let turn = 0; turn < 40 && !(begun.includes("bad") && begun.includes("unknown")); turn += 1) {
      while (admission.waiting() < 8) {
        good.push(`g${good.length % 2}`);
        void send(good.at(-1) ?? "g0");
      }
      await endNext();
    }
    expect(begun.indexOf("unknown")).to.be.within(0, 5);
    expect(begun.indexOf("bad")).to.be.within(6, 18);
  });

  it("is bounded in all and for each address, and says when to come back", async () => {
    const outcomes: Promise<string>[] = [];
    for (let count = 0; count < 24; count += 1) outcomes.push(send("a"));
    await settled();
    expect([working.length, admission.waiting(), await outcomes.at(-1)]).to.deep.equal([3, 20, "RATE_LIMITED"]);
    for (let count = 0; count < 20; count += 1) void send(`b${count}`);
    await settled();
    expect([admission.waiting(), await send("a")]).to.deep.equal([40, "RATE_LIMITED"]);
    for (let count = 0; count < 19; count += 1) void send(`c${count}`);
    await settled();
    expect([admission.waiting(), await send("another")]).to.deep.equal([40, "RATE_LIMITED"]);
    const error = (await admission.run({ address: "c", until: 1e9 }, async () => 1).catch((reason: unknown) => reason)) as KeyquorumError;
    expect([error.retryable, typeof error.details.retryAfterSeconds]).to.deep.equal([true, "number"]);
    expect(Math.max(...lengths)).to.equal(40);
  });

  it("keeps a full queue open to whoever stands better, or has less waiting", async () => {
    await recorded("good", 2);
    const flood = ["a", "b"].flatMap((address) => Array.from({ length: 23 }, () => send(address)));
    await settled();
    expect(admission.waiting()).to.equal(40);
    begun = [];
    const [newcomer, good] = [send("newcomer"), send("good")];
    await settled();
    expect(admission.waiting(), "the good one has begun").to.equal(39);
    await endAll();
    expect([await newcomer, await good]).to.deep.equal(["failed", "failed"]);
    expect(begun, "each has its turn").to.include.members(["good", "newcomer"]);
    expect((await Promise.all(flood)).filter((outcome) => outcome === "RATE_LIMITED")).to.have.lengthOf(5);
  });

  it("leaves places to others, however many requests of one address take long", async () => {
    admission = create({ atOncePerAddress: { good: 2, unknown: 2, bad: 1 } });
    for (const address of ["slow", "slow", "slow", "other"]) void send(address);
    await settled();
    expect([begun, admission.waiting()]).to.deep.equal([["slow", "slow", "other"], 1]);
  });

  it("lets nobody wait longer than a second and a half, or than the answer is worth something", async () => {
    await fill();
    const [patient, short] = [send("a"), send("b", 100)];
    await settled();
    await pass(99);
    expect(admission.waiting()).to.equal(2);
    await pass(1);
    expect([await short, admission.waiting()]).to.deep.equal(["RATE_LIMITED", 1]);
    await pass(900);
    expect([await patient, admission.waiting()]).to.deep.equal(["RATE_LIMITED", 0]);
    await endAll();
    expect(begun, "given up, so not begun").to.deep.equal([]);
  });

  it("frees the place of work that fails, and counts neither passing failures nor unexpected ones against its address", async () => {
    for (let count = 0; count < 5; count += 1) await recorded("a", 1, new KeyquorumError("UNAVAILABLE"));
    for (let count = 0; count < 5; count += 1) await recorded("a", 1, new Error("mine"));
    for (let count = 0; count < 3; count += 1) void send("a");
    await settled();
    expect(begun, "not bad: of a bad one only one is worked on at a time").to.deep.equal(["a", "a", "a"]);
  });

  it("forgets by and by what an address did", async () => {
    await recorded("a", 3, refusal());
    now += 900_000;
    for (let count = 0; count < 3; count += 1) void send("a");
    await settled();
    expect(begun).to.deep.equal(["a", "a", "a"]);
  });

  it("remembers no more addresses than it may, those of the last requests", async () => {
    admission = create({ maxRecords: 2 });
    for (const address of ["x", "y", "z"]) await recorded(address, 3, refusal());
    for (const address of ["x", "x", "y", "y"]) void send(address);
    await settled();
    expect(begun).to.deep.equal(["x", "x", "y"]);
  });
});
