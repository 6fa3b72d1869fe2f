import { movedRowName } from "@keyquorum/protocol";
import { combineShares, nobleBackend } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { seedNumber } from "../../../../test/random/seed.ts";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { BOB, readAsBefore, signedBy } from "../testing/keyHolders.ts";
import { createKills } from "../testing/kills.ts";
import { createMoveHosts } from "../testing/moveHosts.ts";

/** One with a document key, one without: who deals what differs. */
const [WITH, WITHOUT] = [new Uint8Array(32).fill(0x1d), new Uint8Array(32).fill(0x2e)];
const IDS = [WITH, WITHOUT];
const THRESHOLD = 1;
const SLOTS = [1, 2, 3, 4];
/** Who is in which epoch: one leaves, one joins, one after the other. */
const membersOf = (epoch: number): readonly number[] => (epoch % 2 === 0 ? [1, 2, 3] : [2, 3, 4]);
/** Moves in which somebody is killed: each is one of two keys, to an epoch of its own. */
const TRIALS = Math.min(casesFor(4), 250);
/** Time passes in all of them: shares that were left are erased meanwhile. */
const ERASE_DELAY = 100_000;

describe("server keys that move while a keeper is killed", () => {
  it("should be whole somewhere at every moment, and be for all new members or none, whichever write or message it was", async () => {
    const epochs = Object.fromEntries(Array.from({ length: TRIALS + 2 }, (_, i) => [HOSTS_EPOCH + i, membersOf(HOSTS_EPOCH + i)] as const));
    const kills = createKills();
    const net = await createMoveHosts(epochs, { kills, eraseDelay: ERASE_DELAY });
    try {
      const { address, signature } = signedBy(ALICE, WITH);
      const keyOf = async (id: Uint8Array<ArrayBuffer>): Promise<string> =>
        bytesToHex(
          await net
            .at2(1)
            .board.generate({ serverKeyId: id, author: address, threshold: THRESHOLD, signature: signedBy(ALICE, id).signature }),
        );
      const keys = new Map([[WITH, await keyOf(WITH)] as const, [WITHOUT, await keyOf(WITHOUT)] as const]);
      const { documentKey, ...pair } = createDocumentKey(parsePoint64(hexToBytes(keys.get(WITH) ?? "", 64)));
      await net.at2(2).keys.storeDocumentKey({ serverKeyId: WITH, author: address, signature, ...pair });

      /** Epochs in which t+1 shares are there that give the key. */
      const wholeIn = async (id: Uint8Array<ArrayBuffer>): Promise<readonly number[]> => {
        const shares = new Map<number, { slot: number; share: bigint }[]>();
        for (const slot of SLOTS)
          for (const epoch of await net.at2(slot).records.epochsOf(id)) {
            const share = await net.at2(slot).records.use(id, (record) => record.share.reveal(), epoch);
            if (share !== undefined) shares.set(epoch, [...(shares.get(epoch) ?? []), { slot, share }]);
          }
        const isWhole = (some: readonly { slot: number; share: bigint }[]): boolean =>
          `0x${nobleBackend
            .mulG(combineShares(some.slice(-THRESHOLD - 1)))
            .toHex(false)
            .slice(2)}` === keys.get(id);
        return [...shares].filter(([, some]) => some.length > THRESHOLD && isWhole(some)).map(([epoch]) => epoch);
      };
      const round = async (seconds: number): Promise<void> => {
        net.everywhere((chain) => {
          chain.head += seconds;
        });
        for (const slot of SLOTS) {
          if (kills.dead() === slot) continue;
          // Whoever is killed in its round throws what that was.
          await net
            .at2(slot)
            .board.eachRound()
            .catch(() => undefined);
          await net.at2(slot).moves.eachRound();
        }
      };
      const sidsIn = (id: Uint8Array<ArrayBuffer>, epoch: number) =>
        Promise.all(
          membersOf(epoch).map(async (slot) => {
            const row = await net.at2(slot).board.member.rowOf(movedRowName(parseHash32(bytesToHex(id)), epoch));
            return row?.stage === "generated" ? row.sid : row?.stage;
          }),
        );

      const leavers = (epoch: number) => membersOf(epoch - 1).filter((slot) => !membersOf(epoch).includes(slot));
      const heldBy = (slot: number) => net.at2(slot).records.list();
      const hasEnded = async (epoch: number): Promise<boolean> => {
        const sids = (await Promise.all(IDS.map((id) => sidsIn(id, epoch)))).flat();
        const left = (await Promise.all(leavers(epoch).map(heldBy))).flat();
        return sids.every((sid) => sid?.startsWith("0x")) && left.length === 0;
      };

      let boundaries = 0;
      let killed = 0;
      for (let trial = 0; trial <= TRIALS; trial += 1) {
        const epoch = HOSTS_EPOCH + 1 + trial;
        // With enough of them each boundary has its turn; else dice say which.
        const drawn = TRIALS > boundaries ? trial - 1 : seedNumber(`kill ${trial}`);
        const at = trial === 0 ? Number.POSITIVE_INFINITY : 1 + (drawn % boundaries);
        const about = `trial ${trial}, boundary ${at} of ${boundaries}`;
        kills.arm(at);
        net.open(epoch);
        for (let rounds = 0; rounds < 2; rounds += 1) {
          await round(40);
          for (const id of IDS) expect(await wholeIn(id), about).to.not.deep.equal([]);
        }
        if (trial === 0) boundaries = kills.passed();
        const dead = kills.dead();
        if (dead !== undefined) {
          killed += 1;
          await net.restart(dead);
        }
        for (let rounds = 0; rounds < 9 && !(await hasEnded(epoch)); rounds += 1) await round(40);
        for (const id of IDS) {
          const sids = await sidsIn(id, epoch);
          expect(new Set(sids).size, `${about}: ${sids.join()}`).to.equal(1);
          expect(sids[0], about).to.match(/^0x/);
          expect(await wholeIn(id), about).to.include(epoch);
          for (const slot of leavers(epoch)) expect(await heldBy(slot), `${about}: who left`).to.not.include(bytesToHex(id));
        }
      }
      expect(killed, "the control").to.be.greaterThan(0);
      expect(boundaries, "the control").to.be.greaterThan(50);
      if (TRIALS > boundaries) console.log(`      ${boundaries} boundaries, ${killed} kills in ${TRIALS} moves of two keys`);
      const read = signedBy(BOB, WITH);
      for (const slot of membersOf(HOSTS_EPOCH + 1 + TRIALS))
        expect(
          bytesToHex(
            await readAsBefore(
              BOB,
              await net.at2(slot).keys.shadows({ serverKeyId: WITH, requesterKey: read.requesterKey, signature: read.signature }),
            ),
          ),
        ).to.equal(bytesToHex(documentKey));
    } finally {
      await net.remove();
    }
  });
});
