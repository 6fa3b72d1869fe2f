import { bootIdOf, parseAddress, parseHash32, parseKeyId } from "@keyquorum/wire";
import { expect } from "chai";
import { bytes, codeOf, createPlace, filesWith, hex, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

const keyId = parseKeyId(hex(0x10));
const hash = (byte: number) => parseHash32(hex(byte));
const share = { nonceId: hash(1), requestId: hash(2), attempt: hash(3), packageHash: hash(4), share: bytes(0x61) };
const release = { session: hash(5), requestId: hash(2), digest: hash(6), share: bytes(0x62) };
const boot = (count: number, byte = 7) => bootIdOf({ count, id: bytes(byte, 16) });

describe("what a vault keeps of signing", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let now = 1_700_000_000_000;
  beforeEach(async () => {
    place = createPlace();
    options = { ...(await optionsFor(place)), clock: () => now };
    vault = await createVault(options);
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });
  const reopen = async () => {
    await vault.close();
    vault = await openVault(options);
  };
  /** As a disk or a stranger may. */
  const changed = async (statement: string): Promise<void> => {
    await vault.close();
    const database = openBehind(place.directory);
    database.exec(statement);
    database.close();
    vault = await openVault(options);
  };
  const scrubbed = async (): Promise<readonly string[]> => {
    while (!(await vault.scrub(50)).isRoundOver);
    return vault.damage().map(({ table, id }) => `${table}:${id}`);
  };

  describe("shares that left", () => {
    it("are there after a restart: the same question gets the same bytes, whatever it says of the share (S4)", async () => {
      expect(await vault.signingShares.save(share)).to.deep.equal(share);
      expect(await vault.signingShares.release(release)).to.deep.equal(release);
      await reopen();
      expect(await vault.signingShares.save({ ...share, share: bytes(9) })).to.deep.equal(share);
      expect(await vault.signingShares.find(share.nonceId)).to.deep.equal(share);
      expect(await vault.signingShares.release({ ...release, share: bytes(9) })).to.deep.equal(release);
      expect(await vault.signingShares.findRelease(release.session)).to.deep.equal(release);
      expect(await vault.signingShares.find(hash(9))).to.equal(undefined);
      expect(await vault.signingShares.findRelease(hash(9))).to.equal(undefined);
    });
    it("use a nonce up for one request, attempt and package, before and after a restart (S4, S5)", async () => {
      await vault.signingShares.save(share);
      await vault.signingShares.release(release);
      for (let life = 0; life < 2; life += 1) {
        for (const other of [{ requestId: hash(9) }, { attempt: hash(9) }, { packageHash: hash(9) }])
          expect(await codeOf(() => vault.signingShares.save({ ...share, ...other })), Object.keys(other).join()).to.equal(
            "VAULT_CONFLICT",
          );
        for (const other of [{ requestId: hash(9) }, { digest: hash(9) }])
          expect(await codeOf(() => vault.signingShares.release({ ...release, ...other })), Object.keys(other).join()).to.equal(
            "VAULT_CONFLICT",
          );
        await reopen();
      }
      expect(await vault.signingShares.find(share.nonceId)).to.deep.equal(share);
    });
    for (const [table, set] of [
      ["signing_share", "package_hash = request_id"],
      ["signing_share", "share = zeroblob(32)"],
      ["ecdsa_release", "digest = request_id"],
      ["ecdsa_release", "mark = NULL"],
    ] as const)
      it(`where the disk changed ${table} (${set}), it counts as used, and no other share leaves`, async () => {
        await vault.signingShares.save(share);
        await vault.signingShares.release(release);
        await changed(`UPDATE ${table} SET ${set}`);
        const ask = () => (table === "signing_share" ? vault.signingShares.save(share) : vault.signingShares.release(release));
        expect(await codeOf(ask)).to.equal("VAULT_TAMPERED");
        expect(await scrubbed()).to.deep.equal([`${table}:${table === "signing_share" ? share.nonceId : release.session}`]);
      });
    it("go when they are old, and no sooner", async () => {
      await vault.signingShares.save(share);
      now += 10;
      await vault.signingShares.release(release);
      expect(await vault.signingShares.prune(now)).to.equal(1);
      expect(await vault.signingShares.find(share.nonceId)).to.equal(undefined);
      expect(await vault.signingShares.findRelease(release.session)).to.deep.equal(release);
    });
  });

  describe("lives of other keepers (A15)", () => {
    it("the newest is remembered durably, by epoch and slot; an older one and a copy never take its place", async () => {
      const see = (count: number, byte?: number, slot = 3) => vault.peerBoots.see({ epoch: 1, slot, boot: boot(count, byte) });
      expect(await see(5)).to.equal(boot(5));
      await reopen();
      for (const [count, byte] of [
        [4, 7],
        [5, 8],
        [5, 6],
      ] as const)
        expect(await see(count, byte), `${count} ${byte}`).to.equal(boot(5));
      expect(await see(5)).to.equal(boot(5));
      expect(await see(6, 1)).to.equal(boot(6, 1));
      expect(await see(5)).to.equal(boot(6, 1));
      expect(await see(1, 7, 4)).to.equal(boot(1));
      expect(await vault.peerBoots.see({ epoch: 2, slot: 3, boot: boot(1) })).to.equal(boot(1));
    });
    it("a clock of the year 2099 locks nobody out: lives are counted", async () => {
      expect(await vault.peerBoots.see({ epoch: 1, slot: 3, boot: boot(1) })).to.equal(boot(1));
      now += 4e12;
      expect(await vault.peerBoots.see({ epoch: 1, slot: 3, boot: boot(2) })).to.equal(boot(2));
    });
    it("are forgotten with their epoch", async () => {
      for (const epoch of [1, 2, 3]) await vault.peerBoots.see({ epoch, slot: 3, boot: boot(5) });
      expect(await vault.peerBoots.keepOnly([2])).to.equal(2);
      expect(await vault.peerBoots.see({ epoch: 1, slot: 3, boot: boot(1) })).to.equal(boot(1));
      expect(await vault.peerBoots.see({ epoch: 2, slot: 3, boot: boot(1) })).to.equal(boot(5));
      expect(await vault.peerBoots.keepOnly([])).to.equal(2);
    });
    it("one that the disk changed begins again", async () => {
      await vault.peerBoots.see({ epoch: 1, slot: 3, boot: boot(5) });
      await changed(`UPDATE peer_boot SET boot = '${boot(9)}'`);
      expect(await scrubbed()).to.deep.equal(["peer_boot:1/3"]);
      expect(await vault.peerBoots.see({ epoch: 1, slot: 3, boot: boot(6) })).to.equal(boot(6));
      expect(await scrubbed()).to.deep.equal([]);
    });
  });

  describe("this keeper's own lives", () => {
    it("are counted on from a number that the operator moved forward, in the sealed roll", async () => {
      expect([await vault.boots.current(), await vault.boots.next(), await vault.boots.current()]).to.deep.equal([0, 1, 1]);
      expect(await vault.boots.advance(100)).to.equal(101);
      await reopen();
      expect([await vault.boots.current(), await vault.boots.next()]).to.deep.equal([101, 102]);
      for (const by of [0, -1, 1.5, 1_000_001, Number.NaN])
        expect(await codeOf(() => vault.boots.advance(by)), String(by)).to.equal("VAULT_VALUE_REFUSED");
      expect(await vault.boots.next()).to.equal(103);
    });
  });

  describe("whose signing requests a key is served for (A5)", () => {
    const first = { keyId, chainId: 1n << 70n, signingRequests: parseAddress(hex(0x21, 20)) };
    it("is the first contract, whatever is asked for later", async () => {
      expect(await vault.signingPins.pin(first)).to.deep.equal(first);
      await reopen();
      expect(await vault.signingPins.pin({ ...first, signingRequests: parseAddress(hex(0x22, 20)) })).to.deep.equal(first);
      expect(await vault.signingPins.pin({ ...first, chainId: 1n })).to.deep.equal(first);
      expect(await vault.signingPins.list()).to.deep.equal([first]);
    });
    it("is nobody's where the disk changed it", async () => {
      await vault.signingPins.pin(first);
      await changed(`UPDATE signing_pin SET signing_requests = '${hex(0x22, 20)}'`);
      expect(await codeOf(() => vault.signingPins.pin(first))).to.equal("VAULT_TAMPERED");
      expect(await vault.signingPins.list()).to.deep.equal([]);
      expect(await scrubbed()).to.deep.equal([`signing_pin:${keyId}`]);
    });
  });

  describe("evidence", () => {
    const evidence = { keyId, epoch: 1, slot: 3, requestId: hash(2), reason: "WRONG_SHARE", evidence: '{"z":"0x01"}' };
    it("is kept once, and is there after a restart", async () => {
      expect([await vault.signingEvidence.add(evidence), await vault.signingEvidence.add(evidence)]).to.deep.equal([true, false]);
      await reopen();
      expect(await vault.signingEvidence.list()).to.deep.equal([{ ...evidence, at: now }]);
      expect(await vault.signingEvidence.list({ slot: 4 })).to.deep.equal([]);
      expect(await vault.signingEvidence.list({ epoch: 1, slot: 3 })).to.have.length(1);
    });
    it("is bounded by member, so that who does wrong without end fills no disk (D58)", async () => {
      const add = (index: number, slot: number) => vault.signingEvidence.add({ ...evidence, slot, evidence: `${index}` });
      for (let index = 0; index < 20; index += 1) expect(await add(index, 3)).to.equal(index < 16);
      expect(await add(0, 4)).to.equal(true);
      expect((await vault.signingEvidence.list({ slot: 3 })).at(-1)?.evidence).to.equal("15");
      expect(await codeOf(() => vault.signingEvidence.add({ ...evidence, slot: 5, evidence: " ".repeat(262_145) }))).to.equal(
        "VAULT_VALUE_REFUSED",
      );
    });
    it("that the disk changed accuses nobody", async () => {
      await vault.signingEvidence.add(evidence);
      await changed("UPDATE signing_evidence SET slot = 4");
      expect(await vault.signingEvidence.list()).to.deep.equal([]);
      now += 1;
      expect(await vault.signingEvidence.prune(now)).to.equal(1);
    });
  });

  describe("a record of a signature in the audit log", () => {
    const entry = {
      ...{ kind: "signature", requestId: hash(2) as never, document: hash(0) as never, requester: hex(0x23, 20), decision: "PERMITTED" },
      ...{ finalBlock: hash(0x24), headBlock: hash(0x25), keyId, digest: hash(0x26) },
    };
    it("names key and digest, is in the chain, and others are as they were", async () => {
      const { keyId: _key, digest: _digest, ...plain } = entry;
      await vault.audit.append(plain);
      const signed = await vault.audit.append(entry);
      await reopen();
      const [before, found] = await vault.audit.find();
      expect(found).to.deep.equal(signed).and.to.include({ keyId, digest: entry.digest });
      expect(before).to.not.have.any.keys("keyId", "digest");
      expect((await vault.audit.verify()).count).to.equal(2);
    });
    for (const [what, set] of [
      ["another digest", "digest = request_id"],
      ["another key", "key_id = request_id"],
      ["none", "key_id = '', digest = ''"],
    ] as const)
      it(`that was changed to name ${what} breaks it (P13)`, async () => {
        await vault.audit.append(entry);
        const triggers = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'";
        await vault.close();
        const file = openBehind(place.directory);
        const guards = file.prepare(triggers).all() as { readonly sql: string }[];
        file.exec(`DROP TRIGGER audit_is_append_only; UPDATE audit SET ${set}`);
        for (const { sql } of guards.filter((guard) => guard.sql.includes("audit_is_append_only"))) file.exec(sql);
        file.close();
        vault = await openVault(options);
        expect(await codeOf(() => vault.audit.verify())).to.equal("VAULT_AUDIT_BROKEN");
      });
  });

  it("commits with what else its transaction writes, or not at all", async () => {
    const failing = vault.transaction(async (tx) => {
      await tx.signingShares.save(share);
      throw new RangeError("no");
    });
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await vault.signingShares.find(share.nonceId)).to.equal(undefined);
    await vault.transaction(async (tx) => {
      await tx.signingShares.save(share);
      await tx.peerBoots.see({ epoch: 1, slot: 3, boot: boot(5) });
    });
    await reopen();
    expect(await vault.signingShares.find(share.nonceId)).to.deep.equal(share);
    expect(filesWith(place.directory, Buffer.from(share.nonceId)), "control: it is in the file of records").to.deep.equal(["vault.sqlite"]);
  });
});
