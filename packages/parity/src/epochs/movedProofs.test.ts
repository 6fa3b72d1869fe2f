import { hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { isCertified } from "../proofs/readingCheck.ts";
import { type SeenEpoch, type ServerKeyProof, serverKeyFault } from "../proofs/serverKeyProof.ts";
import type { ReadingAnswer } from "../proofs/walletBodies.ts";
import { membersOf } from "../retrieval/membership.ts";
import { ALICE } from "../testing/boardHosts.ts";
import { signedBy } from "../testing/keyHolders.ts";
import { createMoveHosts, LATER_EPOCH, type MoveHosts } from "../testing/moveHosts.ts";
import { createKeptProof } from "../wallets/keptProof.ts";

const ID = new Uint8Array(32).fill(0x1d);
const OLD = [1, 2, 3];

describe("what shows a reader a server key that was moved", () => {
  let net: MoveHosts;
  let seen: (epoch: number, slots?: readonly number[]) => Promise<SeenEpoch>;
  let proofs: { readonly made: ServerKeyProof; readonly moved: ServerKeyProof };
  let answer: ReadingAnswer;
  before(async () => {
    net = await createMoveHosts({ [HOSTS_EPOCH]: OLD, [LATER_EPOCH]: OLD });
    const { signature, address: author } = signedBy(ALICE, ID);
    const key = await net.at2(1).board.generate({ serverKeyId: ID, author, threshold: 1, signature });
    const { documentKey: _, ...pair } = createDocumentKey(parsePoint64(hexToBytes(`0x${Buffer.from(key).toString("hex")}`, 64)));
    await net.at2(1).keys.storeDocumentKey({ serverKeyId: ID, author, signature, ...pair });
    net.open(LATER_EPOCH);
    await net.rounds();
    const { records, board } = net.at2(1);
    const proofOf = createKeptProof(records, board.member.rowOf);
    const [made, moved] = [await proofOf(ID, HOSTS_EPOCH), await proofOf(ID)];
    if (made === undefined || moved === undefined) throw new Error("The key was not moved.");
    proofs = { made, moved };
    seen = async (epoch, slots = OLD) => ({ slots, absent: [], isSignedBy: (await membersOf(net.at(1).services, epoch)).isSignedBy });
    const stored = await records.use(ID, ({ documentKey }) => documentKey);
    if (stored?.certifiedIn === undefined) throw new Error("The certificate is the new epoch's.");
    const { certificate, certifiedIn } = stored;
    const parts = { coordinator: 1, holders: [1, 2], nonce: new Uint8Array(32), contributions: [] };
    answer = { key: moved, pair, certificate, certifiedIn, ...parts };
  });
  after(() => net.remove());

  it("is the proof of the epoch that is asked for, and holds in that one", async () => {
    expect([proofs.made.epoch, proofs.moved.epoch]).to.deep.equal([HOSTS_EPOCH, LATER_EPOCH]);
    expect(proofs.moved.commitments[0]).to.deep.equal(proofs.made.commitments[0]);
    expect(serverKeyFault(await seen(HOSTS_EPOCH), proofs.made)).to.equal(undefined);
    expect(serverKeyFault(await seen(LATER_EPOCH), proofs.moved)).to.equal(undefined);
  });

  it("is not a proof of another epoch with that epoch's name, though the same members signed it: their shares are others now", async () => {
    expect(serverKeyFault(await seen(LATER_EPOCH), { ...proofs.made, epoch: LATER_EPOCH })).to.equal("its verifying shares");
    expect(serverKeyFault(await seen(HOSTS_EPOCH), { ...proofs.moved, epoch: HOSTS_EPOCH })).to.equal("its verifying shares");
  });

  it("is the certificate of the epoch in which the pair was stored, by all of that epoch's members", async () => {
    expect(isCertified(await seen(HOSTS_EPOCH), answer)).to.equal(true);
    const { certifiedIn: _, ...relabelled } = answer;
    expect(isCertified(await seen(LATER_EPOCH), relabelled), "as if it were the new epoch's").to.equal(false);
    const fewer = {
      ...answer,
      certifiedIn: { epoch: HOSTS_EPOCH, members: [1, 2] },
      certificate: answer.certificate.filter(({ slot }) => slot < 3),
    };
    expect(isCertified(await seen(HOSTS_EPOCH), fewer), "without one of its members").to.equal(false);
    expect(isCertified({ ...(await seen(HOSTS_EPOCH)), absent: [3] }, fewer), "without one that is removed").to.equal(true);
  });
});
