import type { Heads } from "@keyquorum/chain";
import {
  agreeOnKey,
  createDealing,
  type DkgMember,
  G,
  keccakWords,
  nobleBackend,
  parseDealing,
  SecretScalar,
  verifyComplaint,
} from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { SessionFacts } from "../contracts/chainReader.ts";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import { KeeperError } from "../run/errors.ts";
import { blockHash, emitLog, fakeContracts } from "../testing/fakeChain.ts";
import { shiftShare } from "../testing/forgedDealings.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { testNonces } from "../testing/testNonces.ts";
import { createEpochKeys } from "./epochKeys.ts";
import type { EpochKeys } from "./services.ts";

const EPOCH = 4;
const OWN = 3;
const context = keccakWords(1);
const members: readonly DkgMember[] = [
  { slot: 1, encryptionKey: nobleBackend.mulG(11n) },
  { slot: OWN, encryptionKey: nobleBackend.mulG(77n) },
  { slot: 7, encryptionKey: nobleBackend.mulG(33n) },
];
const HEAD = { number: 9, hash: blockHash(9), timestamp: 0, parentHash: blockHash(8) };
const SHAPE = { threshold: 1, members: 3 };

describe("an epoch's encryption secret, as an extension may use it", () => {
  let temp: TempVault;
  let keys: EpochKeys;
  /** Of the session at the newest block, as the contracts say it. */
  let onChain: { generation: SessionFacts["status"]; reshare: ReshareFacts["status"] };
  let look: () => Promise<Heads>;
  /** Blocks that were asked for a session. */
  let asked: string[];
  const sid = hexToBytes(blockHash(0x51d), 32);
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    await temp.vault.epochSecrets.save(EPOCH, SecretScalar.from(77n).toBytes());
    onChain = { generation: "Unknown", reshare: "Unknown" };
    look = async () => ({ head: HEAD, final: HEAD });
    asked = [];
    keys = createEpochKeys("parity", {
      ...{ vault: temp.vault, nonces: testNonces(), contracts: fakeContracts() },
      look: () => look(),
      reader: {
        at: (block) => ({
          sessionOf: async () => {
            asked.push(block);
            if (asked.length === 1 && block === blockHash(13)) throw new Error("unavailable");
            return { status: onChain.generation } as SessionFacts; // safe: nothing else of it is read
          },
          reshareOf: async () => ({ status: onChain.reshare }) as ReshareFacts,
        }),
      },
    });
  });
  afterEach(() => temp.remove());

  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    return error instanceof KeeperError ? error.code : "none";
  };
  const dealt = (bytes: Uint8Array) => ({ sid, dealer: 1, recipient: OWN, members, dealing: parseDealing(bytes, SHAPE) });
  const dealing = createDealing({ sid, dealer: 1, threshold: 1, members });

  it("agrees with the owner of another key on bytes that no other extension, epoch or context gives", async () => {
    const agreed = await keys.agree({ epoch: EPOCH, point: nobleBackend.mulG(99n), context });
    const theirs = (purpose: string, epoch = EPOCH, about = context) =>
      agreeOnKey({ secret: SecretScalar.from(99n), point: nobleBackend.mulG(77n) }, { purpose, epoch, context: about });
    expect(agreed).to.deep.equal(theirs("extension:parity"));
    for (const other of [theirs("extension:other"), theirs("extension:parity", 5), theirs("extension:parity", EPOCH, keccakWords(2))])
      expect(agreed).not.to.deep.equal(other);
  });

  it("is not there for an epoch that this keeper has no secret of", async () => {
    expect(await keys.agree({ epoch: 5, point: G, context })).to.equal(undefined);
    expect(await keys.openShare(5, dealt(dealing))).to.equal(undefined);
    expect(await keys.complain(5, dealt(dealing))).to.equal(undefined);
  });

  it("opens the share that a dealing has for this keeper, and proves that it is wrong", async () => {
    expect((await keys.openShare(EPOCH, dealt(dealing)))?.kind).to.equal("valid");
    const wrong = dealt(shiftShare(dealing));
    expect((await keys.openShare(EPOCH, wrong))?.kind).to.equal("invalid");
    const complaint = await keys.complain(EPOCH, wrong);
    expect(complaint && verifyComplaint({ ...wrong, ...complaint })).to.equal("DISQUALIFIED");
  });

  it("attack 20: complains about no dealing whose dealer did not prove it for that session", async () => {
    const elsewhere = createDealing({ sid: hexToBytes(blockHash(2), 32), dealer: 1, threshold: 1, members });
    expect(await codeOf(keys.complain(EPOCH, dealt(elsewhere)))).to.equal("EXTENSION_INVALID");
  });

  for (const [name, args] of [
    ["KeyRequested", [blockHash(1), bytesToHex(sid), `0x${"0b".repeat(20)}`, 0, EPOCH, 1, 1, ZERO_HASH]],
    ["ReshareRequested", [blockHash(1), bytesToHex(sid), EPOCH, 1, 1, 1]],
  ] as const)
    it(`opens nothing that was dealt in a session of the chain: ${name}`, async () => {
      await temp.vault.follower().commit({ logs: [emitLog(name, args, 7)], state: {} });
      expect(await codeOf(keys.openShare(EPOCH, dealt(dealing)))).to.equal("EXTENSION_INVALID");
      expect(await codeOf(keys.complain(EPOCH, dealt(shiftShare(dealing))))).to.equal("EXTENSION_INVALID");
    });

  for (const session of ["generation", "reshare"] as const)
    it(`opens nothing of a session that the chain has and the mirror not yet: ${session}`, async () => {
      onChain[session] = "Dealing";
      expect(await codeOf(keys.openShare(EPOCH, dealt(dealing)))).to.equal("EXTENSION_INVALID");
      expect(await codeOf(keys.complain(EPOCH, dealt(shiftShare(dealing))))).to.equal("EXTENSION_INVALID");
    });

  it("opens nothing while the chain cannot say whether the session is one of its own", async () => {
    look = async () => {
      throw new Error("unavailable");
    };
    for (const opened of [keys.openShare(EPOCH, dealt(dealing)), keys.complain(EPOCH, dealt(shiftShare(dealing)))])
      expect(await opened.catch((error: unknown) => (error as Error).message)).to.equal("unavailable");
  });

  it("asks one block for a session once, however many dealings it has, and the next block anew (D27)", async () => {
    const open = () => codeOf(keys.openShare(EPOCH, dealt(dealing)));
    const at = (number: number) => async () => ({ head: { ...HEAD, number, hash: blockHash(number) }, final: HEAD });
    expect(await Promise.all([open(), open(), open()])).to.deep.equal(["none", "none", "none"]);
    expect(await open()).to.equal("none");
    expect(asked).to.deep.equal([HEAD.hash]);
    onChain.generation = "Dealing";
    look = at(10);
    expect([await open(), await open()]).to.deep.equal(["EXTENSION_INVALID", "EXTENSION_INVALID"]);
    look = at(9); // a reorg: what is asked is the block that stands now
    onChain.generation = "Unknown";
    expect(await open()).to.equal("none");
    expect(asked).to.deep.equal([HEAD.hash, blockHash(10), blockHash(9)]);
  });

  it("asks again where the chain did not answer", async () => {
    look = async () => ({ head: { ...HEAD, hash: blockHash(13) }, final: HEAD });
    const first = await keys.openShare(EPOCH, dealt(dealing)).catch((error: unknown) => (error as Error).message);
    expect(first).to.equal("unavailable");
    expect((await keys.openShare(EPOCH, dealt(dealing)))?.kind).to.equal("valid");
  });
});
