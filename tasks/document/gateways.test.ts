import { createMemoryBlobStore } from "@keyquorum/blobs";
import { expect } from "chai";
import { UsageError } from "../usageError.ts";
import { openGateways } from "./gateways.ts";

const open = (gateway: string | undefined, privateGateway = false) => openGateways({ gateway, privateGateway }, () => undefined);

describe("Gateways of tasks", () => {
  const own = [
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    "http://127.1:8080",
    "http://0x7f000001/",
    "http://LOCALHOST.",
  ];
  for (const url of own)
    it(`takes this machine's own, because who types ${url} means it`, () => {
      expect(open(url)).to.have.length(1);
      expect(open(`https://ipfs.example.com, ${url}`)).to.have.length(2);
    });

  const privateOnes = [
    "http://192.168.1.5:8080",
    "http://kubo.lan:8080",
    "https://10.0.0.1",
    "http://[fd00::1]",
    "http://gateway.example.com",
    "http://0.0.0.0:8080",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "https://169.254.169.254",
  ];
  for (const url of privateOnes)
    it(`takes ${url} only with --private-gateway, and says so`, () => {
      expect(() => open(url)).to.throw(UsageError, "--private-gateway");
      expect(open(url, true)).to.have.length(1);
    });

  it("refuses what is not a URL of a store, with the flag or without", () => {
    for (const url of ["ftp://127.0.0.1", "http://user:secret@127.0.0.1:8080", "gateway", "http://127.0.0.1:8080/?key=1", ",", ""])
      for (const flag of [false, true]) expect(() => open(url, flag), url).to.throw(UsageError);
    expect(() => open("http://user:secret@127.0.0.1:8080")).not.to.throw("secret");
  });

  it("does without, and refuses a flag about nothing", () => {
    expect(open(undefined)).to.deep.equal([]);
    expect(() => open(undefined, true)).to.throw(UsageError, "--gateway");
  });

  it("tells a fault once, and not that something is not there", async () => {
    const cid = await createMemoryBlobStore().add(
      (async function* () {
        yield Uint8Array.of(1);
      })(),
    );
    const warnings: string[] = [];
    const [store] = openGateways({ gateway: "http://127.0.0.1:1", privateGateway: false }, (text) => warnings.push(text));
    expect(await store?.has(cid).catch(() => "failed")).to.equal("failed");
    expect(warnings).to.have.length(1);
  });
});
