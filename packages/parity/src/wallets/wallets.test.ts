import { expect } from "chai";
import { alice, bob, createWalletHosts, type WalletHosts } from "../testing/walletHosts.ts";

const SLOTS = [1, 2, 5];
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("documents of wallets", () => {
  let hosts: WalletHosts;
  before(async () => {
    hosts = await createWalletHosts(SLOTS);
  });
  after(() => hosts?.remove());

  it("are published and read, through every keeper", async () => {
    const { id, encrypted, serverKey } = await hosts.storeOf(alice).publish("for Bob");
    expect(serverKey).to.deep.include({ id, threshold: 1, members: SLOTS });
    for (const url of hosts.urls) {
      const read = await hosts.storeOf(bob, { keyServers: [url] }).read(id, encrypted);
      expect(text(read.content)).to.equal("for Bob");
      expect([read.named, read.failures, read.serverKey]).to.deep.equal([[], [], serverKey]);
    }
    expect(await hosts.storeOf(alice).serverKey(id)).to.deep.equal(serverKey);
    expect(hosts.failures).to.deep.equal([]);
  });
});
