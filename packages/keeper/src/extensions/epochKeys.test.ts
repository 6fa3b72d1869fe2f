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
const SHAPE = { threshold: 1, members: 3 };

describe("an epoch's encryption secret, as an extension may use it", () => {
  let temp: TempVault;
  let keys: EpochKeys;
  const sid = hexToBytes(blockHash(0x51d), 32);
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    await temp.vault.epochSecrets.save(EPOCH, SecretScalar.from(77n).toBytes());
    keys = createEpochKeys("parity", { vault: temp.vault, nonces: testNonces(), contracts: fakeContracts() });
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
});
