import { ServerKeyFailure } from "@keyquorum/protocol";
import { bytesToHex, type Hash32, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { signedBy } from "../testing/keyHolders.ts";
import { createMoveHosts, LATER_EPOCH } from "../testing/moveHosts.ts";
import { evidenceOf } from "./evidence.ts";
import { createMover } from "./mover.ts";

const BYTES = new Uint8Array(32).fill(0x1d);
const ID = parseHash32(bytesToHex(BYTES));

describe("which server key is moved next", () => {
  it("keys that fail every time should keep no other from its turn, neither one's own nor one that is offered", async () => {
    const net = await createMoveHosts({ [HOSTS_EPOCH]: [1, 2, 3], [LATER_EPOCH]: [2, 3, 4] });
    try {
      const { signature, address } = signedBy(ALICE, BYTES);
      await net.at2(1).board.generate({ serverKeyId: BYTES, author: address, threshold: 1, signature });
      const { records, board } = net.at2(2);
      const row = await board.member.rowOf(ID);
      if (row?.stage !== "generated") throw new RangeError("it was generated");
      net.open(LATER_EPOCH);
      const tried: Hash32[] = [];
      const none = async (): Promise<never> => {
        throw new RangeError("nobody deals, and nobody leaves, in this test");
      };
      const mover = createMover({
        ...{ services: net.at(2).services, records, member: { redeal: none, learn: none, takeBack: async () => [] }, tellLeaving: none },
        board: {
          member: board.member,
          move: async ({ serverKeyId }) => {
            tried.push(serverKeyId);
            throw new ServerKeyFailure("ABSENT", 4);
          },
        },
      });
      const offered = Array.from({ length: 9 }, (_, i) => parseHash32(`0x${String(i + 1).repeat(64)}`));
      for (const id of offered) mover.onOffered(id, evidenceOf(row, undefined));
      // Its own waits for its turn, 30 s at most; of ten keys four are tried in a round.
      for (let round = 0; round < 5; round += 1) {
        net.everywhere((chain) => {
          chain.head += 40;
        });
        await mover.eachRound();
      }
      const timesOf = (id: Hash32): number => tried.filter((one) => one === id).length;
      expect([ID, ...offered].map(timesOf)).to.deep.equal(Array.from({ length: 10 }, () => 2));
    } finally {
      await net.remove();
    }
  });
});
