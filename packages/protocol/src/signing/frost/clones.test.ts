// Attack S5: copies of a keeper. On a copied disk there is no nonce; a copied memory is as good as its original, and only a shared disk stands between.
import type { HedgedRandom } from "@keyquorum/threshold";
import { expect } from "chai";
import { equationsOf } from "../../testing/frostSimulation.ts";
import { createFrostTrial } from "../../testing/frostTrial.ts";
import { solveShare } from "../../testing/nonceSolver.ts";
import type { NonceMessage, ShareAsk, ShareMessage } from "../messages.ts";
import type { SignerPorts } from "../ports.ts";
import { createFrostSigner, type FrostSigner } from "./signer.ts";

type Trial = ReturnType<typeof createFrostTrial>;
type Sent = { readonly slot: number; readonly ask: ShareAsk; readonly share: ShareMessage };

/** A signer beside keeper 3's own, as its memory was when it began: boot, source of nonces and clock are the same. `store` is its disk. */
const copyOf = ({ at }: Trial, random: () => HedgedRandom, store: SignerPorts["store"]): FrostSigner =>
  createFrostSigner(async () => undefined, { ...at(3).ports, store, randomOf: () => random() });

/** Each copy is asked for a share of another package with the one nonce that they all have. */
const askAll = async (trial: Trial, copies: readonly FrostSigner[], noncesOfCopies: readonly NonceMessage[]): Promise<readonly Sent[]> => {
  const sent: Sent[] = [];
  for (const [i, copy] of copies.entries()) {
    const others = await trial.nonceOf(1);
    const ask = trial.askShare(1, [others, noncesOfCopies[i] as NonceMessage]);
    const share = await copy.share(ask).catch(() => undefined);
    if (share !== undefined) sent.push({ slot: 3, ask, share });
  }
  return sent;
};

/** The same nonces in every copy: what a copied memory has. */
const sameRandom = (trial: Trial): (() => HedgedRandom) => {
  const bytes = trial.dice.bytes(64);
  // Both nonces, then fresh ones: the next commitment is drawn after the copy was made.
  return () => {
    let at = 0;
    return ((length: number) => {
      at += length;
      return at <= 64 ? bytes.slice(at - length, at) : trial.dice.bytes(length);
    }) as HedgedRandom;
  };
};

describe("Copies of a signer (attack S5)", () => {
  it("three copies of one memory, each with a disk of its own, give the key share away: that is the planted reuse, and the solver finds it (the control)", async () => {
    const trial = createFrostTrial();
    const random = sameRandom(trial);
    const copies = [1, 2, 3].map(() => copyOf(trial, random, async () => undefined));
    const ask = trial.askNonce(1, 3);
    const nonces = await Promise.all(copies.map((copy) => copy.nonce(ask)));
    expect(new Set(nonces.map(({ d }) => Buffer.from(d).toString("hex"))).size, "one nonce").to.equal(1);
    const sent = await askAll(trial, copies, nonces);
    expect(sent.length).to.equal(3);
    expect(solveShare(equationsOf(trial.requests, sent))).to.equal(trial.key.shareAt(3));
    expect(solveShare(equationsOf(trial.requests, sent.slice(1))), "two are one equation short").to.equal(undefined);
  });

  it("three copies of one memory on one disk give one share: the marker is there first", async () => {
    const trial = createFrostTrial();
    const random = sameRandom(trial);
    const copies = [1, 2, 3].map(() => copyOf(trial, random, trial.at(3).ports.store));
    const ask = trial.askNonce(1, 3);
    const nonces = await Promise.all(copies.map((copy) => copy.nonce(ask)));
    const sent = await askAll(trial, copies, nonces);
    expect([sent.length, solveShare(equationsOf(trial.requests, sent))]).to.deep.equal([1, undefined]);
  });

  it("copies that start from a copied disk have no nonce: whatever a hostile coordinator replays, nothing is found", async () => {
    const trial = createFrostTrial();
    const sent: Sent[] = [];
    const shown: NonceMessage[] = [];
    for (let life = 0; life < 8; life += 1) {
      shown.push(await trial.nonceOf(3));
      const mine = await trial.nonceOf(1);
      for (const own of shown) {
        const ask = trial.askShare(1, [mine, own]);
        const share = await trial.shareOf(3, ask).catch(() => undefined);
        if (share !== undefined) sent.push({ slot: 3, ask, share });
      }
      trial.at(3).restart();
      trial.pass(10_000);
    }
    expect(sent.length, "one in each life").to.equal(8);
    expect(new Set(sent.map(({ share }) => share.nonceId)).size).to.equal(8);
    expect(solveShare(equationsOf(trial.requests, sent))).to.equal(undefined);
  });

  it("a source that repeats itself with the process still gives other nonces for another request, coordinator or life (D59)", async () => {
    const { at, nonceOf, requests } = createFrostTrial();
    const nonces = [await nonceOf(3), await nonceOf(3, 5), await nonceOf(3, 1, requests[1])];
    at(3).restart();
    nonces.push(await nonceOf(3));
    expect(new Set(nonces.map(({ d }) => Buffer.from(d).toString("hex"))).size).to.equal(4);
  });
});
