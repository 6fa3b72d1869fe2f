import { nobleBackend } from "@keyquorum/threshold";
import { expect } from "chai";
import { encodePoint64 } from "../formats/point64.ts";
import { readServerSets } from "./serverSets.ts";

const keyAt = (epoch: number, slot: number) => nobleBackend.mulG(BigInt(100 * epoch + slot));
const node = (epoch: number, slot: number) => encodePoint64(keyAt(epoch, slot));
const SLOTS = new Map([
  [3, [1, 2, 3]],
  [4, [2, 3, 5]],
  [5, [1, 2, 4]],
]);

const setsOf = (needed: readonly number[], present: readonly number[]) => {
  const heads = { name: "the heads that were looked at" };
  const services = {
    chain: { look: async () => heads },
    members: {
      of: async (epoch: number, at: unknown) => {
        expect(at, "all is read at one look").to.equal(heads);
        return (SLOTS.get(epoch) ?? []).map((slot) => ({ slot, identityKey: keyAt(epoch, slot) }));
      },
    },
    table: () => ({ list: async () => needed.map(String) }),
  };
  return readServerSets(services as unknown as Parameters<typeof readServerSets>[0], async () => ({
    ...{ epoch: 5, slots: present, ownSlot: 1 },
  }));
};

describe("the nodes as an administrator names them", () => {
  it("open are those of the newest epoch that take part; known is each other epoch that has server keys, whole", async () => {
    expect(await setsOf([3, 4, 5], [1, 2, 4])).to.deep.equal({
      open: [node(5, 1), node(5, 2), node(5, 4)],
      known: [
        [node(3, 1), node(3, 2), node(3, 3)],
        [node(4, 2), node(4, 3), node(4, 5)],
      ],
    });
  });

  it("who is absent from the newest epoch is not among the open ones; with no server keys nothing is known", async () => {
    expect(await setsOf([], [1, 4])).to.deep.equal({ open: [node(5, 1), node(5, 4)], known: [] });
    expect((await setsOf([4], [1, 4])).known, "who left it later was a node all the same").to.deep.equal([
      [node(4, 2), node(4, 3), node(4, 5)],
    ]);
  });
});
