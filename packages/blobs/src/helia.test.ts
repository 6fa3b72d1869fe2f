import { fork } from "node:child_process";
import { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FsBlockstore } from "blockstore-fs";
import { expect } from "chai";
import { describeBlobStore } from "./describeBlobStore.ts";
import { type HeliaOptions, openHeliaBlobStore } from "./helia.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { openFileBlobStore } from "./node.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";
import { closingAfterEach } from "./testServer.ts";
import { transferBlob } from "./transferBlob.ts";

const LISTEN = ["/ip4/127.0.0.1/tcp/0"];

describe("The Helia store", () => {
  const made: string[] = [];
  const freshDirectory = async (): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), "keyquorum-helia-"));
    made.push(directory);
    return directory;
  };
  const closing = closingAfterEach();
  const open = async (options: Partial<HeliaOptions> = {}) => {
    const directory = options.directory ?? (await freshDirectory());
    const store = await closing(openHeliaBlobStore({ timeoutMs: 5000, ...options, directory }));
    return { store, directory, address: store.addresses()[0] ?? "" };
  };
  after(async () => {
    for (const directory of made) await rm(directory, { recursive: true, force: true });
  });

  describeBlobStore("The Helia store", async () => {
    const { store, directory } = await open({ timeoutMs: 50 });
    const elsewhere = new FsBlockstore(directory);
    return {
      store,
      replace: async (cid, bytes) => {
        await elsewhere.delete(cid);
        if (bytes !== undefined) await elsewhere.put(cid, bytes);
      },
    };
  });

  it("when a peer holds a blob, it should get it over bitswap, verified, and keep it", async () => {
    const alice = await open({ listen: LISTEN });
    const bytes = someBytes(5_000_000);
    const cid = await alice.store.add(inPieces(bytes));
    const bob = await open({ peers: [alice.address] });
    expect(await bob.store.has(cid)).to.equal(false);
    expect(Buffer.compare(await readAll(bob.store.get(cid)), bytes)).to.equal(0);
    await alice.store.close();
    expect(await bob.store.has(cid)).to.equal(true);
    expect(Buffer.compare(await readAll((await openFileBlobStore(bob.directory)).get(cid)), bytes)).to.equal(0);
  });

  it("when the peer is another process, it should get the blob from there", async () => {
    const directory = await freshDirectory();
    const child = fork(join(import.meta.dirname, "heliaPeer.ts"), [directory], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    try {
      const [{ address, cid }] = (await once(child, "message")) as [{ readonly address: string; readonly cid: string }]; // what heliaPeer.ts sends
      const bob = await open({ peers: [address] });
      const part = await readAll(bob.store.get(cid, { offset: 2_000_000, length: 500_000 }));
      expect(Buffer.compare(part, someBytes(3_000_000).subarray(2_000_000, 2_500_000))).to.equal(0);
      expect(await bob.store.has(cid)).to.equal(false);
      await transferBlob({ cid, from: bob.store, to: bob.store });
      expect(await bob.store.has(cid)).to.equal(true);
      expect(await bob.store.blocks.roots()).to.deep.equal([cid]);
    } finally {
      child.kill();
      await once(child, "exit");
    }
  });

  it("when nobody has a blob, it should be not found after the time, or when the caller gives up; nothing should hang", async () => {
    const alice = await open({ listen: LISTEN });
    const bob = await open({ peers: [alice.address], timeoutMs: 300 });
    const cid = await createMemoryBlobStore().add(inPieces(someBytes(600_000, 7)));
    const started = Date.now();
    expect(await codeOf(() => readAll(bob.store.get(cid)))).to.equal("BLOB_NOT_FOUND");
    expect(await bob.store.has(cid)).to.equal(false);
    const patient = await open({ peers: [alice.address], timeoutMs: 600_000 });
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    expect(await codeOf(() => readAll(patient.store.get(cid, { signal: controller.signal })))).to.equal(reason);
    expect(Date.now() - started).to.be.lessThan(60_000);
  });

  it("when a blob is added at a peer while it is waited for, it should arrive", async () => {
    const alice = await open({ listen: LISTEN });
    const bob = await open({ peers: [alice.address], timeoutMs: 20_000 });
    const bytes = someBytes(1000, 8);
    const cid = await createMemoryBlobStore().add(inPieces(bytes));
    const reading = readAll(bob.store.get(cid));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await alice.store.add(inPieces(bytes));
    expect(Buffer.compare(await reading, bytes)).to.equal(0);
  });

  it("when a peer gives wrong bytes for a block, it should not take them (attack)", async () => {
    const alice = await open({ listen: LISTEN });
    const cid = await alice.store.add(inPieces(someBytes(1000)));
    const names = (await readdir(alice.directory, { recursive: true })).filter((name) => name.endsWith(".data"));
    for (const name of names) await writeFile(join(alice.directory, name), someBytes(1000, 9));
    const bob = await open({ peers: [alice.address], timeoutMs: 500 });
    expect(await codeOf(() => readAll(bob.store.get(cid)))).to.equal("BLOB_NOT_FOUND");
  });

  it("when a peer accepts a connection and then says nothing, neither opening nor reading nor closing should hang (attack)", async () => {
    const mute = createServer(() => undefined);
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const address = mute.address();
    const port = typeof address === "object" ? address?.port : 0;
    const started = Date.now();
    const { peerId } = (await open()).store;
    const bob = await openHeliaBlobStore({
      directory: await freshDirectory(),
      peers: [`/ip4/127.0.0.1/tcp/${port}/p2p/${peerId}`],
      timeoutMs: 300,
    });
    const cid = await createMemoryBlobStore().add(inPieces(someBytes(10)));
    expect(await codeOf(() => readAll(bob.get(cid)))).to.equal("BLOB_NOT_FOUND");
    await bob.close();
    mute.close();
    expect(Date.now() - started).to.be.lessThan(60_000);
  });

  it("when only some peers are allowed, it should serve these and no stranger", async () => {
    const bobDirectory = await freshDirectory();
    const bobId = (await open({ directory: bobDirectory })).store;
    await bobId.close();
    const alice = await open({ listen: LISTEN, allow: [bobId.peerId] });
    const cid = await alice.store.add(inPieces(someBytes(1000)));
    const mallory = await open({ peers: [alice.address], timeoutMs: 700 });
    expect(await codeOf(() => readAll(mallory.store.get(cid)))).to.equal("BLOB_NOT_FOUND");
    const bob = await open({ directory: bobDirectory, peers: [alice.address] });
    expect(bob.store.peerId).to.equal(bobId.peerId);
    expect((await readAll(bob.store.get(cid))).length).to.equal(1000);
  });

  it("when it is opened again, it should have the same id and blobs; its key should be its owner's alone", async () => {
    const first = await open();
    const cid = await first.store.add(inPieces(someBytes(1000)));
    await first.store.close();
    expect((await stat(join(first.directory, "peer.key"))).mode & 0o777).to.equal(0o600);
    const again = await open({ directory: first.directory });
    expect(again.store.peerId).to.equal(first.store.peerId);
    expect((await readAll(again.store.get(cid))).length).to.equal(1000);
  });

  it("when it has no peers, it should open no socket: no bootstrap nodes, DHT, mDNS, UPnP, routers or gateways", async () => {
    const opened: string[] = [];
    const { connect } = Socket.prototype;
    const { listen } = Server.prototype;
    const { bind, send } = UdpSocket.prototype;
    const fetch = globalThis.fetch;
    const watch =
      <T extends (...parameters: never[]) => unknown>(what: string, call: T) =>
      (..._: Parameters<T>): never => {
        opened.push(what);
        throw new Error(`${what} ${call.name}`);
      };
    Object.assign(Socket.prototype, { connect: watch("connect", connect) });
    Object.assign(Server.prototype, { listen: watch("listen", listen) });
    Object.assign(UdpSocket.prototype, { bind: watch("bind", bind), send: watch("send", send) });
    globalThis.fetch = watch("fetch", fetch);
    try {
      const { store } = await open({ timeoutMs: 1500 });
      expect(store.addresses()).to.deep.equal([]);
      const cid = await store.add(inPieces(someBytes(300_000)));
      expect((await readAll(store.get(cid))).length).to.equal(300_000);
      const unknown = await createMemoryBlobStore().add(inPieces(someBytes(10, 3)));
      expect(await codeOf(() => readAll(store.get(unknown)))).to.equal("BLOB_NOT_FOUND");
      expect(opened).to.deep.equal([]);
      await store.close();
      const watching = await open({ peers: [`/ip4/127.0.0.1/tcp/1/p2p/${store.peerId}`], timeoutMs: 500 });
      expect(await codeOf(() => readAll(watching.store.get(unknown)))).to.equal("BLOB_NOT_FOUND");
      expect(opened.length, "the watch sees sockets").to.be.greaterThan(0);
    } finally {
      Object.assign(Socket.prototype, { connect });
      Object.assign(Server.prototype, { listen: listen });
      Object.assign(UdpSocket.prototype, { bind, send });
      globalThis.fetch = fetch;
    }
  });

  it("when an option is malformed or the address is taken, it should say so", async () => {
    const directory = await freshDirectory();
    for (const peer of ["", "/ip4/127.0.0.1/tcp/4001", "12D3KooW", "/nonsense/p2p/12D3KooW"]) {
      expect(await codeOf(() => openHeliaBlobStore({ directory, peers: [peer] }))).to.equal("INVALID_VALUE");
    }
    const { address } = await open({ listen: LISTEN });
    const taken = address.replace(/\/p2p\/.*/, "");
    expect(await codeOf(() => openHeliaBlobStore({ directory, listen: [taken] }))).to.equal("BLOB_STORE_FAILED");
    await writeFile(join(directory, "file"), "x");
    expect(await codeOf(() => openHeliaBlobStore({ directory: join(directory, "file") }))).to.equal("BLOB_STORE_FAILED");
  });

  it("when its module is imported, it should not have loaded libp2p yet", async () => {
    const source = await readFile(join(import.meta.dirname, "heliaNode.ts"), "utf8");
    expect(source).to.not.match(/^import (?!type)[^;]*(helia|libp2p|multiaddr)/m);
  });
});
