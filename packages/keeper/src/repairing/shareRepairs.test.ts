import { encodePoint, nobleBackend, SecretScalar, toXY } from "@keyquorum/threshold";
import { bytesToHex, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { identityKeyOf } from "../membership/identity.ts";
import { lossyTransport } from "../peers/lossyTransport.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import { createRepairNetwork, EPOCH, KEY_ID, LOST, type RepairNetwork } from "../testing/repairNetwork.ts";
import type { RepairHelp } from "./helpRepair.ts";
import type { ShareRepairs } from "./shareRepairs.ts";

const SILENT: RepairHelp = {
  deal: () => Promise.reject(new KeyquorumError("UNAVAILABLE")),
  contribute: () => Promise.reject(new KeyquorumError("UNAVAILABLE")),
};

describe("createShareRepairs", () => {
  let network: RepairNetwork;
  beforeEach(async () => {
    network = await createRepairNetwork();
  });
  afterEach(() => network.remove());

  const stateOf = (repairs: ShareRepairs): string | undefined => repairs.status()[0]?.state;
  const faultsOf = (repairs: ShareRepairs): readonly string[] =>
    (repairs.status()[0]?.faults ?? []).map(({ slot, reason }) => `${slot} ${reason}`).toSorted();
  const warned = (text: string): number => network.lines.filter((line) => line.includes(text)).length;
  /** Announces, waits for finality, and asks. */
  const repair = async (): Promise<ShareRepairs> => {
    const repairs = await network.start();
    await network.look(repairs);
    await network.announce();
    await network.look(repairs);
    return repairs;
  };
  const change = (slot: number, changes: (peer: RepairHelp) => Partial<RepairHelp>): void => {
    const peer = network.peers.get(slot) as RepairHelp;
    network.peers.set(slot, { ...peer, ...changes(peer) });
  };

  it("gets the share back, in use, with the record that its session would have given it, and destroys the secret", async () => {
    const repairs = await repair();
    expect(await network.holdsShare()).to.equal(true);
    expect(repairs.status()).to.deep.equal([]);
    const { vault } = network.lost.temp;
    const [own] = await vault.keyShares.list({ keyId: KEY_ID, epoch: EPOCH });
    const [other] = await (network.keepers[0]?.temp.vault.keyShares.list() ?? []);
    expect(own?.state).to.equal("active");
    for (const field of ["sid", "qual", "digest", "commitmentsHash", "verifyingRoot", "jointKey"] as const)
      expect(own?.[field], field).to.deep.equal(other?.[field]);
    expect(await vault.repairKeys.list()).to.deep.equal([]);
  });

  for (const [what, statement] of [
    ["no secret any more", "DELETE FROM sealed WHERE kind = 'key_share'"],
    ["another epoch", "UPDATE key_share SET epoch = 7"],
    ["no public part any more", "DELETE FROM key_share"],
  ] as const)
    it(`gets a share back that has ${what}, and leaves nothing damaged behind`, async () => {
      await repair();
      network.lost.temp.onFile(statement);
      await repair();
      expect(await network.holdsShare()).to.equal(true);
      const vault = await network.lost.temp.reopen();
      for (let round = 0; round < 2; round += 1) await vault.scrub(10_000);
      expect(vault.damage()).to.deep.equal([]);
      expect(await vault.keyShares.list({ state: "active" })).to.have.length(1);
      expect(await network.announce()).to.equal(2);
    });

  it("attack 36: keeps an intact share that the providers do not know just now, for the chain that may come back", async () => {
    const { vault } = network.lost.temp;
    const [other] = await (network.keepers[0]?.temp.vault.keyShares.list() ?? []);
    if (other === undefined) throw new Error("control: another keeper has a share");
    const of = (byte: string) => parseHash32(`0x${byte.repeat(32)}`);
    const kept = { keyId: KEY_ID, epoch: EPOCH, digest: of("d1") };
    const fork = { commitmentsHash: of("d2"), verifyingRoot: of("d3") };
    const share = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
    const verifyingShare = nobleBackend.mulG(SecretScalar.fromBytes(share).reveal());
    const { state: _, ...info } = other;
    await vault.keyShares.save({ ...info, ...kept, ...fork, slot: LOST, share, verifyingShare: encodePoint(verifyingShare) });
    await vault.keyShares.activate(kept);
    await repair();
    expect(await network.holdsShare()).to.equal(true);
    const now = await network.lost.temp.vault.keyShares.load(kept, { verifyingShare: encodePoint(verifyingShare) });
    expect(now?.share).to.deep.equal(share);
    const states = (await network.lost.temp.vault.keyShares.list()).map(({ digest, state }) => [digest === kept.digest, state]);
    expect(states).to.have.deep.members([
      [true, "pending"],
      [false, "active"],
    ]);
  });

  it("begins again, with another secret, where that of a repair under way is damaged", async () => {
    await network.look(await network.start());
    await network.announce();
    network.lost.temp.onFile("UPDATE sealed SET body = zeroblob(length(body)) WHERE kind = 'repair_key'");
    const repairs = await network.start();
    await network.look(repairs);
    expect(stateOf(repairs)).to.equal("announcing");
    expect(await network.announce()).to.equal(2);
    await network.look(repairs);
    expect(await network.holdsShare()).to.equal(true);
  });

  it("says how far it is", async () => {
    const repairs = await network.start();
    await network.look(repairs);
    expect(stateOf(repairs)).to.equal("announcing");
    await network.announce(false);
    await network.look(repairs);
    expect(stateOf(repairs)).to.equal("waiting_for_finality");
  });

  it("continues after a crash at any point, with one secret and one announcement", async () => {
    await network.look(await network.start());
    await network.look(await network.start());
    expect(await network.announce(false)).to.equal(1);
    await network.look(await network.start());
    for (const slot of network.peers.keys()) network.peers.set(slot, SILENT); // killed while it asks
    expect(await network.announce()).to.equal(1);
    await network.look(await network.start());
    for (const keeper of network.keepers) network.peers.set(keeper.slot, keeper.help);
    await network.look(await network.start());
    expect(await network.announce()).to.equal(1);
    expect(await network.holdsShare()).to.equal(true);
  });

  it("does not begin again when the share is there, though the book is older", async () => {
    const repairs = await repair();
    await network.look(repairs);
    expect(await network.announce()).to.equal(1);
    expect(repairs.status()[0]?.state).to.not.equal("announcing");
  });

  it("forgets the secret when the share came otherwise, or its epoch is over", async () => {
    const repairs = await network.start();
    await network.look(repairs);
    await repairs.round([], {
      head: { number: 1, hash: "", parentHash: "", timestamp: 0 },
      final: { number: 1, hash: "", parentHash: "", timestamp: 0 },
    });
    expect(await network.lost.temp.vault.repairKeys.list()).to.deep.equal([]);
  });

  it("announces again, with another secret, before an announcement is a day old", async () => {
    for (const slot of network.peers.keys()) network.peers.set(slot, SILENT);
    const repairs = await repair();
    expect(stateOf(repairs)).to.equal("too_few_helpers");
    network.chain.head += 82_900; // a block a second
    network.moveClock(200_000);
    await network.look(repairs);
    await network.look(repairs);
    expect(await network.announce()).to.equal(2);
  });

  it("waits for its operator where it is not automatic", async () => {
    const repairs = await network.start({ isAutomatic: false });
    await network.look(repairs);
    expect([stateOf(repairs), await network.announce()]).to.deep.equal(["not_automatic", 0]);
  });

  for (const { where, lag } of [
    { where: "the head", lag: 0 },
    { where: "the final block", lag: 2 },
  ]) {
    const remove = (slot: number): void => {
      const { chain } = network;
      chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [block === chain.head - lag ? 1n << BigInt(slot) : 0n];
    };
    it(`attack 14: announces no repair of its own where ${where} shows that it was removed`, async () => {
      remove(LOST);
      const repairs = await network.start();
      await network.look(repairs);
      expect([stateOf(repairs), await network.announce()]).to.deep.equal(["removed", 0]);
    });
    it(`announces none where ${where} shows that its account of the epoch was revoked as stolen`, async () => {
      const { chain } = network;
      chain.answers["keeperRegistry.absentIn"] = (_args, block) => [block === chain.head - lag ? 1n << BigInt(LOST) : 0n];
      const repairs = await network.start();
      await network.look(repairs);
      expect([stateOf(repairs), await network.announce()]).to.deep.equal(["revoked", 0]);
    });
    it(`attack 14: asks no helper that ${where} shows as removed`, async () => {
      remove(1);
      const asked = new Set<number>();
      for (const slot of network.peers.keys())
        change(slot, ({ deal }) => ({
          deal: (ask) => {
            asked.add(slot);
            return deal(ask);
          },
        }));
      await repair();
      expect([await network.holdsShare(), asked.has(1)]).to.deep.equal([true, false]);
    });
  }
  it("replaces a helper that is silent, and names it", async () => {
    network.peers.set(1, SILENT);
    await repair();
    expect(await network.holdsShare()).to.equal(true);
    expect(warned('"slot":1,"name":"Keeper 1","reason":"UNAVAILABLE"')).to.equal(1);
  });

  it("asks again later when too few helped", async () => {
    network.peers.set(1, SILENT);
    network.peers.set(4, SILENT);
    const repairs = await repair();
    expect([stateOf(repairs), faultsOf(repairs)]).to.deep.equal(["too_few_helpers", ["1 UNAVAILABLE", "4 UNAVAILABLE"]]);
    for (const keeper of network.keepers) network.peers.set(keeper.slot, keeper.help);
    await network.look(repairs); // not before its time
    expect(await network.holdsShare()).to.equal(false);
    network.moveClock(60_000);
    await network.look(repairs);
    expect(await network.holdsShare()).to.equal(true);
  });

  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

  it("finds a wrong contribution wrong, and asks another keeper", async () => {
    change(1, (peer) => ({
      contribute: async (ask) => {
        const answer = await peer.contribute(ask);
        return { ...answer, contribution: flip(answer.contribution, 95) };
      },
    }));
    await repair();
    expect([await network.holdsShare(), warned('"slot":1,"name":"Keeper 1","reason":"LIED"')]).to.deep.equal([true, 1]);
  });

  describe("over a network that loses three exchanges in ten, delivers twice and reorders", () => {
    const dice = rollDice("a repair over a bad network");
    const bad = (inner: PeerTransport): PeerTransport =>
      lossyTransport(
        inner,
        { loss: 0.3, duplication: 0.3, maxDelay: 10 },
        { roll: dice.next, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
      );
    /** Looks again and again, as long as the announcement lasts. One look in five comes to the end: that none of 150 does is one run in 2^45. */
    const repairUntil = async (isOver: () => boolean | Promise<boolean>): Promise<void> => {
      const repairs = await network.start({ network: bad });
      await network.look(repairs);
      await network.announce();
      for (let looks = 0; looks < 150 && !(await isOver()); looks += 1) {
        await network.look(repairs);
        network.moveClock(120_000);
      }
    };

    it("comes to its end, with one announcement, and blames nobody for a lie", async () => {
      await repairUntil(network.holdsShare);
      expect([await network.holdsShare(), await network.announce(), warned('"reason":"LIED"')]).to.deep.equal([true, 1, 0]);
    });

    it("names who sent a wrong contribution, and nobody else", async () => {
      // Two of the four: with one, a repair may come to its end without ever hearing it.
      for (const slot of [1, 4]) {
        change(slot, (peer) => ({
          contribute: async (ask) => {
            const answer = await peer.contribute(ask);
            return { ...answer, contribution: flip(answer.contribution, 95) };
          },
        }));
      }
      const lies = (): readonly string[] => network.lines.filter((line) => line.includes('"reason":"LIED"'));
      await repairUntil(() => lies().length > 0);
      expect(lies()).to.have.lengthOf.at.least(1);
      expect(lies().every((line) => /"slot":(1,"name":"Keeper 1"|4,"name":"Keeper 4")/.test(line))).to.equal(true);
    });
  });

  it("finds a dealing that its helper did not sign", async () => {
    change(4, (peer) => ({
      deal: async (ask) => {
        const answer = await peer.deal(ask);
        return { ...answer, dealing: flip(answer.dealing, 70) };
      },
    }));
    await repair();
    expect([await network.holdsShare(), warned('"slot":4,"name":"Keeper 4","reason":"LIED"')]).to.deep.equal([true, 1]);
  });

  it("leaves out who accuses, or who is accused: one of the two lies", async () => {
    change(1, () => ({ contribute: () => Promise.reject(new KeyquorumError("REPAIR_BAD_DEALING", undefined, { details: { slot: 4 } })) }));
    await repair();
    expect(await network.holdsShare()).to.equal(true);
  });

  it("survives a helper that accuses everybody", async () => {
    change(1, () => {
      let next = 0;
      const others = [4, 5, 9];
      return {
        contribute: async () => {
          next += 1;
          throw new KeyquorumError("REPAIR_BAD_DEALING", undefined, { details: { slot: others[next % 3] ?? 4 } });
        },
      };
    });
    await repair();
    expect(await network.holdsShare()).to.equal(true);
  });

  it("cannot repair without the identity key of the epoch, and says so", async () => {
    network.chain.answers["keeperRegistry.committeeOf"] = () => [
      network.keepers.map(({ slot, operator, encryptionSecret }) => {
        const identity = toXY(
          identityKeyOf(slot === LOST ? new Uint8Array(32).fill(7) : (network.keepers[0]?.identitySecret as Uint8Array)),
        );
        return [slot, operator, toXY(identityKeyOf(encryptionSecret.toBytes())), identity];
      }),
    ];
    const repairs = await network.start();
    await network.look(repairs);
    expect([stateOf(repairs), await network.announce()]).to.deep.equal(["identity_lost", 0]);
  });

  it("cannot announce from another account than the epoch's, and says so", async () => {
    const repairs = await network.start({ operator: network.keepers[0]?.operator ?? network.lost.operator });
    await network.look(repairs);
    expect([stateOf(repairs), await network.announce()]).to.deep.equal(["operator_changed", 0]);
  });

  it("P14: writes neither the share nor the secret into its log", async () => {
    const repairs = await network.start();
    await network.look(repairs);
    const secret = await network.lost.temp.vault.repairKeys.load({ keyId: KEY_ID, epoch: EPOCH });
    const shown = bytesToHex(secret ?? new Uint8Array()).slice(2);
    await network.announce();
    await network.look(repairs);
    const text = network.lines.join("");
    expect(shown).to.have.length(64);
    expect(text).not.to.include(shown);
    expect(text).not.to.include(bytesToHex(network.lost.share.toBytes()).slice(2));
    expect(text).to.include("repaired");
  });
});
