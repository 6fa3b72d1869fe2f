import { confirmationOf, confirmationStatement, dealingStatement, movedRowName, type ServerKeyProposal } from "@keyquorum/protocol";
import { commitmentsHashOf, createServerKeyRedealing, merkleRoot, nobleBackend, SecretScalar, verifyingLeaf } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, KeyquorumError, parseAddress, parseHash32, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { membersOf, ownMembership } from "../retrieval/membership.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { signedBy } from "../testing/keyHolders.ts";
import { createMoveHosts, LATER_EPOCH, type MoveHosts } from "../testing/moveHosts.ts";
import { encodeEvidence, evidenceOf, isProved, type KeyEvidence, verifyingShareOf } from "./evidence.ts";
import { MOVE_MESSAGES } from "./moveMessages.ts";
import { askMove } from "./moveQuestions.ts";

const BYTES = new Uint8Array(32).fill(0x1d);
const ID = parseHash32(bytesToHex(BYTES));
const OLD = [1, 2, 3];

describe("who moves server keys, and lies", () => {
  let net: MoveHosts;
  afterEach(() => net.remove());

  const generate = async (slot: number, id: Uint8Array<ArrayBuffer> = BYTES, threshold = 1): Promise<string> => {
    const { signature, address } = signedBy(ALICE, id);
    return bytesToHex(await net.at2(slot).board.generate({ serverKeyId: id, author: address, threshold, signature }));
  };
  const store = async (slot: number, key: string): Promise<void> => {
    const { signature, address } = signedBy(ALICE, BYTES);
    const { commonPoint, encryptedPoint } = createDocumentKey(parsePoint64(hexToBytes(key, 64)));
    await net.at2(slot).keys.storeDocumentKey({ serverKeyId: BYTES, author: address, signature, commonPoint, encryptedPoint });
  };
  const epochs = (slots: readonly number[]) => Promise.all(slots.map((slot) => net.at2(slot).records.epochsOf(BYTES)));
  /** Keepers that hold the key where it is, apart from what they have left. */
  const live = async (slots: readonly number[]): Promise<readonly number[]> => {
    const held = await Promise.all(slots.map(async (slot) => ((await net.at2(slot).records.list()).includes(ID) ? [slot] : [])));
    return held.flat();
  };
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "none",
      (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
    );
  const proposalOf = (evidence: KeyEvidence, dealers: readonly number[], members: readonly number[]): ServerKeyProposal => ({
    ...{ serverKeyId: ID, author: evidence.author, authorSignature: new Uint8Array(65), threshold: evidence.threshold },
    ...{ epoch: LATER_EPOCH, members, coordinator: members.at(-1) ?? 0 },
    moved: {
      publicKey: evidence.commitments[0] ?? nobleBackend.mulG(1n),
      dealers: dealers.map((slot) => ({ dealer: slot, place: BigInt(slot), verifyingShare: verifyingShareOf(evidence, slot) })),
      about: encodeEvidence(evidence),
    },
  });
  const evidenceAt = async (slot: number): Promise<KeyEvidence> => {
    const row = await net.at2(slot).board.member.rowOf(ID);
    if (row?.stage !== "generated") throw new RangeError("it was generated");
    return evidenceOf(row, await net.at2(slot).records.use(BYTES, ({ documentKey }) => documentKey));
  };

  it("some old members alone should plant no key that they know under a free id: the others of their epoch did not sign", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: [1, 2, 3, 4], [LATER_EPOCH]: [2, 3, 4] });
    net.open(LATER_EPOCH);
    const { services } = net.at(2);
    const thieves = [1, 2, 3];
    const publicKey = nobleBackend.mulG(12_345n);
    const sid = new Uint8Array(32).fill(9);
    const leaves = thieves.map((slot) => verifyingLeaf({ keyId: sid, epoch: HOSTS_EPOCH, slot, verifyingShare: publicKey }));
    const result = { publicKey, commitmentsHash: commitmentsHashOf([publicKey]), verifyingRoot: merkleRoot(leaves) };
    const session = { serverKeyId: ID, sid: parseSessionId(bytesToHex(sid)) };
    const confirmations = await Promise.all(
      thieves.map(async (slot) => (await ownMembership(net.at(slot).services, HOSTS_EPOCH)).sign(confirmationOf(session, slot, result))),
    );
    const evidence: KeyEvidence = {
      ...{ author: parseAddress(`0x${"a1".repeat(20)}`), threshold: 0, epoch: HOSTS_EPOCH, members: thieves },
      ...{ commitments: [publicKey], sid, confirmations },
    };
    const recipients = (await membersOf(services, LATER_EPOCH)).members.map(({ slot, encryptionKey }) => ({ slot, encryptionKey }));
    const proposal = { ...proposalOf(evidence, [2, 3], [2, 3, 4]), coordinator: 2 };
    const planted = net.at2(2).board.move(proposal, async (made) =>
      Promise.all(
        [2, 3].map(async (slot) => {
          const dealer = await ownMembership(net.at(slot).services, HOSTS_EPOCH);
          const input = { sid: hexToBytes(made.sid, 32), dealer: slot, share: SecretScalar.from(12_345n), threshold: 0, recipients };
          const dealing = createServerKeyRedealing(input);
          return { slot, dealing, signature: dealer.sign(dealingStatement(made, slot, new Uint8Array(32), dealing)) };
        }),
      ),
    );
    expect(await refusal(planted)).to.not.equal("none");
    expect(await epochs([2, 3, 4])).to.deep.equal([[], [], []]);
  });

  it("some members alone should certify no document key in their epoch's name, nor one of a later epoch", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: OLD });
    await store(2, await generate(1));
    const evidence = await evidenceAt(1);
    const { documentKey } = evidence;
    if (documentKey === undefined) throw new RangeError("it was stored");
    const isTrue = (shown: typeof documentKey) =>
      isProved(BYTES, { ...evidence, documentKey: shown }, async (epoch) => {
        const known = await membersOf(net.at(2).services, epoch);
        return { ...known, slots: known.members.map(({ slot }) => slot), absent: [] };
      });
    const certificate = documentKey.certificate.filter(({ slot }) => slot < 3);
    expect(await isTrue(documentKey)).to.equal(true);
    expect(await isTrue({ ...documentKey, certificate, certifiedIn: { epoch: HOSTS_EPOCH, members: [1, 2] } })).to.equal(false);
    expect(await isTrue({ ...documentKey, certifiedIn: { epoch: LATER_EPOCH, members: OLD } })).to.equal(false);
  });

  it("who drives should bring no key from an epoch that a new member knows it has left: a document key may be stored since", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [2, 3, 4], [LATER_EPOCH + 1]: [2, 5, 6] });
    await generate(1);
    const evidence = await evidenceAt(1);
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await live([2, 3, 4])).to.deep.equal([2, 3, 4]);
    net.open(LATER_EPOCH + 1);
    let isAsked = false;
    const proposal = { ...proposalOf(evidence, [1, 2], [2, 5, 6]), epoch: LATER_EPOCH + 1 };
    const moved = net.at2(6).board.move(proposal, async () => {
      isAsked = true; // every new member takes part
      return [];
    });
    expect(await refusal(moved)).to.not.equal("none");
    expect(isAsked).to.equal(false);
  });

  it("a keeper that did not know the key should let it in by its own rules, one that holds it without", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [2, 3, 4] });
    await generate(1);
    for (const slot of [2, 3, 4]) net.strict.add(slot);
    net.open(LATER_EPOCH);
    await net.rounds(4);
    expect(await epochs([2, 3, 4])).to.deep.equal([[HOSTS_EPOCH], [HOSTS_EPOCH], []]);
    net.strict.delete(4);
    await net.rounds();
    expect(await epochs([2, 3, 4])).to.deep.equal([[LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH, HOSTS_EPOCH], [LATER_EPOCH]]);
  });

  it("a key of another, generated under what a move's row is named by, should hold up no move", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [2, 3, 4] });
    await generate(1);
    await generate(2, Uint8Array.from(hexToBytes(movedRowName(ID, LATER_EPOCH).replace("moved-", ""), 32)));
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await epochs([1, 2, 3, 4])).to.deep.equal([
      [HOSTS_EPOCH],
      [LATER_EPOCH, HOSTS_EPOCH],
      [LATER_EPOCH, HOSTS_EPOCH],
      [LATER_EPOCH],
    ]);
    expect(await live([1])).to.deep.equal([]);
  });

  for (const [name, members, wrong, code] of [
    ["an epoch that the operator vetoed", [4, 5, 6], "vetoed", "ACCESS_DENIED"],
    ["an epoch that is not final", [4, 5, 6], "not final", "ACCESS_DENIED"],
    ["not all members of its epoch", [4, 5, 6, 7], "few", "INVALID_REQUEST"],
  ] as const)
    it(`no share should be given up for the word of ${name}`, async () => {
      net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: members });
      await generate(1);
      if (wrong === "vetoed") for (const slot of OLD) net.withheld.set(slot, { reason: "VETOED", why: "thief" });
      net.open(LATER_EPOCH);
      if (wrong === "not final")
        for (const { chain } of OLD.map((slot) => net.at(slot)))
          chain.answers["keeperRegistry.currentEpoch"] = (_, block) => [block < chain.head ? HOSTS_EPOCH : LATER_EPOCH];
      const evidence = await evidenceAt(1);
      const proposal = proposalOf(evidence, [1, 2, 3], [4, 5, 6]);
      const sid = parseSessionId(`0x${"55".repeat(32)}`);
      const made = parseHash32(`0x${"77".repeat(32)}`);
      const hashes = { commitmentsHash: hexToBytes(made, 32), verifyingRoot: hexToBytes(made, 32) };
      const result = { publicKey: evidence.commitments[0] ?? nobleBackend.mulG(1n), ...hashes };
      const confirmations = await Promise.all(
        [4, 5, 6].map(async (slot) => {
          const own = await ownMembership(net.at(slot).services, LATER_EPOCH);
          return { slot, signature: own.sign(confirmationStatement({ proposal, sid }, slot, result)) };
        }),
      );
      const ask = { proposal, sid, confirmations, commitmentsHash: made, verifyingRoot: made };
      for (const to of OLD)
        expect(await refusal(askMove(net.at(6).services, "moved", MOVE_MESSAGES.moved, ask, { epoch: LATER_EPOCH, to }))).to.equal(code);
      expect(await live(OLD)).to.deep.equal(OLD);
    });

  it("what a stranger shows of a key should not be read: first its signature is looked at", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [4, 5, 6] });
    await generate(1);
    net.open(LATER_EPOCH);
    const shown = proposalOf(await evidenceAt(1), [1, 2, 3], [4, 5, 6]);
    const noKey = { ...shown, moved: { ...shown.moved, about: Uint8Array.of(1, 2, 3) } } as ServerKeyProposal;
    const contributions = [4, 5, 6].map((slot) => ({ slot, contribution: new Uint8Array(32), signature: new Uint8Array(65) }));
    const ask = { proposal: noKey, sid: parseSessionId(`0x${"55".repeat(32)}`), contributions };
    const { services } = net.at(6);
    const stranger = { from: 6, to: 1, nonce: new Uint8Array(32), signature: new Uint8Array(65), ask };
    expect(await refusal(services.peers.ask(MOVE_MESSAGES.redeal, "http://1", stranger))).to.equal("INVALID_SIGNATURE");
    const byMember = askMove(services, "redeal", MOVE_MESSAGES.redeal, ask, { epoch: LATER_EPOCH, to: 1 });
    expect(await refusal(byMember)).to.equal("INVALID_REQUEST");
  });

  it("a share that was left should be taken back when its operator withholds from that epoch after all, and left again when not", async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [4, 5, 6] });
    await store(2, await generate(1));
    net.open(LATER_EPOCH);
    await net.rounds();
    expect(await live([1, 2, 3])).to.deep.equal([]);
    net.withheld.set(1, { reason: "VETOED", why: "thief" });
    await net.rounds(8, 3_000);
    expect([await live(OLD), await epochs(OLD)]).to.deep.equal([[1], [[HOSTS_EPOCH], [], []]]);
    net.withheld.delete(1);
    await net.rounds(8, 3_000);
    expect(await epochs(OLD)).to.deep.equal([[], [], []]);
  });

  it("a result of an older epoch that comes late should replace no share of a newer one", async () => {
    let isHeldBack = false;
    net = await createMoveHosts(
      { [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: [2, 3, 4], [LATER_EPOCH + 1]: [2, 3, 5] },
      {
        network: (inner) => ({
          ...inner,
          ask: async (message, ...rest) => {
            if (isHeldBack && message.route.path.endsWith("/result")) throw new KeyquorumError("UNAVAILABLE", "held back");
            return inner.ask(message, ...rest);
          },
        }),
      },
    );
    await store(2, await generate(1));
    net.open(LATER_EPOCH);
    isHeldBack = true;
    const proposal = proposalOf(await evidenceAt(2), [1, 2], [2, 3, 4]);
    await net
      .at2(4)
      .board.move(proposal, (session, contributions) =>
        Promise.all(
          [1, 2].map((to) =>
            askMove(net.at(4).services, "redeal", MOVE_MESSAGES.redeal, { ...session, contributions }, { epoch: LATER_EPOCH, to }),
          ),
        ),
      );
    const late = await net.at2(4).board.member.rowOf(movedRowName(ID, LATER_EPOCH));
    if (late?.stage !== "generated") throw new RangeError("who drove has the key");
    net.at(4).answerers = undefined;
    net.away.add(4);
    isHeldBack = false;
    net.open(LATER_EPOCH + 1);
    await net.rounds(8);
    expect((await epochs([2, 3, 5])).map(([newest]) => newest)).to.deep.equal([LATER_EPOCH + 1, LATER_EPOCH + 1, LATER_EPOCH + 1]);
    for (const slot of [2, 3]) {
      const { member } = net.at2(slot).board;
      await member.result({ proposal: late.proposal, sid: late.sid, confirmations: late.confirmations }, 4);
      expect(await net.at2(slot).records.use(BYTES, ({ epoch }) => epoch)).to.equal(LATER_EPOCH + 1);
      expect((await member.bound()).length, "nothing of the late session waits").to.equal(0);
    }
  });
});
