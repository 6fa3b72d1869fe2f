import { encodeScalar, parsePoint, verifySchnorrSignature } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createFrostTrial } from "../../testing/frostTrial.ts";
import { createVirtualTime } from "../../testing/virtualTime.ts";
import type { FrostAnswers, NonceMessage, ShareMessage } from "../messages.ts";
import { type CoordinatorPorts, MAX_GONE, SESSION_PATIENCE, type SigningFault, signWithFrost } from "./coordinator.ts";
import { FRESH_MILLISECONDS } from "./seats.ts";
import { commitmentOf, nonceIdOf, nonceStatement, packageHashOf, shareStatement } from "./statements.ts";

type Trial = ReturnType<typeof createFrostTrial>;
type Change = (slot: number, honest: FrostAnswers, again: { readonly pause: (ms: number) => Promise<void> }) => FrostAnswers;

/** Keeper 1 coordinates; `change` is what stands between it and each signer. */
const coordinate = async (trial: Trial, change: Change = (_slot, honest) => honest, ports: Partial<CoordinatorPorts> = {}) => {
  const time = createVirtualTime();
  const asked: string[] = [];
  const faults: SigningFault[] = [];
  const node = trial.at(1);
  const signer = (slot: number): FrostAnswers => {
    const answers = change(slot, trial.at(slot).signer, time);
    return {
      nonce: (ask) => {
        asked.push(`nonce ${slot}`);
        return answers.nonce(ask);
      },
      share: (ask) => {
        asked.push(`share ${slot}`);
        return answers.share(ask);
      },
    };
  };
  const work = signWithFrost({
    ...{
      context: node.context,
      boot: node.boot,
      request: trial.request,
      signer,
      now: time.now,
      pause: time.pause,
      admitBoot: node.admitBoot,
    },
    randomOf: (use) => node.nonces()({ ...use, purpose: "signing-question" }),
    onFault: async (fault) => void faults.push(fault),
    ...ports,
  });
  const made = await time.run(work).catch((error: unknown) => {
    if (!(error instanceof KeyquorumError)) throw error;
    return error;
  });
  return { made, asked, faults, time };
};
const never = (): Promise<never> => new Promise(() => undefined);
const refusing = (code: ConstructorParameters<typeof KeyquorumError>[0]) => () => Promise.reject(new KeyquorumError(code));
const isSignature = ({ request }: Trial, made: Awaited<ReturnType<typeof coordinate>>["made"]): boolean =>
  !(made instanceof KeyquorumError) && verifySchnorrSignature(request.publicKey, request.digest, made.signature);

describe("A coordinator", () => {
  it("makes a signature of the first t+1 that answer, in one session", async () => {
    const trial = createFrostTrial();
    const { made, asked } = await coordinate(trial);
    expect([isSignature(trial, made), made instanceof KeyquorumError ? 0 : made.attempts]).to.deep.equal([true, 1]);
    expect(asked.filter((one) => one.startsWith("share")).length).to.equal(2);
  });

  it("signs for a derived key", async () => {
    const trial = createFrostTrial();
    const request = trial.key.requestFor(0, 12_345n);
    trial.requests[0] = request;
    const { made } = await coordinate(trial, undefined, { request });
    expect(!(made instanceof KeyquorumError) && verifySchnorrSignature(request.publicKey, request.digest, made.signature)).to.equal(true);
  });

  it("does not wait for who is silent: it opens a session beside theirs, after some patience", async () => {
    const trial = createFrostTrial();
    const { made, time } = await coordinate(trial, (slot, honest) => (slot === 1 ? { ...honest, share: never } : honest));
    expect([isSignature(trial, made), time.now()]).to.deep.equal([true, SESSION_PATIENCE]);
    expect(made instanceof KeyquorumError ? 0 : made.attempts).to.equal(2);
  });

  it("names who was wrong, with evidence, once, and goes on without", async () => {
    const trial = createFrostTrial();
    const { made, faults } = await coordinate(trial, (slot, honest) =>
      slot === 1 ? { ...honest, share: async (ask) => wrongShare(trial, await honest.share(ask), ask.nonces) } : honest,
    );
    expect([isSignature(trial, made), faults.map(({ slot }) => slot)]).to.deep.equal([true, [1]]);
    expect(made instanceof KeyquorumError ? [] : made.faults).to.deep.equal(faults);
  });

  it("names nobody for what nobody signed, or what belongs to another attempt", async () => {
    for (const change of [
      { signature: new Uint8Array(65) },
      { z: new Uint8Array(32).fill(1) },
      { attempt: trialHash },
      { nonceId: trialHash },
      { signer: { slot: 3, boot: trialHash } },
    ]) {
      const trial = createFrostTrial();
      const { made, faults } = await coordinate(trial, (slot, honest) =>
        slot === 1 ? { ...honest, share: async (ask) => ({ ...(await honest.share(ask)), ...change }) } : honest,
      );
      expect([isSignature(trial, made), faults]).to.deep.equal([true, []]);
    }
  });

  it("takes nobody's share for another's, though it is right", async () => {
    const trial = createFrostTrial();
    const { made, faults } = await coordinate(trial, (slot, honest) =>
      slot === 1 ? { ...honest, share: (ask) => trial.at(3).signer.share(ask) } : honest,
    );
    expect([isSignature(trial, made), faults, made instanceof KeyquorumError ? 0 : made.attempts]).to.deep.equal([true, [], 2]);
  });

  it("waits until what names somebody is durable, and is over where it cannot be", async () => {
    const trial = createFrostTrial();
    const { made } = await coordinate(
      trial,
      (slot, honest) => (slot === 1 ? { ...honest, share: async (ask) => wrongShare(trial, await honest.share(ask), ask.nonces) } : honest),
      { onFault: refusing("UNAVAILABLE") },
    );
    expect(made instanceof KeyquorumError && made.code).to.equal("UNAVAILABLE");
  });

  it("is over where it cannot wait: its keeper stops", async () => {
    const { made } = await coordinate(createFrostTrial(), (slot, honest) => (slot === 1 ? { ...honest, share: never } : honest), {
      pause: refusing("SHUTTING_DOWN"),
    });
    expect(made instanceof KeyquorumError && made.code).to.equal("SHUTTING_DOWN");
  });

  it("takes a nonce that is gone for no fault: it is asked for anew, and the attempt does not count", async () => {
    const trial = createFrostTrial();
    let isFirst = true;
    const { made, faults } = await coordinate(trial, (slot, honest) =>
      slot === 1
        ? {
            ...honest,
            share: (ask) => {
              if (!isFirst) return honest.share(ask);
              isFirst = false;
              return refusing("SIGNING_NONCE_GONE")();
            },
          }
        : slot === 3
          ? { ...honest, nonce: refusing("ACCESS_DENIED") }
          : honest,
    );
    expect([isSignature(trial, made), faults, made instanceof KeyquorumError ? 0 : made.attempts]).to.deep.equal([true, [], 1]);
  });

  it("asks a signer whose nonces are always gone so often, and no more", async () => {
    const trial = createFrostTrial();
    const { made, asked } = await coordinate(trial, (slot, honest) =>
      slot === 3
        ? { ...honest, share: refusing("SIGNING_NONCE_GONE") }
        : slot === 5
          ? { nonce: refusing("UNAVAILABLE"), share: never }
          : honest,
    );
    expect(made instanceof KeyquorumError && made.code).to.equal("TOO_FEW_SIGNERS");
    expect(asked.filter((one) => one === "share 3").length).to.equal(MAX_GONE + 1);
    expect(made instanceof KeyquorumError && made.details.perKeeper).to.deep.equal(["1 idle", "3 SIGNING_NONCE_GONE", "5 UNAVAILABLE"]);
  });

  it("says who said what where too few sign: denied and unavailable stay apart", async () => {
    const trial = createFrostTrial();
    const { made } = await coordinate(trial, (slot, honest) =>
      slot === 1
        ? honest
        : { ...honest, nonce: slot === 3 ? refusing("ACCESS_DENIED") : () => Promise.reject(new Error("secret 0xdeadbeef")) },
    );
    expect(made instanceof KeyquorumError && [made.code, made.details]).to.deep.equal([
      "TOO_FEW_SIGNERS",
      { have: 1, need: 2, perKeeper: ["1 idle", "3 ACCESS_DENIED", "5 UNAVAILABLE"] },
    ]);
    expect(JSON.stringify(made)).to.not.contain("deadbeef");
  });

  it("asks nobody that it was told to leave out", async () => {
    const trial = createFrostTrial();
    const { made, asked } = await coordinate(trial, undefined, { excluded: new Map([[3, "BAD_SHARE"]]) });
    expect([isSignature(trial, made), asked.filter((one) => one.endsWith("3"))]).to.deep.equal([true, []]);
  });

  it("asks anew for a nonce that is older than 8 s, before it opens a session", async () => {
    const trial = createFrostTrial();
    const { made, asked } = await coordinate(trial, (slot, honest, { pause }) => {
      if (slot === 5) return { ...honest, nonce: refusing("UNAVAILABLE") };
      return slot === 3
        ? { ...honest, nonce: async (ask) => pause(FRESH_MILLISECONDS - 100).then(() => honest.nonce(ask)) }
        : { ...honest, nonce: (ask) => honest.nonce(ask) };
    });
    expect([isSignature(trial, made), asked.filter((one) => one === "nonce 1").length], "8 s are not over").to.deep.equal([true, 1]);
    const late = createFrostTrial();
    let isFirst = true;
    const again = await coordinate(late, (slot, honest, { pause }) => {
      if (slot === 5) return { ...honest, nonce: refusing("UNAVAILABLE") };
      if (slot !== 3 || !isFirst) return honest;
      isFirst = false;
      return { ...honest, nonce: async (ask) => pause(FRESH_MILLISECONDS + 1).then(() => honest.nonce(ask)) };
    });
    // Both are too old: keeper 3's was asked for as long ago.
    expect([isSignature(late, again.made), again.asked.filter((one) => one.startsWith("nonce"))]).to.deep.equal([
      true,
      ["nonce 1", "nonce 3", "nonce 5", "nonce 1", "nonce 3"],
    ]);
  });

  const bad: Record<string, (nonce: NonceMessage, trial: Trial) => Promise<NonceMessage> | NonceMessage> = {
    "without its signature": (nonce) => ({ ...nonce, signature: new Uint8Array(65) }),
    "that does not decode": (nonce) => ({ ...nonce, d: new Uint8Array(33) }),
    "with one point twice": (nonce, { at }) => {
      const said = { ...nonce, d: nonce.e };
      const point = parsePoint(nonce.e);
      return { ...said, signature: at(3).context.sign(nonceStatement(said, nonceIdOf(said, { hiding: point, binding: point }))) };
    },
    "of another signer": (_nonce, trial) => trial.nonceOf(5),
    "for another coordinator": (_nonce, trial) => trial.nonceOf(3, 5),
    "for another request": (_nonce, trial) => trial.nonceOf(3, 1, trial.requests[1]),
  };
  for (const [what, change] of Object.entries(bad))
    it(`leaves out a signer whose commitment is one ${what}`, async () => {
      const trial = createFrostTrial();
      const { made, asked } = await coordinate(trial, (slot, honest) => {
        if (slot === 5) return { ...honest, nonce: refusing("UNAVAILABLE") };
        return slot === 3 ? { ...honest, nonce: async (ask) => change(await honest.nonce(ask), trial) } : honest;
      });
      expect(made instanceof KeyquorumError && made.details.perKeeper).to.deep.equal(["1 idle", "3 BAD_ANSWER", "5 UNAVAILABLE"]);
      expect(asked.filter((one) => one.startsWith("share"))).to.deep.equal([]);
    });

  it("leaves out a signer that shows one commitment twice, and one in an earlier life than it knows", async () => {
    const trial = createFrostTrial();
    await trial.at(1).admitBoot(4, 3, `0x${"f".repeat(64)}` as NonceMessage["requestId"]);
    const { made } = await coordinate(trial, (slot, honest) => (slot === 5 ? { ...honest, nonce: refusing("UNAVAILABLE") } : honest));
    expect(made instanceof KeyquorumError && made.details.perKeeper).to.deep.equal(["1 idle", "3 BAD_ANSWER", "5 UNAVAILABLE"]);
    const twice = createFrostTrial();
    let first: NonceMessage | undefined;
    const again = await coordinate(twice, (slot, honest) => {
      if (slot === 5) return { ...honest, nonce: refusing("UNAVAILABLE") };
      if (slot === 3) return { nonce: async (ask) => (first ??= await honest.nonce(ask)), share: refusing("SIGNING_NONCE_GONE") };
      return honest;
    });
    expect(again.made instanceof KeyquorumError && again.made.details.perKeeper).to.deep.equal(["1 idle", "3 BAD_ANSWER", "5 UNAVAILABLE"]);
  });
});

const trialHash = `0x${"ab".repeat(32)}` as NonceMessage["requestId"];

/** Another share, as its own signer would sign it. */
const wrongShare = ({ at }: Trial, share: ShareMessage, nonces: readonly NonceMessage[]): ShareMessage => {
  const message = { ...share, z: encodeScalar(7n) };
  const packageHash = packageHashOf(nonces.map((one) => commitmentOf(one) as NonNullable<ReturnType<typeof commitmentOf>>));
  return { ...message, signature: at(share.signer.slot).context.sign(shareStatement(message, packageHash)) };
};
