import { combineShares, createServerKeyRedealing, nobleBackend, type Point, SecretScalar } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { createDice } from "../testing/random.ts";
import { Crash, createEncryptionSecret, createKeyring, createServerKeyNode, type ServerKeyNode } from "../testing/serverKeyNode.ts";
import { generateServerKey } from "./drive.ts";
import { endSession } from "./end.ts";
import { ServerKeyFailure } from "./failure.ts";
import type { MovedKey, Redealer, ServerKeyAnswers, ServerKeyProposal, ServerKeySession, ShownDealing } from "./messages.ts";
import { movedRowName, rowNameOf } from "./moved.ts";
import { confirmationStatement, dealingStatement, proposalStatement } from "./statements.ts";

const ID = parseHash32(`0x${"1d".repeat(32)}`);
const EPOCH = 8;
const NEW_SLOTS = [2, 5, 9];
const SEEDS = casesFor(8);
/** Dealers sign by keys of their own, which are no members'. */
const signerOf = (dealer: number): number => 100 + dealer;

/** A key whose shares lie at `places`, and the members in memory that get it. */
const createMove = async (seed: number, threshold: number, places: readonly bigint[]) => {
  const dice = createDice(seed);
  const world = { now: 1_000_000, crash: 0, lose: 0 };
  const keyring = createKeyring();
  const coefficients = Array.from({ length: threshold + 1 }, (_, i) => BigInt(1_000 * (i + 1) + (seed % 900)));
  const shareAt = (place: bigint): bigint => coefficients.reduceRight((sum, one) => sum * place + one, 0n);
  const publicKey = nobleBackend.mulG(coefficients[0] as bigint);
  const secrets = NEW_SLOTS.map((slot) => ({ slot, ...createEncryptionSecret(dice.bytes) }));
  const members = secrets.map(({ slot, encryptionKey }) => ({ slot, encryptionKey }));
  const isDealtBy: Parameters<typeof createServerKeyNode>[0]["isDealtBy"] = (dealer, said, signature) =>
    keyring.isSignedBy(signerOf(dealer), said, signature);
  const nodes = await Promise.all(
    secrets.map(({ slot, secret }) =>
      createServerKeyNode({
        ...{ slot, members, keyring, dice, encryptionSecret: secret, isDealtBy },
        ...{ now: () => world.now, crash: () => world.crash },
      }),
    ),
  );
  const moved: MovedKey = {
    ...{ publicKey, about: Uint8Array.of(1, 2, 3) },
    dealers: places.map((place, i) => ({ dealer: i + 1, place, verifyingShare: nobleBackend.mulG(shareAt(place)) })),
  };
  const proposalOf = (coordinator: number, changes: Partial<ServerKeyProposal> = {}): ServerKeyProposal => ({
    ...{ serverKeyId: ID, author: parseAddress(`0x${"aa".repeat(20)}`), authorSignature: new Uint8Array(65).fill(1), threshold },
    ...{ epoch: EPOCH, members: NEW_SLOTS, coordinator, moved, ...changes },
  });
  const dealOne = (
    session: ServerKeySession,
    { dealer, place }: Redealer,
    changes: { share?: bigint; recipients?: typeof members } = {},
  ) => {
    const { share = shareAt(place), recipients = members } = changes;
    const input = { sid: hexToBytes(session.sid, 32), dealer, share: SecretScalar.from(share), threshold, recipients };
    const dealing = createServerKeyRedealing(input, dice.bytes);
    const signature = keyring.sign(signerOf(dealer), dealingStatement(session, dealer, new Uint8Array(32), dealing));
    return { slot: dealer, dealing, signature };
  };
  const dealAll = async (session: ServerKeySession): Promise<readonly ShownDealing[]> =>
    (session.proposal.moved?.dealers ?? []).map((one) => dealOne(session, one));
  const at = (slot: number): ServerKeyNode => nodes.find((one) => one.slot === slot) as ServerKeyNode; // true: of NEW_SLOTS
  const reach = async <Answer>(slot: number, ask: (answers: ServerKeyAnswers) => Promise<Answer>): Promise<Answer> => {
    if (at(slot).isDown || dice.chance(world.lose)) throw new KeyquorumError("UNAVAILABLE", "silent");
    return ask(at(slot).answers).catch(async (error: unknown) => {
      if (error instanceof Crash) await at(slot).restart();
      throw error;
    });
  };
  const peer = (slot: number): ServerKeyAnswers => ({
    propose: (ask) => reach(slot, (to) => to.propose(ask)),
    commit: (ask, from) => reach(slot, (to) => to.commit(ask, from)),
    deal: (ask, from) => reach(slot, (to) => to.deal(ask, from)),
    verdict: (ask, from) => reach(slot, (to) => to.verdict(ask, from)),
    confirm: (ask, from) => reach(slot, (to) => to.confirm(ask, from)),
    result: (ask, from) => reach(slot, (to) => to.result(ask, from)),
    abort: (ask, from) => reach(slot, (to) => to.abort(ask, from)),
  });
  /** "key", or why not. */
  const outcomeOf = (slot: number, work: Promise<Point>): Promise<string> =>
    work.then(
      (key) => (key.equals(publicKey) ? "key" : "another key"),
      async (error: unknown) => {
        if (error instanceof Crash) {
          await at(slot).restart();
          return "killed";
        }
        if (!(error instanceof ServerKeyFailure)) throw error;
        return `${error.reason} ${error.slot ?? "-"}`;
      },
    );
  const move = (coordinator: number, changes: Partial<ServerKeyProposal> = {}, dealtBy = dealAll): Promise<string> => {
    const node = at(coordinator);
    const proposal = proposalOf(coordinator, changes);
    return outcomeOf(coordinator, generateServerKey({ own: node.own, peer }, node.contextOf(proposal), proposal, dealtBy));
  };
  const endAll = async (): Promise<readonly string[]> => {
    const outcomes: string[] = [];
    for (const node of nodes)
      for (const { proposal } of await node.own.bound())
        outcomes.push(await outcomeOf(node.slot, endSession({ own: node.own, peer }, node.contextOf(proposal), rowNameOf(proposal))));
    return outcomes;
  };
  const stages = (): readonly string[] => nodes.map(({ disk }) => disk.get(movedRowName(ID, EPOCH))?.stage ?? "none");
  const sum = (slots: readonly number[]): Point =>
    nobleBackend.mulG(
      combineShares(slots.map((slot) => ({ slot, share: at(slot).shares.get(movedRowName(ID, EPOCH))?.reveal() as bigint }))),
    );
  return { dice, world, nodes, at, peer, moved, publicKey, proposalOf, dealOne, dealAll, move, endAll, stages, sum };
};

describe("sessions of keys that are there already", () => {
  it("give every member a share of the same public key, by t+1 dealers or more, and have a row for each epoch", async () => {
    for (const [threshold, places] of [
      [0, [7n]],
      [1, [1n, 4n]],
      [1, [1n, 4n, 6n]],
      [2, [3n, 11n, 200n]],
    ] as const) {
      const { move, stages, sum, publicKey, nodes } = await createMove(1, threshold, places);
      expect(await move(5)).to.equal("key");
      expect(stages()).to.deep.equal(["generated", "generated", "generated"]);
      for (const group of [NEW_SLOTS.slice(0, threshold + 1), NEW_SLOTS.slice(-threshold - 1)])
        expect(sum(group).equals(publicKey)).to.equal(true);
      expect(await move(9)).to.match(/^ALREADY_GENERATED/);
      expect(nodes.every(({ disk }) => disk.get(ID) === undefined)).to.equal(true);
    }
  });

  it("names a dealer of another share, of a share to another key, and one that did not sign; and nobody where no share was known", async () => {
    const known = await createMove(2, 1, [1n, 4n]);
    const wrong = (changes: (session: ServerKeySession, one: Redealer) => ShownDealing) => async (session: ServerKeySession) =>
      (session.proposal.moved?.dealers ?? []).map((one) => (one.dealer === 2 ? changes(session, one) : known.dealOne(session, one)));
    expect(
      await known.move(
        2,
        {},
        wrong((session, one) => known.dealOne(session, one, { share: 5n })),
      ),
    ).to.equal("BAD_ANSWER 2");
    const swapped = NEW_SLOTS.map((slot, i) => ({ slot, encryptionKey: known.at(NEW_SLOTS[(i + 1) % 3] as number).member.encryptionKey }));
    expect(
      await known.move(
        2,
        {},
        wrong((session, one) => known.dealOne(session, one, { recipients: swapped })),
      ),
    ).to.equal("BAD_SHARE 2");
    const unsigned = wrong((session, one) => ({ ...known.dealOne(session, one), signature: new Uint8Array(65) }));
    known.world.now += 60_000;
    expect(await known.move(2, {}, unsigned)).to.equal("BAD_ANSWER 2");
    expect(await known.move(2, {}, async (session) => (await known.dealAll(session)).slice(1))).to.equal("BAD_ANSWER -");
    expect(await known.move(5)).to.equal("key");

    const unknown = await createMove(3, 1, [1n, 4n]);
    const moved: MovedKey = {
      ...unknown.moved,
      dealers: unknown.moved.dealers.map(({ dealer, place }) => ({ dealer, place })),
    };
    const other = async (session: ServerKeySession) =>
      moved.dealers.map((one) => unknown.dealOne(session, one, one.dealer === 2 ? { share: 5n } : {}));
    expect(await unknown.move(2, { moved }, other)).to.match(/^UNUSABLE_KEY/);
    expect(await unknown.move(2, { moved })).to.equal("key");
  });

  it("a dealing of another session is none, whoever shows it", async () => {
    const { move, dealAll } = await createMove(4, 1, [1n, 4n]);
    const kept: ShownDealing[][] = [];
    await move(2, {}, async (session) => {
      kept.push([...(await dealAll(session))]);
      throw new ServerKeyFailure("ABSENT", 2);
    });
    expect(await move(2, {}, async () => kept[0] ?? [])).to.match(/^BAD_ANSWER/);
    expect(await move(2)).to.equal("key");
  });

  it("who drives and shows two sets spoils its own session alone: nobody is guilty, and the next one ends", async () => {
    const { at, peer, move, proposalOf, dealAll, endAll, stages, world } = await createMove(5, 1, [1n, 4n]);
    const proposal = proposalOf(2);
    // As many dealings of one session as it likes: each member is shown another set.
    let shown = 0;
    const lying = (slot: number): ServerKeyAnswers => ({
      ...peer(slot),
      abort: async () => undefined, // nor does it free anybody
      verdict: async (ask, from) => peer(slot).verdict({ ...ask, dealings: shown++ === 0 ? await dealAll(ask) : ask.dealings }, from),
    });
    const ports = { own: at(2).own, peer: lying };
    const failure = await generateServerKey(ports, at(2).contextOf(proposal), proposal, dealAll).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ServerKeyFailure);
    expect(stages().filter((stage) => stage === "accepted").length, "control").to.equal(2);
    at(2).isDown = true;
    world.now += 60_000;
    expect((await endAll()).every((outcome) => /^(ABORTED|ABSENT)/.test(outcome))).to.equal(true);
    at(2).isDown = false;
    await endAll();
    for (const { own } of [2, 5, 9].map(at)) await own.sweep();
    expect(stages().includes("generated")).to.equal(false);
    expect(await move(9)).to.equal("key");
  });

  it("its confirmations say whose dealings, for whom and what came with it: of another proposal they are none", async () => {
    const { moved, proposalOf, publicKey } = await createMove(6, 1, [1n, 4n]);
    const hash = new Uint8Array(32);
    const result = { publicKey, commitmentsHash: hash, verifyingRoot: hash };
    const sid = `0x${"05".repeat(32)}` as ServerKeySession["sid"];
    const saidOf = (proposal: ServerKeyProposal) => JSON.stringify(confirmationStatement({ proposal, sid }, 2, result).content);
    const contents = [
      proposalOf(2),
      proposalOf(2, { epoch: 9 }),
      proposalOf(2, { members: [2, 5] }),
      proposalOf(2, { moved: { ...moved, about: Uint8Array.of(9) } }),
      proposalOf(2, { moved: { ...moved, dealers: moved.dealers.slice(1) } }),
    ].map(saidOf);
    expect(new Set(contents).size).to.equal(contents.length);
    const { moved: _, ...generation } = proposalOf(2);
    const kinds = [generation, proposalOf(2)].map((one) => proposalStatement(one).kind);
    expect(kinds).to.deep.equal([1, 65]);
  });

  it("are for all members or none, whoever is killed at whichever write and whatever is lost", async () => {
    let ended = 0;
    for (const seed of seedNumbers("moves and crashes", SEEDS)) {
      const trial = await createMove(seed, seed % 3, [[7n], [1n, 4n], [3n, 11n, 200n]][seed % 3] ?? []);
      const { world, nodes, dice, move, endAll, stages, sum, publicKey } = trial;
      Object.assign(world, { crash: 0.06, lose: 0.06 });
      for (let attempt = 0; attempt < 4; attempt += 1) {
        for (const node of nodes) node.isDown = dice.chance(0.1);
        const [first, second] = [NEW_SLOTS[dice.below(3)] as number, NEW_SLOTS[dice.below(3)] as number];
        await Promise.all([move(first), ...(second !== first && dice.chance(0.4) ? [move(second)] : [])]);
        if (dice.chance(0.5)) await endAll();
        world.now += dice.below(2) * 40_000;
      }
      Object.assign(world, { crash: 0, lose: 0 });
      for (const node of nodes) node.isDown = false;
      for (let round = 0; round < 5; round += 1) {
        world.now += 40_000;
        await endAll();
        for (const { own } of nodes) await own.sweep();
      }
      const left = new Set(stages());
      expect(left.size, `seed ${seed}: ${stages().join()}`).to.equal(1);
      expect([...left][0], `seed ${seed}`).to.be.oneOf(["generated", "none"]);
      expect(new Set(nodes.flatMap(({ history }) => [...(history.generated.get(movedRowName(ID, EPOCH)) ?? [])])).size).to.be.at.most(1);
      if (left.has("generated")) {
        ended += 1;
        for (const group of [NEW_SLOTS.slice(0, (seed % 3) + 1), NEW_SLOTS.slice(-(seed % 3) - 1)])
          expect(sum(group).equals(publicKey), `seed ${seed}`).to.equal(true);
      } else expect(await move(5), `seed ${seed}: nothing is used up`).to.equal("key");
    }
    expect(ended > 0, "control").to.equal(true);
  });
});
