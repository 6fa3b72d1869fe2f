import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseHash32, parseRequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { backupVault } from "../backup.ts";
import {
  answerFor,
  auditEntry,
  bytes,
  changeBehind,
  createPlace,
  hex,
  openBehind,
  optionsFor,
  shareRecord,
  WITHOUT_VERSION_13,
} from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

const MIGRATOR = fileURLToPath(new URL("../testing/crashingMigrator.ts", import.meta.url));
/** At how many steps of the migration its process is killed; KEYQUORUM_CRASH_ROUNDS=1000 for every one. */
const ROUNDS = Number(process.env.KEYQUORUM_CRASH_ROUNDS ?? 3);

const share = {
  nonceId: parseHash32(hex(1)),
  requestId: parseHash32(hex(2)),
  attempt: parseHash32(hex(3)),
  packageHash: parseHash32(hex(4)),
  share: bytes(5),
};

describe("a vault of version 12, before keepers signed", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault | undefined;
  const makeOld = async (): Promise<void> => {
    place = createPlace();
    options = await optionsFor(place);
    vault = await createVault(options);
    await vault.boots.next();
    await vault.epochSecrets.save(1, bytes(0x31));
    await vault.keyShares.save(shareRecord());
    await vault.answers.save(answerFor(0x60));
    await vault.audit.append(auditEntry(0x60));
    await vault.close();
    changeBehind(place.directory, WITHOUT_VERSION_13);
  };
  beforeEach(makeOld);
  afterEach(async () => {
    await vault?.close().catch(() => undefined);
    place.remove();
  });
  const open = async (using = options): Promise<Vault> => {
    vault = await openVault(using);
    return vault;
  };
  const expectWhole = async (opened: Vault): Promise<void> => {
    expect(await opened.epochSecrets.load(1)).to.deep.equal(bytes(0x31));
    expect(await opened.answers.find({ requestId: parseRequestId(hex(0x60)), epoch: 1 })).to.not.equal(undefined);
    expect((await opened.keyShares.stored()).length).to.equal(1);
    expect((await opened.audit.verify()).count).to.equal(1);
    expect(await opened.boots.current()).to.equal(1);
    while (!(await opened.scrub(50)).isRoundOver);
    expect(opened.damage()).to.deep.equal([]);
  };

  it("has all that it had, and continues: its log, its lives, and what signing adds", async () => {
    const opened = await open();
    await expectWhole(opened);
    await opened.audit.append({ ...auditEntry(0x61), kind: "signature", keyId: shareRecord().keyId, digest: parseHash32(hex(7)) });
    await opened.signingShares.save(share);
    await opened.close();
    const again = await open();
    expect((await again.audit.verify()).count).to.equal(2);
    expect(await again.signingShares.find(share.nonceId)).to.deep.equal(share);
    expect(await again.boots.next()).to.equal(2);
  });

  it("takes its markers into a backup, and a restored one has them: what left once, leaves no second time in another form", async () => {
    const opened = await open();
    await opened.signingShares.save(share);
    const copy = join(place.root, "copy");
    await backupVault({ directory: place.directory, to: copy });
    await opened.close();
    const restored = await open({ ...options, directory: copy });
    expect(await restored.signingShares.find(share.nonceId)).to.deep.equal(share);
    await expectWhole(restored);
  });

  it("is whole where its process was killed -9 at a step of the migration", async function () {
    this.timeout((ROUNDS + 2) * 30_000);
    const migrateUntil = async (where: string) => {
      const child = spawn(process.execPath, [MIGRATOR, place.directory, place.keyFile, where], { stdio: ["ignore", "pipe", "ignore"] });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const [, signal] = await once(child, "close");
      return { signal, output };
    };
    const { output, signal } = await migrateUntil("none");
    const steps = Number(output);
    expect([signal, steps > 13], "control: without a kill it ends, and has steps").to.deep.equal([null, true]);
    const database = openBehind(place.directory);
    expect(
      database.prepare("SELECT max(version) AS version FROM schema_version").get()?.version,
      "control: it was migrated",
    ).to.be.at.least(13);
    database.close();
    const dice = rollDice("signing migration crash");
    const drawn = Array.from({ length: ROUNDS }, () => 1 + dice.below(steps));
    const all = Array.from({ length: steps }, (_, index) => index + 1);
    for (const step of ROUNDS < steps ? drawn : all) {
      place.remove();
      await makeOld();
      expect((await migrateUntil(String(step))).signal, `control: killed at ${step} of ${steps}`).to.equal("SIGKILL");
      await expectWhole(await open());
      await vault?.close();
    }
  });
});
