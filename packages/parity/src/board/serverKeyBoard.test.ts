import type { OwnMetrics, PeerAnswerer } from "@keyquorum/keeper";
import { combineShares, nobleBackend, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, KeyquorumError, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { isIdentityOf } from "../../../keeper/src/testing/extensionHosts.ts";
import { lossyNetwork } from "../../../keeper/src/testing/lossyNetwork.ts";
import { recoverRequester, signRaw } from "../formats/rawSignature.ts";
import { putLeftKey } from "../records/leftKeys.ts";
import { createServerKeyRecords, putServerKey } from "../records/serverKeyRecords.ts";
import { ALICE, type BoardHosts, createBoardHosts } from "../testing/boardHosts.ts";
import { createRoomReport } from "./roomReport.ts";

const THREE = [1, 2, 3] as const;
/** Slots need not begin at 1, nor be without gaps. */
const FIVE = [1, 2, 4, 5, 9] as const;
const idOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const ID = idOf(0x1d);
const isKey = (outcome: string): boolean => /^0x[0-9a-f]{128}$/.test(outcome);
const QUESTIONS = ["propose", "commit", "deal", "verdict", "confirm", "result"] as const;

describe("server keys among keepers", () => {
  let net: BoardHosts;
  afterEach(() => net.remove());

  const hasLine = (slot: number, ...texts: readonly string[]) =>
    net.at(slot).lines.some((line) => texts.every((text) => line.includes(text)));
  const away = (slot: number): void => net.answer(slot, () => undefined);
  const back = (slot: number): void => net.answer(slot, (answerers) => answerers);
  const remove = (...slots: readonly number[]): void =>
    net.everywhere((chain) => {
      chain.answers["keeperRegistry.removedKeepers"] = () => [slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n)];
      chain.head += 3;
    });
  /** One question of one keeper, done otherwise. */
  const intercept = (slot: number, question: string, change: (inner: PeerAnswerer) => PeerAnswerer["respond"]): void =>
    net.answer(slot, (answerers) =>
      answerers.map((one) => (one.route.path.endsWith(`/${question}`) ? { ...one, respond: change(one) } : one)),
    );

  for (const where of ["present", "left"] as const)
    it(`an id of which one member has a ${where} key without a session of it should get no other`, async () => {
      net = await createBoardHosts(THREE);
      const record = {
        ...{ serverKeyId: ID, author: parseAddress(`0x${"bb".repeat(20)}`), threshold: 0, epoch: 3, members: [2] },
        ...{ commitments: [nobleBackend.mulG(5n)], verifyingRoot: new Uint8Array(32), confirmations: [], share: SecretScalar.from(5n) },
      };
      await net
        .at(2)
        .services.transaction((tx) =>
          where === "present" ? putServerKey(tx, record) : putLeftKey(tx, record, { toEpoch: 5, members: [1, 2, 3], at: 0 }),
        );
      expect(isKey(await net.generate(1, ID, 1))).to.equal(false);
      expect([(await net.keys(ID))[0], (await net.keys(ID))[2]]).to.deep.equal(["none", "none"]);
      expect(isKey(await net.generate(1, idOf(0x1e), 1)), "another id").to.equal(true);
    });

  for (const [slots, threshold] of [
    [THREE, 0],
    [THREE, 2],
    [FIVE, 2],
  ] as const)
    it(`every member should hold the key, its share and what proves it: n = ${slots.length}, t = ${threshold}`, async () => {
      net = await createBoardHosts(slots);
      const key = await net.generate(slots[1], ID, threshold);
      expect(isKey(key), key).to.equal(true);
      expect(await net.keys(ID)).to.deep.equal(slots.map(() => key));
      const shares: { slot: number; share: bigint }[] = [];
      for (const { slot, services } of net.hosts)
        await createServerKeyRecords(services).use(ID, (record) => {
          shares.push({ slot, share: record.share.reveal() });
          expect([record.threshold, record.epoch, record.members, record.confirmations.map((one) => one.slot)]).to.deep.equal([
            threshold,
            4,
            slots,
            slots,
          ]);
        });
      expect(
        `0x${nobleBackend
          .mulG(combineShares(shares.slice(-threshold - 1)))
          .toHex(false)
          .slice(2)}`,
      ).to.equal(key);
      // Afterwards.
      expect(await net.generate(slots[1], ID, threshold)).to.equal("ServerKeyAlreadyGenerated");
      expect(await net.generate(slots[0], ID, 1)).to.equal("ServerKeyAlreadyGenerated");
      await net.restart(slots[0]);
      expect(await net.generate(slots[0], ID, threshold)).to.equal("ServerKeyAlreadyGenerated");
    });

  describe("given three keepers", () => {
    beforeEach(async () => {
      net = await createBoardHosts(THREE);
    });

    it("when one is away, it should be named and nothing kept; when it is back, the id should have a key", async () => {
      away(3);
      expect(await net.generate(1, ID, 1)).to.equal("NodeDisconnected");
      expect(hasLine(1, "a member is named", '"slot":3', "ABSENT")).to.equal(true);
      expect(await net.keys(ID)).to.deep.equal(["none", "none", "none"]);
      expect(await net.boardOf(1).heldFor(ID)).to.equal(undefined);
      back(3);
      expect(isKey(await net.generate(2, ID, 0))).to.equal(true);
    });

    it("when the threshold is not below their number, it should be refused before anybody is asked", async () => {
      away(2);
      expect(await net.generate(1, ID, 3)).to.equal("NotEnoughNodesForThreshold");
    });

    it("when the author did not sign the id, no member should take part", async () => {
      const error = await net.generate(1, ID, 1, parseAddress(`0x${"bb".repeat(20)}`)).catch((reason: unknown) => reason);
      expect(error).to.equal("Internal");
      expect(hasLine(1, "REFUSED")).to.equal(true);
    });

    it("when two propose one id at once, one should win and the other be told that it is busy", async () => {
      const outcomes = await Promise.all([net.generate(3, ID, 1), net.generate(1, ID, 0), net.generate(1, ID, 2)]);
      expect(outcomes.filter(isKey).length).to.equal(1);
      expect(outcomes.filter((outcome) => !isKey(outcome))).to.deep.equal(["DuplicateSessionId", "DuplicateSessionId"]);
      expect(new Set(await net.keys(ID)).size).to.equal(1);
    });

    it("when a member is removed, none of the others should make a key with it (D56)", async () => {
      remove(3);
      expect(await net.generate(1, ID, 1), "two are too few").to.equal("NodeDisconnected");
      expect(
        await net.generate(3, ID, 1).catch((error: unknown) => (error instanceof KeyquorumError ? error.code : String(error))),
      ).to.equal("NOT_MEMBER");
      expect(
        net.at(3).lines.filter((line) => line.includes('"level":"error"')),
        "strangers ask it as often as they like",
      ).to.deep.equal([]);
    });

    it("when a member's identity key is revoked as stolen, it should take part in none, whoever asks", async () => {
      net.everywhere((chain) => {
        chain.answers["keeperRegistry.identityRevokedAt"] = ([key]) => [isIdentityOf(3, key) ? 1n : 0n];
        chain.head += 3;
      });
      expect(await net.generate(1, ID, 1), "two are too few").to.equal("NodeDisconnected");
      expect(
        await net.generate(3, ID, 1).catch((error: unknown) => (error instanceof KeyquorumError ? error.code : String(error))),
      ).to.equal("NOT_MEMBER");
    });

    it("when a member is removed while a session is under way, no dealing should leave any more", async () => {
      intercept(2, "commit", (inner) => async (body) => {
        const answer = await inner.respond(body);
        remove(3);
        return answer;
      });
      expect(await net.generate(1, ID, 1)).to.equal("Internal");
      expect(await net.keys(ID)).to.deep.equal(["none", "none", "none"]);
    });

    it("when a stranger, or a member in another's name, asks, it should be refused and nothing be kept", async () => {
      const seen: unknown[] = [];
      intercept(2, "propose", (inner) => async (body) => {
        seen.push(body);
        return inner.respond(body);
      });
      await net.generate(1, ID, 1);
      const [body] = seen as readonly { readonly from: number; readonly to: number; readonly nonce: string; readonly ask: object }[];
      if (body === undefined) throw new Error("it was asked");
      const codeOf = async (slot: number, changed: object): Promise<string> => {
        const answerer = net.boardOf(slot).answerers.find(({ route }) => route.path.endsWith("/propose"));
        const error = await answerer?.respond({ ...body, ...changed }).catch((reason: unknown) => reason);
        return error instanceof KeyquorumError ? error.code : "answered";
      };
      expect(await codeOf(2, {})).to.equal("answered");
      for (const changed of [{ from: 3 }, { from: 77 }, { to: 3 }, { nonce: bytesToHex(idOf(1)) }])
        expect(await codeOf(2, changed), Object.keys(changed).join()).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(3, {}), "a question to another keeper").to.equal("INVALID_REQUEST");
      for (const changed of [{ from: 0 }, { extra: 1 }, { ask: {} }, { nonce: "0x" }])
        expect(await codeOf(2, changed), JSON.stringify(changed)).to.equal("INVALID_REQUEST");
    });

    it("when a stranger names epochs that are not, they should cost the chain one question a block, or one each for older ones", async () => {
      const seen: unknown[] = [];
      intercept(2, "propose", (inner) => async (body) => {
        seen.push(body);
        return inner.respond(body);
      });
      await net.generate(1, ID, 1);
      const body = seen[0] as { readonly ask: { readonly proposal: object } };
      const answerer = net.boardOf(2).answerers.find(({ route }) => route.path.endsWith("/propose"));
      const before = net.at(2).chain.calls.length;
      for (const epoch of [5, 6, 1_000_000, 2, 2, 2]) {
        const asked = { ...body, ask: { ...body.ask, proposal: { ...body.ask.proposal, epoch } } };
        const error = await answerer?.respond(asked).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(KeyquorumError).and.include({ code: "INVALID_SIGNATURE" });
      }
      expect(net.at(2).chain.calls.length - before, "of epoch 2, at the head and the final block").to.be.at.most(3);
    });

    for (const question of QUESTIONS)
      it(`when a member is killed after "${question}" was durable and before its answer left, all or none should have the key`, async () => {
        let isKilled = false;
        intercept(2, question, (inner) => async (body) => {
          if (isKilled) return inner.respond(body);
          isKilled = true;
          await inner.respond(body);
          away(2);
          throw new KeyquorumError("UNAVAILABLE", "killed");
        });
        const outcome = await net.generate(1, ID, 1);
        expect(isKilled).to.equal(true);
        expect(isKey(outcome), outcome).to.equal(question === "result");
        await net.restart(2);
        await net.rounds();
        const keys = new Set(await net.keys(ID));
        expect([...keys].length, [...keys].join()).to.equal(1);
        if (question === "result") expect([...keys]).to.deep.equal([outcome]);
        const again = await net.generate(2, ID, 1);
        expect(isKey(again) || again === "ServerKeyAlreadyGenerated", again).to.equal(true);
        expect(new Set(await net.keys(ID)).size).to.equal(1);
      });

    it("when the client is told of an absence and the id is bound all the same, it should be held for its author", async () => {
      intercept(2, "confirm", () => async () => {
        away(2);
        throw new KeyquorumError("UNAVAILABLE", "killed");
      });
      expect(await net.generate(1, ID, 1)).to.equal("NodeDisconnected");
      const author = recoverRequester(ID, signRaw(ID, ALICE))?.address;
      expect(await net.keys(ID)).to.deep.equal(["none", "none", "none"]);
      expect(await net.boardOf(1).heldFor(ID)).to.equal(author);
      back(2);
      await net.rounds();
      expect(new Set(await net.keys(ID)).has("none")).to.equal(false);
      expect(await net.boardOf(1).heldFor(ID)).to.equal(author);
      expect(await net.boardOf(1).heldFor(idOf(2))).to.equal(undefined);
    });

    for (const question of QUESTIONS)
      it(`when the coordinator is killed once a member has answered "${question}", all or none should have the key`, async () => {
        let isKilled = false;
        intercept(3, question, (inner) => async (body) => {
          const answer = await inner.respond(body);
          if (!isKilled) {
            isKilled = true;
            await net.restart(1);
          }
          return answer;
        });
        await net.generate(1, ID, 1).catch(() => "killed"); // its vault is closed under it
        expect(isKilled).to.equal(true);
        await net.rounds();
        const keys = [...new Set(await net.keys(ID))];
        expect(keys.length, keys.join()).to.equal(1);
        const again = await net.generate(2, ID, 1);
        expect(isKey(again) || again === "ServerKeyAlreadyGenerated", again).to.equal(true);
      });
  });

  it("when a member deals a wrong share, it should be named, and nobody hold a key", async () => {
    net = await createBoardHosts(THREE, {
      change: (slot) => (member) =>
        slot !== 3
          ? member
          : {
              ...member,
              deal: async (ask, from) => {
                const answer = await member.deal(ask, from);
                return answer.kind === "dealing"
                  ? { ...answer, dealing: Uint8Array.from(answer.dealing, (byte, at) => (at === 200 ? byte ^ 1 : byte)) }
                  : answer;
              },
            },
    });
    expect(await net.generate(1, ID, 1)).to.equal("InvalidMessage");
    expect(hasLine(1, "a member is named", '"slot":3', "BAD_ANSWER", "guilty")).to.equal(true);
    expect(await net.keys(ID)).to.deep.equal(["none", "none", "none"]);
  });

  it("when its own sessions wait for too many members, it should say so", async () => {
    net = await createBoardHosts(THREE, {
      change: (slot) => (member) => ({ ...member, isFull: ({ coordinator }) => slot === 2 && coordinator === 2 }),
    });
    expect(await Promise.all(THREE.map((slot) => net.boardOf(slot).state()))).to.deep.equal(["open", "board_full", "open"]);
  });

  it("when a member's own rules forbid it, no key should be made", async () => {
    net = await createBoardHosts(THREE, {
      mayGenerate: async ({ threshold }) => {
        if (threshold === 0) throw new KeyquorumError("ACCESS_DENIED", "no key of threshold 0 here");
      },
    });
    expect(await net.generate(1, ID, 0)).to.equal("Internal");
    expect(isKey(await net.generate(1, ID, 1))).to.equal(true);
  });

  it("when there is no room for a whole session, it should not begin: the client is told, nothing is kept", async () => {
    net = await createBoardHosts(THREE, { extensionQuota: { rows: 104, bytes: 1_000_000 } }); // 100 are no server key's
    expect(isKey(await net.generate(1, ID, 1))).to.equal(true);
    expect(await net.generate(1, idOf(2), 1)).to.equal("Internal");
    expect(hasLine(1, "REFUSED")).to.equal(true);
    expect(await net.keys(idOf(2))).to.deep.equal(["none", "none", "none"]);
    for (const { services } of net.hosts) expect((await services.held()).rows).to.equal(3); // the key, and its epoch
  });

  it("when a coordinator's keys of a day are used up, or all are, members should take part in no more of them, over a restart too, until the next day", async () => {
    // The coordinator itself counts nothing: it is not honest.
    net = await createBoardHosts(THREE, { limits: (slot) => (slot === 3 ? { perMember: 2, allMembers: 3 } : undefined) });
    for (const byte of [1, 2]) expect(isKey(await net.generate(1, idOf(byte), 1)), `key ${byte}`).to.equal(true);
    expect(await net.generate(1, idOf(3), 1)).to.equal("TooManyRequests");
    expect(hasLine(3, "Today's server keys are used up", '"coordinator":1')).to.equal(true);
    await net.restart(3);
    expect(await net.generate(1, idOf(3), 1)).to.equal("TooManyRequests");
    expect(await net.keys(idOf(3))).to.deep.equal(["none", "none", "none"]);
    expect(isKey(await net.generate(2, idOf(3), 1)), "another coordinator").to.equal(true);
    for (const slot of [2, 3]) expect(await net.generate(slot, idOf(4), 1), `of all, by ${slot}`).to.equal("TooManyRequests");
    net.everywhere((chain) => {
      chain.head += 86_400;
    });
    expect(isKey(await net.generate(1, idOf(4), 1)), "the next day").to.equal(true);
  });

  it("when half of the room is used, and when all is, it should be said once, and shown", async () => {
    net = await createBoardHosts(THREE, { extensionQuota: { rows: 106, bytes: 1_000_000 } }); // 100 are no server key's
    const { services } = net.at(1);
    const shown: number[] = [];
    const metrics = { ...services.metrics, gauge: () => ({ set: (share: number) => shown.push(share) }) } as unknown as OwnMetrics; // safe: it sets it only
    const look = createRoomReport({ ...services, metrics });
    const said = (text: string) => net.at(1).lines.filter((line) => line.includes(text)).length;
    for (const byte of [1, 2, 3]) {
      await look();
      expect(said("Half of what this keeper may store"), `before key ${byte}`).to.equal(byte < 3 ? 0 : 1);
      await services.table("server-keys").put(String(byte), new Uint8Array(1));
      await services.table("server-key-results").put(String(byte), new Uint8Array(1));
      await look();
    }
    expect(shown.at(0)).to.equal(0);
    expect(shown.at(-1)).to.equal(1);
    expect([said("Half of what this keeper may store"), said("none is generated any more")]).to.deep.equal([1, 1]);
  });

  it("over a network that loses, delays and repeats, all or none should have each key, whatever the dice say", async () => {
    const faults = { loss: 0.1, duplication: 0.2, maxDelay: 2 };
    const { next: roll } = rollDice("server keys over a bad network");
    net = await createBoardHosts(THREE, { network: lossyNetwork(faults, roll) });
    const told = new Map<number, string>();
    for (let byte = 1; byte <= 6; byte += 1) {
      const outcome = await net.generate(THREE[byte % 3] as number, idOf(byte), byte % 3);
      if (isKey(outcome)) told.set(byte, outcome);
    }
    Object.assign(faults, { loss: 0, duplication: 0 }); // everybody is back
    await net.rounds();
    for (let byte = 1; byte <= 6; byte += 1) {
      const keys = new Set(await net.keys(idOf(byte)));
      expect(keys.size, `id ${byte}`).to.equal(1);
      if (told.has(byte)) expect([...keys]).to.deep.equal([told.get(byte)]);
    }
  });
});
