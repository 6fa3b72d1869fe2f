import { encodePoint, encodeScalar, nobleBackend } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createFrostTrial } from "../../testing/frostTrial.ts";
import type { NonceMessage, ShareAsk } from "../messages.ts";
import { judgeShare } from "./judge.ts";
import { NONCES_PER_COORDINATOR, NONCES_PER_REQUEST } from "./liveNonces.ts";
import { createFrostSigner } from "./signer.ts";
import { commitmentOf, nonceIdOf, nonceStatement, shareAskStatement } from "./statements.ts";

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "answered",
    (error: unknown) => (error instanceof KeyquorumError ? error.code : `${error}`),
  );
const other = (hash: Hash32): Hash32 => `0x${hash.slice(2).split("").reverse().join("")}` as Hash32;

describe("A signer's nonce", () => {
  it("is shown, signed, to the coordinator that asked, by its id", async () => {
    const { at, nonceOf, request } = createFrostTrial();
    const nonce = await nonceOf(3);
    const commitment = commitmentOf(nonce);
    if (commitment === undefined) throw new Error("no points");
    expect([nonce.signer, nonce.coordinator, nonce.requestId, nonce.epoch]).to.deep.equal([
      { slot: 3, boot: at(3).boot },
      { slot: 1, boot: at(1).boot },
      request.requestId,
      request.epoch,
    ]);
    expect(at(1).context.isSignedBy(nonceStatement(nonce, nonceIdOf(nonce, commitment)), nonce.signature)).to.equal(true);
    expect(at(3).signer.live()).to.equal(1);
  });

  it("is authorised before it is shown: a refusal leaves none", async () => {
    const { at, nonceOf } = createFrostTrial();
    at(3).rules.permits = false;
    expect([await codeOf(nonceOf(3)), at(3).signer.live()]).to.deep.equal(["ACCESS_DENIED", 0]);
  });

  it("is the same for the same question, and another one for another", async () => {
    const { at, askNonce } = createFrostTrial();
    const ask = askNonce(1, 3);
    const [one, two, three] = [await at(3).signer.nonce(ask), await at(3).signer.nonce(ask), await at(3).signer.nonce(askNonce(1, 3))];
    expect([one === two, one === three, at(3).signer.live()]).to.deep.equal([true, false, 2]);
    const [four, five] = await Promise.all([askNonce(1, 3)].flatMap((same) => [at(3).signer.nonce(same), at(3).signer.nonce(same)]));
    expect([four === five, at(3).signer.live()], "at once, too").to.deep.equal([true, 3]);
  });

  const refusals: Record<string, readonly [string, (trial: ReturnType<typeof createFrostTrial>) => Promise<unknown>]> = {
    "whose question nobody signed": [
      "INVALID_SIGNATURE",
      (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), signature: new Uint8Array(65) }),
    ],
    "in another keeper's name": [
      "INVALID_SIGNATURE",
      (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), coordinator: { slot: 5, boot: t.at(5).boot } }),
    ],
    "from no member": [
      "INVALID_SIGNATURE",
      (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), coordinator: { slot: 9, boot: t.at(1).boot } }),
    ],
    "that was asked of another signer": ["INVALID_REQUEST", (t) => t.at(3).signer.nonce(t.askNonce(1, 5))],
    "with another id than was signed": ["INVALID_SIGNATURE", (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), askId: t.freshId() })],
    "for another request than was signed": [
      "INVALID_SIGNATURE",
      (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), requestId: other(t.request.requestId) }),
    ],
    "for a request that there is not": [
      "UNKNOWN_REQUEST",
      (t) => t.at(3).signer.nonce(t.askNonce(1, 3, { ...t.request, requestId: other(t.request.requestId) })),
    ],
    "in another epoch": ["EPOCH_NOT_SERVED", (t) => t.at(3).signer.nonce({ ...t.askNonce(1, 3), epoch: 5 })],
  };
  for (const [what, [code, ask]] of Object.entries(refusals))
    it(`${what} is refused: ${code}`, async () => {
      const trial = createFrostTrial();
      expect([await codeOf(ask(trial)), trial.at(3).signer.live()]).to.deep.equal([code, 0]);
    });

  it("is refused to an earlier life of its coordinator", async () => {
    const { at, askNonce } = createFrostTrial();
    const before = askNonce(1, 3);
    at(1).restart();
    await at(3).signer.nonce(askNonce(1, 3));
    expect(await codeOf(at(3).signer.nonce(before))).to.equal("OLDER_BOOT");
  });

  it(`A8: at most ${NONCES_PER_COORDINATOR} live for one request and coordinator; others have their own`, async () => {
    const { at, nonceOf, requests } = createFrostTrial();
    for (let i = 0; i < NONCES_PER_COORDINATOR; i += 1) await nonceOf(3);
    const { asked } = at(3).rules;
    expect([await codeOf(nonceOf(3)), at(3).rules.asked], "before anybody is asked whether it may").to.deep.equal(["RATE_LIMITED", asked]);
    expect(await codeOf(nonceOf(3, 5)), "another coordinator").to.equal("answered");
    expect(await codeOf(nonceOf(3, 1, requests[1])), "another request").to.equal("answered");
    expect(at(3).signer.live()).to.equal(NONCES_PER_COORDINATOR + 2);
  });

  it("A8: at most 1,024 / n live for one coordinator, whatever the requests", async function () {
    this.timeout(60_000);
    const { at, nonceOf, requests } = createFrostTrial({ slots: Array.from({ length: 64 }, (_, i) => i + 1) });
    for (let i = 0; i < 16; i += 1) expect(await codeOf(nonceOf(3, 1, requests[i])), `${i}`).to.equal("answered");
    expect(await codeOf(nonceOf(3, 1, requests[16]))).to.equal("RATE_LIMITED");
    expect(await codeOf(nonceOf(3, 2, requests[16])), "another coordinator").to.equal("answered");
    expect(at(3).signer.live()).to.equal(17);
  });

  it(`A8: at most ${NONCES_PER_REQUEST} in all for one request and coordinator`, async function () {
    this.timeout(60_000);
    const { at, nonceOf, pass } = createFrostTrial();
    for (let i = 0; i < NONCES_PER_REQUEST; i += 1) {
      expect(await codeOf(nonceOf(3)), `${i}`).to.equal("answered");
      pass(10_000);
    }
    expect(await codeOf(nonceOf(3))).to.equal("RATE_LIMITED");
    expect(await codeOf(nonceOf(3, 5)), "another coordinator").to.equal("answered");
    at(1).restart();
    expect(await codeOf(nonceOf(3)), "a further life, which is its own word").to.equal("RATE_LIMITED");
  });

  it("of a coordinator's earlier life does not stand in the way of its next one", async () => {
    const { at, nonceOf } = createFrostTrial();
    for (let i = 0; i < NONCES_PER_COORDINATOR; i += 1) await nonceOf(3);
    at(1).restart();
    expect([await codeOf(nonceOf(3)), at(3).signer.live()]).to.deep.equal(["answered", 1]);
  });
});

describe("A signer's share", () => {
  it("is right, durable, and comes with the next commitment", async () => {
    const { at, noncesOf, askShare, shareOf, request } = createFrostTrial();
    const nonces = await noncesOf([1, 3]);
    const share = await shareOf(3, askShare(1, nonces));
    expect(judgeShare(at(5).context, request, { nonces, share })).to.equal("right");
    const marker = at(3).disk.get(share.nonceId);
    expect([marker?.attempt, marker?.requestId, marker?.share]).to.deep.equal([share.attempt, request.requestId, share.z]);
    const next = commitmentOf(share.next as NonceMessage);
    expect([next === undefined, at(3).signer.live()]).to.deep.equal([false, 1]);
  });

  it("attack S4: the same question gets the same bytes, another package under the same nonce nothing", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const [one, two] = [await noncesOf([1, 3]), await noncesOf([1, 5])];
    const ask = askShare(1, one);
    const share = await shareOf(3, ask);
    expect(await shareOf(3, ask)).to.equal(share);
    for (const nonces of [
      [two[0], one[1]],
      [one[1], two[1]],
    ] as NonceMessage[][])
      expect(await codeOf(shareOf(3, askShare(1, nonces)))).to.equal("SIGNING_CONFLICT");
    expect(at(3).disk.size).to.equal(1);
  });

  it("attack S4: of two packages at once it answers one", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const [[a, own], [b]] = [await noncesOf([1, 3]), await noncesOf([1])] as [NonceMessage[], NonceMessage[]];
    const asks = [askShare(1, [a, own] as NonceMessage[]), askShare(1, [b, own] as NonceMessage[])];
    expect(await Promise.all(asks.map((ask) => codeOf(shareOf(3, ask))))).to.deep.equal(["answered", "SIGNING_CONFLICT"]);
    expect(at(3).disk.size).to.equal(1);
  });

  it("of the same question at once is computed once", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    const [one, two] = await Promise.all([shareOf(3, ask), shareOf(3, ask)]);
    expect([one === two, at(3).disk.size]).to.deep.equal([true, 1]);
  });

  it("attack 30: after a restart the nonce is gone, for the same question, too", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const nonces = await noncesOf([1, 3]);
    const ask = askShare(1, nonces);
    await shareOf(3, ask);
    at(3).restart();
    expect(await codeOf(shareOf(3, ask))).to.equal("SIGNING_NONCE_GONE");
    expect(at(3).disk.size).to.equal(1);
  });

  it("is authorised anew: rules that say no by now are obeyed, and the nonce is gone", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    at(3).rules.permits = false;
    expect(await codeOf(shareOf(3, ask))).to.equal("ACCESS_DENIED");
    at(3).rules.permits = true;
    expect([await codeOf(shareOf(3, ask)), at(3).disk.size]).to.deep.equal(["SIGNING_NONCE_GONE", 0]);
  });

  it("D27: that was stored is authorised anew, too, before it is sent again", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    await shareOf(3, ask);
    at(3).rules.permits = false;
    expect(await codeOf(shareOf(3, ask))).to.equal("ACCESS_DENIED");
  });

  it("is refused in another coordinator's name, and the nonce stays its coordinator's", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const nonces = await noncesOf([1, 3]);
    expect(await codeOf(shareOf(3, askShare(5, nonces))), "signed by another member").to.equal("SIGNING_NONCE_GONE");
    expect(await codeOf(shareOf(3, { ...askShare(1, nonces), signature: new Uint8Array(65) }))).to.equal("INVALID_SIGNATURE");
    const forged = { ...askShare(5, nonces), coordinator: { slot: 1, boot: at(1).boot } };
    expect(await codeOf(shareOf(3, forged))).to.equal("INVALID_SIGNATURE");
    expect(await codeOf(shareOf(3, askShare(1, nonces))), "control").to.equal("answered");
  });

  it("is refused to another life of its coordinator", async () => {
    const { at, noncesOf, askShare, shareOf } = createFrostTrial();
    const nonces = await noncesOf([1, 3]);
    at(1).restart();
    expect(await codeOf(shareOf(3, askShare(1, nonces)))).to.equal("SIGNING_NONCE_GONE");
  });

  type Trial = ReturnType<typeof createFrostTrial>;
  /** As a member that lies signs it. */
  const resigned = ({ at }: Trial, nonce: NonceMessage): NonceMessage => {
    const commitment = commitmentOf(nonce);
    if (commitment === undefined) throw new Error("no points");
    return { ...nonce, signature: at(nonce.signer.slot).context.sign(nonceStatement(nonce, nonceIdOf(nonce, commitment))) };
  };
  const signedAsk = ({ at }: Trial, ask: ShareAsk): ShareAsk => ({ ...ask, signature: at(1).context.sign(shareAskStatement(ask)) });
  const bad: Record<string, (trial: Trial, nonces: readonly [NonceMessage, NonceMessage]) => Promise<ShareAsk>> = {
    "with one signer too few": async (t, [, own]) => t.askShare(1, [own]),
    "with one signer too many": async (t, [a, own]) => t.askShare(1, [a, own, await t.nonceOf(5)]),
    "in descending order": async (t, [a, own]) => t.askShare(1, [own, a]),
    "with its own nonce twice": async (t, [, own]) => t.askShare(1, [own, own]),
    "with two nonces of its own": async (t, [, own]) => t.askShare(1, [own, await t.nonceOf(3)]),
    "with a commitment that its signer did not sign": async (t, [a, own]) => t.askShare(1, [{ ...a, signature: own.signature }, own]),
    "with a commitment that was altered": async (t, [a, own]) => t.askShare(1, [{ ...a, d: encodePoint(nobleBackend.mulG(5n)) }, own]),
    "with a commitment for another coordinator": async (t, [, own]) => t.askShare(1, [await t.nonceOf(1, 5), own]),
    "with a commitment for another request": async (t, [, own]) => t.askShare(1, [await t.nonceOf(1, 1, t.requests[1]), own]),
    "with a commitment of no member": async (t, [a, own]) => t.askShare(1, [{ ...a, signer: { ...a.signer, slot: 2 } }, own]),
    "under another attempt": async (t, [a, own]) => signedAsk(t, { ...t.askShare(1, [a, own]), attempt: t.freshId() }),
    "with a commitment that its signer made for another epoch": async (t, [a, own]) =>
      t.askShare(1, [resigned(t, { ...a, epoch: 5 }), own]),
    "with a commitment that its signer made for another slot": async (t, [a, own]) =>
      t.askShare(1, [resigned(t, { ...a, coordinator: { ...a.coordinator, slot: 5 } }), own]),
    "with a commitment that its signer made for another life": async (t, [a, own]) =>
      t.askShare(1, [resigned(t, { ...a, coordinator: { ...a.coordinator, boot: t.freshId() } }), own]),
  };
  for (const [what, make] of Object.entries(bad))
    it(`of a package ${what} is refused, and the nonce is gone: whatever is wrong is found too late for it`, async () => {
      const trial = createFrostTrial();
      const [a, own] = (await trial.noncesOf([1, 3])) as [NonceMessage, NonceMessage];
      const ask = await make(trial, [a, own]);
      expect(await codeOf(trial.shareOf(3, ask))).to.equal("INVALID_REQUEST");
      expect(await codeOf(trial.shareOf(3, trial.askShare(1, [a, own]))), "the right package").to.equal("SIGNING_NONCE_GONE");
      expect(trial.at(3).disk.size).to.equal(0);
    });

  it("attack S8, 26: of a package with bytes that are no point, or one point twice, is refused, and the nonce is gone", async () => {
    const twist = hexToBytes(`0x02${"00".repeat(31)}05`, 33); // no point has x = 5
    for (const d of [
      new Uint8Array(33),
      new Uint8Array(33).fill(6),
      twist,
      Uint8Array.of(2, ...new Uint8Array(32).fill(0xff)),
      new Uint8Array(65),
      undefined,
    ]) {
      const trial = createFrostTrial();
      const [a, own] = (await trial.noncesOf([1, 3])) as [NonceMessage, NonceMessage];
      const ask = trial.askShare(1, [a, own]);
      const shown = { ...ask, nonces: [{ ...a, d: d ?? a.e }, own] };
      expect(await codeOf(trial.shareOf(3, shown))).to.equal("INVALID_REQUEST");
      expect(await codeOf(trial.shareOf(3, ask))).to.equal("SIGNING_NONCE_GONE");
    }
  });

  it("attack S5: is refused to a coordinator of whom a later life was seen meanwhile", async () => {
    const { at, noncesOf, askShare, shareOf, request } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    at(1).restart();
    await at(3).admitBoot(request.epoch, 1, at(1).boot);
    expect([await codeOf(shareOf(3, ask)), at(3).disk.size]).to.deep.equal(["OLDER_BOOT", 0]);
  });

  it("is given though another signer's commitment is of an earlier life: who shows two lives keeps nobody else out", async () => {
    const { at, noncesOf, askShare, shareOf, request } = createFrostTrial();
    const ask = askShare(1, await noncesOf([3, 5]));
    at(5).restart();
    await at(3).admitBoot(request.epoch, 5, at(5).boot);
    expect(await codeOf(shareOf(3, ask))).to.equal("answered");
  });

  it("is refused by a keeper that is no longer a member, or no longer signs in that epoch", async () => {
    const { at, noncesOf, askNonce, askShare, shareOf, request } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    at(3).signer.endKey(request);
    expect([await codeOf(shareOf(3, ask)), at(3).signer.live()]).to.deep.equal(["SIGNING_NONCE_GONE", 0]);
    expect(await codeOf(at(3).signer.nonce(askNonce(1, 3)))).to.equal("EPOCH_NOT_SERVED");
    const own = at(5);
    const context = { ...own.context, members: [1, 3] };
    const signer = createFrostSigner(async () => undefined, { ...own.ports, contextOf: async () => context });
    expect(await codeOf(signer.share(ask))).to.equal("NOT_MEMBER");
  });

  it("is given for another key of an epoch that one key has left, and for that key in its next epoch's requests", async () => {
    const { at, nonceOf, noncesOf, askShare, shareOf, request, requests } = createFrostTrial();
    const ask = askShare(1, await noncesOf([1, 3]));
    const other = { ...(requests[1] as typeof request), keyId: request.requestId as unknown as typeof request.keyId };
    requests[1] = other;
    const nonces = [await nonceOf(1, 1, other), await nonceOf(3, 1, other)];
    at(3).signer.endKey({ ...request, epoch: request.epoch - 1 });
    expect(await codeOf(shareOf(3, ask)), "it left an earlier one").to.equal("answered");
    at(3).signer.endKey(request);
    expect(await codeOf(shareOf(3, ask)), "what was stored, too").to.equal("EPOCH_NOT_SERVED");
    expect(await codeOf(shareOf(3, askShare(1, nonces, other)))).to.equal("answered");
  });

  it("D56: is refused to a coordinator that was removed, and to a package with a removed signer", async () => {
    const { at, nonceOf, askNonce, askShare } = createFrostTrial({ slots: [1, 3, 5, 7] });
    const own = at(3);
    const members = { now: [1, 3, 5, 7] as readonly number[] };
    const signer = createFrostSigner(async () => undefined, {
      ...own.ports,
      contextOf: async () => ({ ...own.context, members: members.now }),
    });
    const [one, two, five] = [await signer.nonce(askNonce(1, 3)), await signer.nonce(askNonce(1, 3)), await nonceOf(5)];
    members.now = [1, 3, 7];
    expect(await codeOf(signer.share(askShare(1, [one, five])))).to.equal("INVALID_REQUEST");
    members.now = [3, 5, 7];
    expect(await codeOf(signer.share(askShare(1, [two, five])))).to.equal("INVALID_SIGNATURE");
  });
});

describe("A signer's memory", () => {
  const asked = async () => {
    const trial = createFrostTrial();
    return { ...trial, ask: trial.askShare(1, await trial.noncesOf([1, 3])) };
  };

  it("holds a nonce for 10 s of the monotonic clock", async () => {
    const { at, ask, pass, shareOf } = await asked();
    pass(9_999);
    at(3).signer.sweep();
    expect(at(3).signer.live()).to.equal(1);
    pass(1);
    at(3).signer.sweep();
    expect([at(3).signer.live(), await codeOf(shareOf(3, ask))]).to.deep.equal([0, "SIGNING_NONCE_GONE"]);
  });

  it("looks at the clock before it takes one, though nobody swept (SIGCONT)", async () => {
    const { at, ask, pass, shareOf } = await asked();
    pass(10_000);
    const before = at(3).rules.asked;
    expect([await codeOf(shareOf(3, ask)), at(3).rules.asked]).to.deep.equal(["SIGNING_NONCE_GONE", before]);
  });

  for (const [what, monotonic, wall] of [
    ["a machine that stood still: the time of day went on", 100, 5_101],
    ["a time of day that was set back", 100, -4_901],
    ["a monotonic clock that went back", -1, 0],
  ] as const)
    it(`erases a nonce where its clocks disagree about its age: ${what}`, async () => {
      const { at, ask, time, shareOf } = await asked();
      time.monotonic += monotonic;
      time.wall += wall;
      expect([await codeOf(shareOf(3, ask)), at(3).disk.size, at(3).signer.live()]).to.deep.equal(["SIGNING_NONCE_GONE", 0, 0]);
    });

  it("keeps one where they disagree by 5 s", async () => {
    const { ask, time, shareOf } = await asked();
    time.monotonic += 100;
    time.wall += 5_100;
    expect(await codeOf(shareOf(3, ask))).to.equal("answered");
  });

  /** A signer whose work takes until it is let go on. */
  const held = async (where: "authorise" | "store") => {
    const trial = createFrostTrial();
    const own = trial.at(3);
    const gate: { open: () => void; isClosed: boolean } = { open: () => undefined, isClosed: false };
    const wait = (): Promise<void> =>
      gate.isClosed ? new Promise((resolve) => Object.assign(gate, { open: resolve })) : Promise.resolve();
    const signer = createFrostSigner(() => (where === "authorise" ? wait() : Promise.resolve()), {
      ...own.ports,
      store: async (marker) => {
        await own.ports.store(marker);
        if (where === "store") await wait();
      },
    });
    const nonces = [await trial.nonceOf(1), await signer.nonce(trial.askNonce(1, 3))];
    gate.isClosed = true;
    const ask = trial.askShare(1, nonces);
    const answer = codeOf(signer.share(ask));
    for (let i = 0; i < 50; i += 1) await Promise.resolve();
    return { ...trial, signer, gate, answer, ask };
  };

  for (const where of ["authorise", "store"] as const) {
    it(`gives no share where 10 s pass while it waits for: ${where}`, async () => {
      const { gate, pass, answer, at, signer } = await held(where);
      pass(10_000);
      gate.open();
      expect([await answer, at(3).disk.size, signer.live()]).to.deep.equal(["SIGNING_NONCE_GONE", where === "store" ? 1 : 0, 0]);
    });

    it(`gives no share once it is stopped while it waits for: ${where}`, async () => {
      const { gate, answer, signer, at } = await held(where);
      signer.stop();
      gate.open();
      expect([await answer, signer.live(), at(3).disk.size]).to.deep.equal(["SHUTTING_DOWN", 0, where === "store" ? 1 : 0]);
    });

    it(`gives no share once the key left the epoch while it waits for: ${where}`, async () => {
      const { gate, answer, signer, request, at } = await held(where);
      signer.endKey(request);
      gate.open();
      expect([await answer, signer.live(), at(3).disk.size]).to.deep.equal(["EPOCH_NOT_SERVED", 0, where === "store" ? 1 : 0]);
    });
  }

  it("sends nothing that is not durable, and draws no next nonce for it", async () => {
    const trial = createFrostTrial();
    const own = trial.at(3);
    const full = async (): Promise<never> => {
      throw new KeyquorumError("UNAVAILABLE", "the disk is full");
    };
    const signer = createFrostSigner(async () => undefined, { ...own.ports, store: full });
    const ask = trial.askShare(1, [await trial.nonceOf(1), await signer.nonce(trial.askNonce(1, 3))]);
    expect([await codeOf(signer.share(ask)), await codeOf(signer.share(ask)), signer.live()]).to.deep.equal([
      "UNAVAILABLE",
      "SIGNING_NONCE_GONE",
      0,
    ]);
  });

  it("sends nothing under a nonce that has a marker already", async () => {
    const { at, ask, shareOf } = await asked();
    const own = ask.nonces[1] as NonceMessage;
    const nonceId = nonceIdOf(own, commitmentOf(own) as NonNullable<ReturnType<typeof commitmentOf>>);
    at(3).disk.set(nonceId, { nonceId, requestId: ask.requestId, attempt: ask.attempt, packageHash: ask.attempt, share: encodeScalar(1n) });
    expect(await codeOf(shareOf(3, ask))).to.equal("SIGNING_CONFLICT");
  });

  it("answers nothing once it is stopped", async () => {
    const { at, ask, askNonce, shareOf } = await asked();
    at(3).signer.stop();
    expect([await codeOf(shareOf(3, ask)), await codeOf(at(3).signer.nonce(askNonce(1, 3))), at(3).signer.live()]).to.deep.equal([
      "SHUTTING_DOWN",
      "SHUTTING_DOWN",
      0,
    ]);
  });

  it("erases the key share that it loaded, also where it signs nothing", async () => {
    const trial = createFrostTrial();
    const own = trial.at(3);
    const loaded: { readonly erased: boolean }[] = [];
    const signer = createFrostSigner(async () => undefined, {
      ...own.ports,
      shareOf: async (request) => {
        const share = await own.ports.shareOf(request);
        loaded.push(share);
        return share;
      },
    });
    const nonces = [await trial.nonceOf(1), await signer.nonce(trial.askNonce(1, 3))];
    await signer.share(trial.askShare(1, nonces));
    trial.pass(1);
    expect([loaded.length, loaded.every(({ erased }) => erased)]).to.deep.equal([2, true]);
  });
});
