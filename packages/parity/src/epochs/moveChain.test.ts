import type { PeerTransport } from "@keyquorum/keeper";
import { movedRowName } from "@keyquorum/protocol";
import { bytesToHex, hexToBytes, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { BOB, readAsBefore, signedBy } from "../testing/keyHolders.ts";
import { createMoveHosts, LATER_EPOCH, type MoveHosts } from "../testing/moveHosts.ts";

const ID = new Uint8Array(32).fill(0x1d);
const OLD = [1, 2, 3];
const NEW = [2, 3, 4];

describe("server keys that move while the chain, or a keeper's view of it, is not what the others see", () => {
  let net: MoveHosts;
  /** Questions that were asked, by the last part of their path. */
  let asked: string[];
  beforeEach(() => {
    asked = [];
  });
  afterEach(() => net.remove());

  const noting = (inner: PeerTransport): PeerTransport => ({
    ask: (message, ...rest) => {
      asked.push(message.route.path.split("/").at(-1) ?? "");
      return inner.ask(message, ...rest);
    },
  });
  const make = async (epochs: Record<number, readonly number[]>, options: Parameters<typeof createMoveHosts>[1] = {}): Promise<void> => {
    net = await createMoveHosts(epochs, { network: noting, ...options });
  };
  /** Generates, and stores a document key, which it answers with. */
  const publish = async (threshold: number): Promise<string> => {
    const { signature, address } = signedBy(ALICE, ID);
    const key = await net.at2(1).board.generate({ serverKeyId: ID, author: address, threshold, signature });
    const { documentKey, ...pair } = createDocumentKey(parsePoint64(hexToBytes(bytesToHex(key), 64)));
    await net.at2(1).keys.storeDocumentKey({ serverKeyId: ID, author: address, signature, ...pair });
    return bytesToHex(documentKey);
  };
  const read = async (slot: number): Promise<string> => {
    const { signature, requesterKey } = signedBy(BOB, ID);
    return bytesToHex(await readAsBefore(BOB, await net.at2(slot).keys.shadows({ serverKeyId: ID, requesterKey, signature })));
  };
  const epochs = (slots: readonly number[]) => Promise.all(slots.map((slot) => net.at2(slot).records.epochsOf(ID)));
  /** Which epoch is the newest from which block on. */
  const currentEpoch = (at: (block: number) => number, slots: readonly number[] = net.hosts.map(({ slot }) => slot)): void => {
    for (const slot of slots) net.at(slot).chain.answers["keeperRegistry.currentEpoch"] = (_, block) => [at(block)];
  };
  const MOVED = [[LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH]];

  it("an epoch that is not final should move nothing; when it is reorged away and others are in its place, keys should go to these", async () => {
    const members: Record<number, readonly number[]> = { [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW, [LATER_EPOCH + 1]: [5] };
    await make(members);
    const document = await publish(1);
    net.everywhere((chain) => {
      chain.head += 2_000;
      chain.finalLag = 1_000;
    });
    net.open(LATER_EPOCH);
    const from = net.heads().head.number;
    currentEpoch((block) => (block < from ? HOSTS_EPOCH : LATER_EPOCH));
    asked = [];
    await net.rounds(4);
    expect(asked, "nobody was asked for anything").to.deep.equal([]);
    expect(await epochs([1, 2, 3, 4])).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [HOSTS_EPOCH], []]);
    for (const slot of [1, 2, 3, 4])
      expect(await net.at2(slot).board.member.rowOf(movedRowName(parseHash32(bytesToHex(ID)), LATER_EPOCH))).to.equal(undefined);

    members[LATER_EPOCH] = [2, 3, 5]; // what the reorganisation left
    net.everywhere((chain) => {
      chain.finalLag = 2;
    });
    await net.rounds();
    expect(await epochs([2, 3, 5])).to.deep.equal(MOVED);
    expect(await epochs([4])).to.deep.equal([[]]);
    for (const slot of [1, 2, 3, 5]) expect(await read(slot)).to.equal(document);
  });

  it("an epoch that is gone after it was final should erase nothing: the key should be read where it was, also when others are in its place", async () => {
    const members: Record<number, readonly number[]> = { [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW, [LATER_EPOCH + 1]: [5] };
    await make(members);
    const document = await publish(1);
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await epochs([2, 3, 4, 1])).to.deep.equal([...MOVED, [HOSTS_EPOCH]]);

    // A keeper that sees it does nothing at all, until its operator says that the new chain is the right one.
    const broken = async (): Promise<never> => {
      throw new KeyquorumError("FINALITY_BROKEN");
    };
    const looks = net.hosts.map((host) => ({ host, chain: host.services.chain }));
    for (const { host, chain } of looks) Object.assign(host.services, { chain: { ...chain, look: broken } });
    asked = [];
    await net.rounds(4, 3_000);
    for (const { host, chain } of looks) Object.assign(host.services, { chain });
    expect(await epochs([2, 3, 4, 1])).to.deep.equal([...MOVED, [HOSTS_EPOCH]]);

    currentEpoch(() => HOSTS_EPOCH);
    members[LATER_EPOCH] = [];
    await net.rounds(4, 3_000);
    expect(await epochs([2, 3, 4, 1]), "resumed, without the epoch").to.deep.equal([...MOVED, [HOSTS_EPOCH]]);
    expect(await read(1)).to.equal(document);

    currentEpoch(() => LATER_EPOCH);
    members[LATER_EPOCH] = [2, 3, 5];
    await net.rounds(4, 3_000);
    expect((await epochs([2, 3, 1])).map((held) => held.includes(HOSTS_EPOCH))).to.deep.equal([true, true, true]);
    expect(await read(1), "with other members").to.equal(document);
  });

  it("while a member of both epochs does not see the new one, it should be waited for by name, and the key move when it does", async () => {
    await make({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    const document = await publish(1);
    net.open(LATER_EPOCH);
    currentEpoch(() => HOSTS_EPOCH, [2]);
    const all = net.at(2).chain.answers["keeperRegistry.committeeOf"];
    net.at(2).chain.answers["keeperRegistry.committeeOf"] = (args, block) =>
      Number(args[0]) === LATER_EPOCH ? [[]] : (all?.(args, block) ?? [[]]);
    await net.rounds();
    expect(await epochs([2, 3, 4, 1])).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [], [HOSTS_EPOCH]]);
    expect(net.at2(3).moves.seen().waiting[0]).to.include({ slot: 2 });
    for (const slot of OLD) expect(await read(slot)).to.equal(document);
    currentEpoch(() => LATER_EPOCH, [2]);
    if (all !== undefined) net.at(2).chain.answers["keeperRegistry.committeeOf"] = all;
    await net.rounds();
    expect(await epochs([2, 3, 4])).to.deep.equal(MOVED);
    for (const slot of [1, 2, 3, 4]) expect(await read(slot)).to.equal(document);
  });

  it("a member whose clock is an hour behind should take part as others do, and erase by its own clock", async () => {
    await make({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW }, { eraseDelay: 600_000 });
    const document = await publish(1);
    net.everywhere((chain) => {
      chain.head += 5_000;
    });
    net.at(2).chain.head -= 3_600;
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await epochs(NEW)).to.deep.equal(MOVED);
    await net.rounds(8, 300);
    expect(await epochs([1, ...NEW])).to.deep.equal([[], [LATER_EPOCH], [LATER_EPOCH], [LATER_EPOCH]]);
    for (const slot of NEW) expect(await read(slot)).to.equal(document);
  });

  it("two members that drive one key's move at once should end with one and the same move", async () => {
    await make({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: NEW });
    const document = await publish(1);
    net.open(LATER_EPOCH);
    for (let round = 0; round < 4; round += 1) {
      net.everywhere((chain) => {
        chain.head += 40;
      });
      for (const slot of NEW) net.at2(slot).moves.hurry();
      await Promise.all(NEW.map((slot) => net.at2(slot).board.eachRound()));
      await Promise.all(NEW.map((slot) => net.at2(slot).moves.eachRound()));
    }
    expect(await epochs(NEW)).to.deep.equal(MOVED);
    const rows = await Promise.all(
      NEW.map((slot) => net.at2(slot).board.member.rowOf(movedRowName(parseHash32(bytesToHex(ID)), LATER_EPOCH))),
    );
    expect(new Set(rows.map((row) => (row?.stage === "generated" ? row.sid : row?.stage))).size).to.equal(1);
    for (const slot of NEW) expect(await read(slot)).to.equal(document);
  });

  it("a key that all members must deal (t+1 = n) should wait for each of them, and move", async () => {
    await make({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [2, 3, 4, 5] });
    const document = await publish(2);
    net.open(LATER_EPOCH);
    const { answerers } = net.at(1);
    net.at(1).answerers = undefined;
    net.away.add(1);
    await net.rounds();
    expect(await epochs([2, 3, 4, 5])).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], [], []]);
    expect(net.at2(2).moves.seen().waiting[0]).to.include({ slot: 1 });
    net.at(1).answerers = answerers;
    net.away.delete(1);
    await net.rounds();
    for (const slot of [2, 3, 4, 5]) expect(await read(slot)).to.equal(document);
  });

  it("a key whose t the new epoch is too small for should stay where it is, say so, and be read there", async () => {
    await make({ [HOSTS_EPOCH]: [1, 2, 3, 4], [LATER_EPOCH]: OLD });
    const document = await publish(3);
    net.open(LATER_EPOCH);
    asked = [];
    await net.rounds(4);
    expect(asked.filter((question) => question !== "offer")).to.deep.equal([]);
    expect(await epochs([1, 2, 3, 4])).to.deep.equal(Array.from({ length: 4 }, () => [HOSTS_EPOCH]));
    expect(net.at2(1).moves.seen().waiting).to.deep.equal([{ reason: "TOO_FEW_MEMBERS", keys: 1 }]);
    for (const slot of [1, 2, 3, 4]) expect(await read(slot)).to.equal(document);
  });
});
