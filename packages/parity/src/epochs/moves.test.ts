import { combineShares, nobleBackend } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { BOB, readAsBefore, signedBy } from "../testing/keyHolders.ts";
import { createMoveHosts, LATER_EPOCH, type MoveHosts } from "../testing/moveHosts.ts";

const ID = new Uint8Array(32).fill(0x1d);
const OTHER = new Uint8Array(32).fill(0x2e);
const OLD = [1, 2, 3];
const NEW = [2, 3, 4];

describe("server keys when the keepers change", () => {
  let net: MoveHosts;
  afterEach(() => net.remove());

  const generate = async (slot: number, id: Uint8Array<ArrayBuffer>, threshold: number): Promise<string> => {
    const { signature, address } = signedBy(ALICE, id);
    return bytesToHex(await net.at2(slot).board.generate({ serverKeyId: id, author: address, threshold, signature }));
  };
  /** Stores a document key, and answers with it. */
  const store = async (slot: number, id: Uint8Array<ArrayBuffer>, key: string): Promise<Uint8Array> => {
    const { signature, address } = signedBy(ALICE, id);
    const made = createDocumentKey(parsePoint64(hexToBytes(key, 64)));
    const { commonPoint, encryptedPoint } = made;
    await net.at2(slot).keys.storeDocumentKey({ serverKeyId: id, author: address, signature, commonPoint, encryptedPoint });
    return made.documentKey;
  };
  const read = async (slot: number, id: Uint8Array<ArrayBuffer>): Promise<string> => {
    const { signature, requesterKey } = signedBy(BOB, id);
    return bytesToHex(await readAsBefore(BOB, await net.at2(slot).keys.shadows({ serverKeyId: id, requesterKey, signature })));
  };
  /** Of each keeper: the epochs of which it holds a share. */
  const epochs = (slots: readonly number[], id = ID) => Promise.all(slots.map((slot) => net.at2(slot).records.epochsOf(id)));
  const keyOf = async (slots: readonly number[], id = ID): Promise<string> => {
    const shares: { slot: number; share: bigint }[] = [];
    for (const slot of slots) await net.at2(slot).records.use(id, ({ share }) => void shares.push({ slot, share: share.reveal() }));
    return `0x${nobleBackend.mulG(combineShares(shares)).toHex(false).slice(2)}`;
  };

  for (const [name, later, threshold] of [
    ["one is replaced", NEW, 1],
    ["one is replaced, and each alone opens a document", NEW, 0],
    ["all are replaced", [4, 5, 6], 1],
    ["some join", [1, 2, 3, 4, 5], 2],
    ["they stay", OLD, 1],
  ] as readonly (readonly [string, readonly number[], number])[])
    it(`when ${name}, the key should be there for the new ones, readable through each, and erased where it was`, async () => {
      net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: later });
      const key = await generate(1, ID, threshold);
      const document = bytesToHex(await store(2, ID, key));
      net.open(LATER_EPOCH);
      await net.rounds();
      expect(await epochs(later)).to.deep.equal(later.map((slot) => (OLD.includes(slot) ? [LATER_EPOCH, HOSTS_EPOCH] : [LATER_EPOCH])));
      expect(await keyOf(later.slice(-threshold - 1))).to.equal(key);
      for (const slot of new Set([...later, ...OLD])) expect(await read(slot, ID), `through ${slot}`).to.equal(document);
      await net.rounds(8, 3_000);
      const gone = OLD.filter((slot) => !later.includes(slot));
      expect(await epochs([...later])).to.deep.equal(later.map(() => [LATER_EPOCH]));
      expect(await epochs(gone)).to.deep.equal(gone.map(() => []));
      for (const slot of later) expect(await read(slot, ID), `through ${slot}`).to.equal(document);
      expect(net.at2(later[0] ?? 0).moves.seen().toMove).to.equal(0);
    });

  it("a key without a document key should be moved too, and get it there alone", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    const key = await generate(1, ID, 1);
    net.open(LATER_EPOCH);
    const answerers = net.at(4).answerers ?? [];
    net.at(4).answerers = answerers.filter(({ route }) => !route.path.endsWith("/verdict"));
    await net.rounds(1);
    expect(await epochs(OLD), "dealt, and not moved").to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [HOSTS_EPOCH]]);
    const kindOf = (error: { readonly kind: string }): string => error.kind;
    expect(await store(2, ID, key).catch(kindOf), "what was stored now might be left behind").to.equal("ConsensusTemporaryUnreachable");
    net.at(4).answerers = answerers;
    await net.rounds();
    expect(await epochs(NEW)).to.deep.equal([[LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH]]);
    expect(await store(1, ID, key).catch((error: { kind: string }) => error.kind), "through one that left").to.equal(
      "ConsensusTemporaryUnreachable",
    );
    const document = bytesToHex(await store(4, ID, key));
    for (const slot of NEW) expect(await read(slot, ID)).to.equal(document);
  });

  it("while a new member is away, nobody should have moved it, the old ones read it, and it should move when that one is back", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    const key = await generate(1, ID, 1);
    const document = bytesToHex(await store(2, ID, key));
    net.open(LATER_EPOCH);
    net.away.add(4);
    const { answerers } = net.at(4);
    net.at(4).answerers = undefined;
    await net.rounds();
    expect(await epochs([1, 2, 3, 4])).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [HOSTS_EPOCH], []]);
    expect(net.at2(2).moves.seen()).to.deep.include({ toMove: 1, moved: 0 });
    expect(net.at2(2).moves.seen().waiting).to.deep.equal([{ reason: "ABSENT", slot: 4, keys: 1 }]);
    for (const slot of OLD) expect(await read(slot, ID)).to.equal(document);
    net.away.delete(4);
    net.at(4).answerers = answerers;
    await net.rounds();
    expect(await read(4, ID)).to.equal(document);
  });

  it("attack 50: while too few operators consent, nothing should move, and status should say whose consent and why; a veto keeps old shares, too", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    await store(2, ID, await generate(1, ID, 1));
    const young = { reason: "TOO_YOUNG", why: "wait" };
    for (const slot of [2, 3]) net.withheld.set(slot, young);
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await epochs(OLD)).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [HOSTS_EPOCH]]);
    expect(net.at2(2).moves.seen().waiting[0]?.reason).to.equal("TOO_YOUNG");
    net.withheld.delete(3);
    await net.rounds(8);
    expect(await epochs(NEW), "slot 2 does not deal, and takes its share").to.deep.equal([
      [LATER_EPOCH, HOSTS_EPOCH],
      [LATER_EPOCH, HOSTS_EPOCH],
      [LATER_EPOCH],
    ]);
    await net.rounds(8, 3_000);
    expect(await epochs(NEW), "who withholds keeps its old share").to.deep.equal([
      [LATER_EPOCH, HOSTS_EPOCH],
      [LATER_EPOCH],
      [LATER_EPOCH],
    ]);
  });

  it("a removed keeper should be told of a move that others ended for who began it: it may not ask", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    await store(2, ID, await generate(1, ID, 1));
    net.everywhere((chain) => {
      chain.answers["keeperRegistry.removedKeepers"] = () => [1n << 1n];
    });
    net.open(LATER_EPOCH);
    // Who drives gets no confirmation of this one, which ends the session by itself.
    net.at(4).answerers = net.at(4).answerers?.filter(({ route }) => !route.path.endsWith("/confirm"));
    await net.rounds(3);
    expect(net.at(4).lines.join(), "the control").to.include("A server key that waited for members was generated");
    expect(await epochs(NEW)).to.deep.equal([[LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH]]);
    expect(await net.at2(1).records.list(), "it has left").to.deep.equal([]);
    await net.rounds(8, 3_000);
    expect(await epochs([1]), "and erased").to.deep.equal([[]]);
  });

  it("when another epoch opens, keys should go there from wherever they are", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW, [LATER_EPOCH + 1]: [3, 4, 5] });
    const [key, other] = [await generate(1, ID, 1), await generate(3, OTHER, 1)];
    const document = bytesToHex(await store(2, ID, key));
    net.open(LATER_EPOCH);
    net.at2(1);
    await net.rounds();
    net.open(LATER_EPOCH + 1);
    await net.rounds(8);
    for (const slot of [3, 4, 5]) expect(await read(slot, ID)).to.equal(document);
    expect(await keyOf([4, 5])).to.equal(key);
    expect(await keyOf([3, 5], OTHER)).to.equal(other);
  });
});
