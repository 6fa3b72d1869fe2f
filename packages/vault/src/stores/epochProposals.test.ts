import { expect } from "chai";
import { createPlace, hex, openBehind, optionsFor, WITHOUT_VERSION_5 } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

describe("epochProposals", () => {
  const place = createPlace();
  let now = 1_000_000;
  let options: VaultOptions;
  let vault: Vault;
  before(async () => {
    options = { ...(await optionsFor(place)), clock: () => now };
    vault = await createVault(options);
  });
  after(async () => {
    await vault.close();
    place.remove();
  });
  const reopen = async () => {
    await vault.close();
    vault = await openVault(options);
  };
  const proposal = { epoch: 5, candidates: 0b111110n };

  it("attack 50: keeps when a proposal was first seen, through later sights, restarts and a clock that runs backwards", async () => {
    expect(await vault.epochProposals.see(proposal)).to.equal(1_000_000);
    now = 2_000_000;
    expect(await vault.epochProposals.see(proposal)).to.equal(1_000_000);
    await reopen();
    now = 500_000;
    expect(await vault.epochProposals.see(proposal), "an earlier clock makes it no older").to.equal(1_000_000);
  });
  it("attack 50: forgets what a rollback takes back, with that rollback or not at all", async () => {
    now = 3_000_000;
    const [gone, failed] = [
      { epoch: 8, candidates: 6n },
      { epoch: 8, candidates: 10n },
    ];
    await vault.epochProposals.see(gone);
    const failing = vault.follower().rollback(1, {}, async (tx) => {
      expect(await tx.epochProposals.keepOnly([])).to.equal(2);
      throw new Error("killed here");
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal("killed here");
    now = 3_500_000;
    expect(await vault.epochProposals.see(gone), "the rollback was not").to.equal(3_000_000);
    await vault.follower().rollback(1, {}, async (tx) => void (await tx.epochProposals.keepOnly([proposal, failed])));
    expect(await vault.epochProposals.see(proposal), "kept").to.equal(1_000_000);
    expect(await vault.epochProposals.see(gone), "seen again").to.equal(3_500_000);
  });
  it("attack 50: other candidates under the same number, and the same under another, start again", async () => {
    now = 4_000_000;
    expect(await vault.epochProposals.see({ ...proposal, candidates: 1n << 255n })).to.equal(4_000_000);
    expect(await vault.epochProposals.see({ ...proposal, epoch: 6 })).to.equal(4_000_000);
    expect(await vault.epochProposals.see(proposal)).to.equal(1_000_000);
  });
  it("is one with the event that it is about: what a failed transaction saw was not seen", async () => {
    now = 5_000_000;
    const failing = vault.follower().commit({ logs: [], state: { block: 1, hash: hex(1) } }, async (tx) => {
      await tx.epochProposals.see({ ...proposal, epoch: 7 });
      throw new Error("killed here");
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal("killed here");
    now = 6_000_000;
    expect(await vault.epochProposals.see({ ...proposal, epoch: 7 })).to.equal(6_000_000);
  });
  it("a vault of the schema before counts from its first sight with this one", async () => {
    await vault.close();
    const file = openBehind(place.directory);
    file.exec(WITHOUT_VERSION_5);
    file.close();
    vault = await openVault(options);
    now = 7_000_000;
    expect(await vault.epochProposals.see(proposal)).to.equal(7_000_000);
  });
});
