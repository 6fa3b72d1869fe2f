import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { type DroppedWallet, discoverWallets } from "./discoverWallets.ts";
import { signerFromProvider } from "./wallets.ts";

const provider = () => ({ request: async () => undefined });
const fox = { uuid: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", name: "Fox", icon: "data:image/svg+xml,<svg/>", rdns: "io.fox" };

/** A page on which scripts announce what they like, when they are asked. */
const discover = async (...announced: readonly unknown[]) => {
  const page = new EventTarget();
  const dropped: DroppedWallet[] = [];
  page.addEventListener("eip6963:requestProvider", () => {
    for (const detail of announced) page.dispatchEvent(Object.assign(new Event("eip6963:announceProvider"), { detail }));
  });
  const wallets = await discoverWallets({ timeoutMs: 1, page, onDropped: (one) => dropped.push(one) });
  return { wallets, dropped };
};

describe("discoverWallets", () => {
  it("finds what announces itself", async () => {
    const its = provider();
    const { wallets, dropped } = await discover({ info: fox, provider: its });
    const { uuid, ...shown } = fox;
    expect(wallets).to.deep.equal([{ ...shown, id: uuid, provider: its, hasTwin: false, isDisputed: false }]);
    expect(dropped).to.deep.equal([]);
  });

  it("keeps the first provider of an id: a script that announces itself under it later is dropped and reported", async () => {
    const [its, foxes] = [provider(), provider()];
    const { wallets, dropped } = await discover(
      { info: fox, provider: foxes },
      { info: fox, provider: its },
      { info: { ...fox, name: "F" }, provider: its },
    );
    expect(wallets.map(({ provider: kept, isDisputed }) => [kept === foxes, isDisputed])).to.deep.equal([[true, true]]);
    expect(dropped).to.deep.equal([
      { reason: "id taken", id: fox.uuid, name: "Fox" },
      { reason: "id taken", id: fox.uuid, name: "F" },
    ]);
  });

  it("takes a wallet that announces itself again for what it is", async () => {
    const its = provider();
    const { wallets, dropped } = await discover({ info: fox, provider: its }, { info: { ...fox }, provider: its });
    expect(wallets.map(({ isDisputed }) => isDisputed)).to.deep.equal([false]);
    expect(dropped).to.deep.equal([]);
  });

  it("shows another id under the same name or rdns apart, and marks both", async () => {
    for (const twin of [
      { rdns: "io.fox2", name: "fox " },
      { rdns: "IO.FOX", name: "Vixen" },
      { rdns: "x", name: "Ｆox" },
    ]) {
      const { wallets } = await discover(
        { info: fox, provider: provider() },
        { info: { ...fox, ...twin, uuid: "2" }, provider: provider() },
        { info: { ...fox, uuid: "3", rdns: "io.owl", name: "Owl" }, provider: provider() },
      );
      expect(wallets.map(({ id, hasTwin }) => [id, hasTwin])).to.deep.equal([
        [fox.uuid, true],
        ["2", true],
        ["3", false],
      ]);
    }
  });

  it("reads each value once: a getter that changes its mind changes nothing", async () => {
    let reads = 0;
    const info = {
      ...fox,
      get uuid() {
        reads += 1;
        return reads === 1 ? "first" : fox.uuid;
      },
    };
    const { wallets } = await discover({ info: fox, provider: provider() }, { info, provider: provider() });
    expect(wallets.map(({ id }) => id)).to.deep.equal([fox.uuid, "first"]);
    expect(reads).to.equal(1);
  });

  it("shows no icon that is no image's data URI", async () => {
    for (const icon of [
      "https://tracker.example/x.png",
      "javascript:alert(1)",
      "data:text/html,<script>",
      "data:image/png,".padEnd(300_000, "x"),
      5,
      undefined,
    ]) {
      const { wallets } = await discover({ info: { ...fox, icon }, provider: provider() });
      expect(wallets.map((wallet) => wallet.icon)).to.deep.equal([""]);
    }
  });

  const throwing = {
    get info() {
      throw new Error("no");
    },
  };
  const malformed: readonly unknown[] = [
    ...[undefined, null, 5, {}, { info: fox }, { info: null, provider: provider() }, { info: fox, provider: {} }, throwing],
    ...["", " ", "F\u202eox", "F\u0000x", "x".repeat(201), 5, undefined].map((name) => ({ info: { ...fox, name }, provider: provider() })),
    ...["", 5, "a\nb"].map((rdns) => ({ info: { ...fox, rdns }, provider: provider() })),
  ];
  it("drops and reports what is no announcement, and nothing ends", async () => {
    const { wallets, dropped } = await discover(...malformed, { info: fox, provider: provider() });
    expect(wallets).to.have.length(1);
    expect(dropped).to.deep.equal(malformed.map(() => ({ reason: "malformed" })));
  });

  it("holds no more than a hundred of thousands", async () => {
    const { wallets, dropped } = await discover(
      { info: fox, provider: provider() },
      ...Array.from({ length: 5_000 }, (_, i) => ({
        info: { ...fox, uuid: `id ${i}`, name: `Wallet ${i}`, rdns: `io.${i}` },
        provider: provider(),
      })),
    );
    expect(wallets).to.have.length(100);
    expect(wallets[0]?.id).to.equal(fox.uuid);
    expect(new Set(dropped.map(({ reason }) => reason))).to.deep.equal(new Set(["too many"]));
  });
});

describe("Connecting a wallet", () => {
  const wallet = (answer: (method: string) => unknown) => ({ request: async ({ method }: { readonly method: string }) => answer(method) });
  const refusing = (code: number) =>
    wallet((method) => {
      if (method === "eth_chainId") return "0x1";
      throw Object.assign(new Error("no"), { code });
    });
  it("says why it did not", async () => {
    expect(await codeOf(signerFromProvider(wallet((method) => (method === "eth_chainId" ? "0x1" : []))))).to.equal("WALLET_UNAUTHORIZED");
    expect(await codeOf(signerFromProvider(refusing(4001)))).to.equal("ACTION_REJECTED");
    expect(await codeOf(signerFromProvider(refusing(4900)))).to.equal("WALLET_DISCONNECTED");
  });

  it("says WALLET_FAILED for one that throws when it is looked at", async () => {
    const throwing = (name: string) =>
      Object.defineProperty({ request: async () => "0x1" }, name, {
        get: () => {
          throw new Error("revoked");
        },
      });
    for (const name of ["request", "on"]) expect(await codeOf(signerFromProvider(throwing(name))), name).to.equal("WALLET_FAILED");
    const { proxy, revoke } = Proxy.revocable({ request: async () => "0x1" }, {});
    revoke();
    expect(await codeOf(signerFromProvider(proxy))).to.equal("WALLET_FAILED");
  });

  it("gives up a wallet that never answers", async () => {
    const silent = wallet(() => new Promise(() => undefined));
    expect(await codeOf(signerFromProvider(silent, undefined, { timeoutMs: 20 }))).to.equal("WALLET_TIMEOUT");
  });
});
