import type { AcceptedRow, ConfirmedRow, DealtRow, GeneratedRow, ServerKeyProposal, Signed } from "@keyquorum/protocol";
import { dealingLength, nobleBackend, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, KeyquorumError, parseAddress, parseHash32, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { createExtensionHosts, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createBoardRows } from "./boardRows.ts";
import { roomOf, shareUsed } from "./room.ts";

const hash = (byte: number) => parseHash32(bytesToHex(new Uint8Array(32).fill(byte)));
const AUTHOR = parseAddress(`0x${"aa".repeat(20)}`);
const POINT = nobleBackend.mulG(5n);

/** A session of n members as it is written, with made-up bytes. Epochs and slots are as long as they get. */
const sessionOf = (n: number, threshold: number, id = 0x1d, sid = 0x51) => {
  const members = Array.from({ length: n }, (_, i) => 255 - n + i);
  const proposal: ServerKeyProposal = {
    ...{ serverKeyId: hash(id), author: AUTHOR, authorSignature: new Uint8Array(65).fill(7) },
    ...{ threshold, epoch: 4_294_967_295, members, coordinator: members[0] ?? 0 },
  };
  const session = { proposal, sid: parseSessionId(hash(sid)) };
  const signed = members.map((slot): Signed => ({ slot, signature: new Uint8Array(65).fill(slot) }));
  const length = dealingLength({ threshold, members: n });
  const key = { commitments: Array.from({ length: threshold + 1 }, () => POINT), commitmentsHash: hash(2), verifyingRoot: hash(3) };
  const dealt: DealtRow = { stage: "dealt", ...session, dealing: new Uint8Array(length).fill(9) };
  const dealings = signed.map((one) => ({ ...one, dealing: new Uint8Array(length).fill(one.slot ^ sid) }));
  const accepted: AcceptedRow = { stage: "accepted", ...session, echo: hash(4), dealings, key };
  const confirmed: ConfirmedRow = { ...accepted, stage: "confirmed", verdicts: signed, aborts: [] };
  const generated: GeneratedRow = { stage: "generated", ...session, key, confirmations: signed };
  return { dealt, accepted, confirmed, generated, signed, id: proposal.serverKeyId, proposal };
};
const SHARE = SecretScalar.from(77n);

describe("a keeper's rows of server keys", () => {
  let hosts: ExtensionHosts;
  const open = async (extensionQuota?: { readonly rows: number; readonly bytes: number }) => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1], extensionQuota === undefined ? {} : { extensionQuota });
    const { services } = hosts.at(1);
    return { services, rows: createBoardRows(services) };
  };
  afterEach(() => hosts.remove());
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof KeyquorumError ? `${error.code} ${error.details.reason}` : String(error);
  };
  const REFUSED = "ACCESS_DENIED SERVER_KEYS_FULL";

  for (const [n, threshold] of [
    [3, 0],
    [3, 2],
    [20, 9],
    [28, 0],
    [64, 0],
    [64, 63],
  ] as const)
    it(`should be read as they were written, and have room for what they grow by: n = ${n}, t = ${threshold}`, async () => {
      const { services, rows } = await open();
      const { dealt, accepted, confirmed, generated, signed, id, proposal } = sessionOf(n, threshold);
      await rows.save(dealt);
      expect(await rows.load(id)).to.deep.equal(dealt);
      await rows.accept(accepted, SHARE);
      const held = await services.held();
      const room = roomOf(proposal);
      expect(held.rows).to.equal(room.rows + 1); // the epoch that is needed
      expect(held.bytes).to.be.below(room.bytes);
      expect(await rows.load(id)).to.deep.equal(accepted);
      expect(await rows.unfinished()).to.deep.equal([accepted]);
      const most = { ...confirmed, aborts: signed.slice(0, threshold + 1) };
      await rows.save(most);
      expect(await rows.load(id)).to.deep.equal(most);
      const last = await services.held();
      expect(last.rows).to.equal(held.rows);
      expect(last.bytes).to.be.below(held.bytes * 1.5);
      await rows.finish(generated);
      expect(await rows.load(id)).to.deep.equal(generated);
      await createServerKeyRecords(services).storeDocumentKey(hexToBytes(id, 32), () => ({
        ...{ commonPoint: POINT, encryptedPoint: POINT, certificate: signed },
      }));
      const end = await services.held();
      expect(end.rows).to.equal(3);
      expect(end.bytes).to.be.below(held.bytes * 1.5);
    });

  it("of a key that is moved here should be counted in the day's quota while this keeper has no share of it, as one that is generated", async () => {
    const { services, rows } = await open();
    const { accepted, confirmed, generated, proposal } = sessionOf(3, 1);
    const counted = createBoardRows(services, {
      require: async () => {
        throw new KeyquorumError("RATE_LIMITED", "used up");
      },
      take: async () => undefined,
    });
    const moved = { publicKey: POINT, dealers: [], about: new Uint8Array() };
    const isLetIn = (one: ServerKeyProposal) =>
      counted.requireRoom(one).then(
        () => true,
        () => false,
      );
    expect([await isLetIn(proposal), await isLetIn({ ...proposal, moved })]).to.deep.equal([false, false]);
    await rows.accept(accepted, SHARE);
    await rows.save(confirmed);
    await rows.finish(generated);
    expect([await isLetIn(proposal), await isLetIn({ ...proposal, moved })]).to.deep.equal([false, true]);
  });

  it("should be gone when a session is given up, and the next one of the id be another", async () => {
    const { services, rows } = await open();
    const [first, second] = [sessionOf(64, 63), sessionOf(64, 63, 0x1d, 0x52)];
    const neighbour = sessionOf(3, 1, 0x1e);
    await rows.accept(neighbour.accepted, SHARE);
    await rows.accept(first.accepted, SHARE);
    await rows.delete(first.id);
    expect((await services.held()).rows).to.equal(4);
    await rows.accept(second.accepted, SHARE);
    expect(await rows.load(second.id)).to.deep.equal(second.accepted);
    expect(await rows.load(neighbour.id)).to.deep.equal(neighbour.accepted);
  });

  it("should be looked up again, when its dealings are another session's: that one began while it was read", async () => {
    const { services, rows } = await open();
    const [first, second] = [sessionOf(3, 1), sessionOf(3, 1, 0x1d, 0x52)];
    await rows.accept(first.accepted, SHARE);
    let isBetween = true;
    const table: typeof services.table = (name) => {
      const inner = services.table(name);
      const get = async (key: string) => {
        const bytes = await inner.get(key);
        if (name === "server-key-sessions" && isBetween) {
          isBetween = false;
          await rows.delete(first.id);
          await rows.accept(second.accepted, SHARE);
        }
        return bytes;
      };
      return { ...inner, get };
    };
    expect(await createBoardRows({ ...services, table }).load(first.id)).to.deep.equal(second.accepted);
  });

  it("should never be read as half of one session and half of another, while sessions end and begin", async () => {
    const { rows } = await open();
    const sessions = [sessionOf(24, 11), sessionOf(24, 11, 0x1d, 0x52)];
    let isOver = false;
    const write = async (): Promise<void> => {
      for (const { accepted, confirmed, id } of [...sessions, ...sessions]) {
        await rows.accept(accepted, SHARE);
        await rows.save(confirmed);
        await rows.delete(id);
      }
      isOver = true;
    };
    const possible = sessions.flatMap(({ accepted, confirmed }) => [accepted, confirmed]);
    const read = async (): Promise<void> => {
      while (!isOver) {
        const row = await rows.load(hash(0x1d));
        if (row !== undefined) expect(possible).to.deep.include(row);
      }
    };
    await Promise.all([write(), read()]);
  });

  describe("given a store that is full but for its spare rows", () => {
    /** Two sessions and their epoch, and 100 rows that are for others. */
    const quota = { rows: 107, bytes: 1_000_000 };

    it("a session that was accepted should end, and no other one begin: at the proposal, the commitment, the verdict", async () => {
      const { services, rows } = await open(quota);
      const [one, two, three] = [sessionOf(3, 1, 1), sessionOf(3, 1, 2), sessionOf(3, 1, 3)];
      await rows.requireRoom(one.proposal);
      await rows.save(one.dealt);
      await rows.save(two.dealt);
      await rows.accept(one.accepted, SHARE);
      await rows.accept(two.accepted, SHARE).then(
        () => services.transaction(async (tx) => expect((await tx.held()).rows).to.equal(7)),
        () => expect.fail("there is room for two"),
      );
      expect(shareUsed(await services.held())).to.equal(1);
      expect(await codeOf(rows.requireRoom(three.proposal))).to.equal(REFUSED);
      expect(await codeOf(rows.save(three.dealt))).to.equal(REFUSED);
      expect(await codeOf(rows.accept(three.accepted, SHARE))).to.equal(REFUSED);
      expect(await rows.load(three.id)).to.equal(undefined);
      for (let i = 0; i < 100; i += 1) await services.table("others").put(String(i), new Uint8Array(1));
      await rows.save(one.confirmed);
      await rows.finish(one.generated);
      await rows.delete(two.id);
      expect((await rows.load(one.id))?.stage).to.equal("generated");
    });

    it("two thirds of the bytes should be for keys, the others for what these grow by", async () => {
      const { services, rows } = await open({ rows: 1_000, bytes: 60_000 });
      const { proposal, dealt } = sessionOf(3, 1);
      await rows.requireRoom(proposal);
      await services.table("others").put("a", new Uint8Array(40_000 - roomOf(proposal).bytes));
      await rows.requireRoom(proposal);
      await services.table("others").put("b", new Uint8Array(1));
      expect(await codeOf(rows.requireRoom(proposal))).to.equal(REFUSED);
      expect(await codeOf(rows.save(dealt))).to.equal(REFUSED);
    });
  });
});
