import { parseKeyId } from "@keyquorum/wire";
import { expect } from "chai";
import { createPlace, hex, openBehind, optionsFor, WITHOUT_VERSION_8 } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

describe("departures (attack 36)", () => {
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
  const share = { keyId: parseKeyId(hex(0x10)), epoch: 1 };
  const secret = { epoch: 1 };
  const see = (all: Parameters<Vault["departures"]["see"]>[0]) => vault.departures.see(all, { maxGapMilliseconds: 100 });

  it("keeps since when something is over, through later looks, restarts and a clock that runs backwards", async () => {
    expect(await see([share])).to.deep.equal([1_000_000]);
    now += 100;
    expect(await see([secret, share])).to.deep.equal([1_000_100, 1_000_000]);
    await vault.close();
    vault = await openVault(options);
    now -= 500_000;
    expect(await see([share, secret]), "an earlier clock makes it no older").to.deep.equal([1_000_000, 1_000_100]);
  });
  it("starts again what the chain took back in between, for a single look", async () => {
    now = 2_000_000;
    await see([share, secret]);
    now += 1;
    await see([secret]);
    now += 1;
    expect(await see([share, secret])).to.deep.equal([2_000_002, 2_000_000]);
  });
  it("starts again where nobody looked for longer than the gap: a vault that was off for long, or an old backup", async () => {
    now = 3_000_000;
    await see([share, secret]);
    now += 101;
    expect(await see([share, secret])).to.deep.equal([now, now]);
  });
  it("a vault of the schema before counts from its first look with this one", async () => {
    await vault.close();
    const file = openBehind(place.directory);
    file.exec(WITHOUT_VERSION_8);
    file.close();
    vault = await openVault(options);
    now += 1;
    expect(await see([share])).to.deep.equal([now]);
  });
});
