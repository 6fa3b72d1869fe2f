import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { encryptKeystoreJsonSync, hexlify } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { bareHex } from "../formats/hexText.ts";
import { createSecretStoreSigner } from "../library/secretStoreSigner.ts";
import { lineLogger, sendBytes } from "../testing/serveKeyServer.ts";
import * as vectors from "../testing/vectors.ts";
import { AgentError } from "./agentError.ts";
import { createAgentProgram } from "./agentProgram.ts";
import { parseKeystore } from "./keystore.ts";
import { readKeystores } from "./keystoreFolder.ts";
import { createSigningAgent, type SigningAgentOptions } from "./signingAgent.ts";

/** Ocean's keystores of its development network: pbkdf2, password "secret". */
const OCEAN_KEYS = join(
  dirname(createRequire(import.meta.url).resolve("@oceanprotocol/secret-store-client/package.json")),
  "barge/networks/spree/keys",
);
const OCEAN_ACCOUNT = "0x068ed00cf0441e4829d9784fcbe7b9e26d4bd8d0";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
type Answer = { readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string; readonly data?: string } };

describe("the signing agent", () => {
  const dice = rollDice("signing agent");
  let folder: string;
  let lines: string[];
  let waits: number[];
  let agent: Awaited<ReturnType<typeof createSigningAgent>> | undefined;
  let url: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kq-agent-"));
    [lines, waits, agent] = [[], [], undefined];
  });
  afterEach(async () => {
    await agent?.close();
    await rm(folder, { recursive: true });
  });

  /** A keystore of this key, as ethers writes it: scrypt with few rounds, or what `kdf` says. */
  const write = async (name: string, secret: Uint8Array, password: string): Promise<string> => {
    const json = encryptKeystoreJsonSync({ address: addressOf(secret), privateKey: hexlify(secret) }, password, {
      scrypt: { N: 2, r: 1, p: 1 },
    });
    await writeFile(join(folder, name), json);
    return addressOf(secret);
  };
  const addressOf = (secret: Uint8Array): string => createSecretStoreSigner(secret).address;
  const start = async (options: Partial<SigningAgentOptions> = {}): Promise<void> => {
    agent = await createSigningAgent({
      ...{ keys: folder, host: "127.0.0.1", port: 0, chainId: 8_996n, version: "0" },
      clock: { now: Date.now, sleep: async (milliseconds) => void waits.push(milliseconds) },
      log: lineLogger(lines),
      ...options,
    });
    url = await agent.listen();
  };
  const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }): Promise<Response> =>
    fetch(url, { method: "POST", body, headers });
  const call = async (method: string, ...params: readonly unknown[]): Promise<Answer> => {
    const response = await post(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params }));
    expect([response.status, response.headers.get("content-type")], "trap 8").to.deep.equal([200, "application/json; charset=utf-8"]);
    const answer = (await response.json()) as Answer;
    expect(Object.keys(answer)).to.have.members(["jsonrpc", "id", "error" in answer ? "error" : "result"]);
    return answer;
  };
  const errorOf = async (method: string, ...params: readonly unknown[]): Promise<readonly unknown[]> => {
    const { error } = await call(method, ...params);
    return [error?.code, error?.message];
  };

  describe("methods (4.2)", () => {
    const secret = bytes(vectors.A2_ACCOUNT);
    let account: string;
    beforeEach(async () => {
      account = await write("a2", secret, "pw");
      await write("a2key", bytes(vectors.A2_KEY_ACCOUNT), "");
      await write("a3", bytes(vectors.A3_ACCOUNT), "pässword");
      await start();
    });

    it("signRawHash: the reference's bytes, of a keystore with any password", async () => {
      const hash = `0x${"1".padStart(64, "0")}`;
      const { result } = await call("secretstore_signRawHash", "0x00a329c0648769a73afac7f9381e08fb43dbea72", "pässword", hash);
      expect(result).to.equal(`0x${vectors.A3_SIGNATURE}`);
      const upper = await call("secretstore_signRawHash", "0x00A329C0648769A73AFAC7F9381E08FB43DBEA72", "pässword", hash);
      expect(upper.result).to.equal(result);
    });

    it("generateDocumentKey, encrypt and decrypt: what one makes, the other opens", async () => {
      const serverKey = `0x${vectors.A1_M}`;
      const { result } = await call("secretstore_generateDocumentKey", account, "pw", serverKey);
      const key = result as Readonly<Record<string, string>>;
      expect(Object.keys(key)).to.deep.equal(["common_point", "encrypted_point", "encrypted_key"]);
      expect(key.common_point).to.match(/^0x[0-9a-f]{128}$/);
      expect(key.encrypted_key).to.match(/^0x[0-9a-f]{354}$/);
      const again = (await call("secretstore_generateDocumentKey", account, "pw", serverKey)).result as Readonly<Record<string, string>>;
      expect(again.common_point, "a fresh one each time").not.to.equal(key.common_point);
      for (const document of ["0x", "0xdeadBEEF", `0x${"ab".repeat(5_000)}`]) {
        const encrypted = (await call("secretstore_encrypt", account, "pw", key.encrypted_key, document)).result as string;
        expect(encrypted).to.have.lengthOf(document.length + 32);
        expect((await call("secretstore_decrypt", account, "pw", key.encrypted_key, encrypted)).result).to.equal(document.toLowerCase());
      }
    });

    it("shadowDecrypt: the reference's own test", async () => {
      const { result } = await call(
        "secretstore_shadowDecrypt",
        ...[account, "pw", `0x${vectors.A2_SECRET}`, `0x${vectors.A2_COMMON}`, [`0x${vectors.A2_SHADOW}`], `0x${vectors.A2_DOCUMENT}`],
      );
      expect(result).to.equal("0xdeadbeef");
    });

    it("serversSetHash, and trap 19: what ethers sends first", async () => {
      const nodes = [`0x${vectors.A2_SECRET}`, `0x${vectors.A2_COMMON}`];
      expect((await call("secretstore_serversSetHash", nodes)).result).to.equal(`0x${vectors.A2_SET_HASH}`);
      expect((await call("eth_chainId")).result).to.equal("0x2324");
      expect((await call("net_version")).result).to.equal("8996");
      expect((await call("web3_clientVersion")).result).to.match(/^keyquorum-signing-agent/);
    });

    it("errors (4.3): codes and messages of the reference, `data` a word, and an empty list of shadows one of them", async () => {
      const hash = `0x${"00".repeat(32)}`;
      const point = `0x${vectors.A2_SECRET}`;
      const blob = `0x${vectors.A2_KEY_BLOB}`;
      const shadow = `0x${vectors.A2_SHADOW}`;
      const shadowed = (shadows: unknown, data = `0x${vectors.A2_DOCUMENT}`, common = `0x${vectors.A2_COMMON}`) =>
        errorOf("secretstore_shadowDecrypt", account, "pw", point, common, shadows, data);
      for (const params of [
        [account, "pw"],
        [account, "pw", hash, hash],
        [account, "pw", hash.slice(2)],
        [account, "pw", `${hash}00`],
        [account, "pw", 1],
        [account.slice(2), "pw", hash],
        [account, 1, hash],
        [null, "pw", hash],
      ])
        expect((await errorOf("secretstore_signRawHash", ...params))[0], JSON.stringify(params)).to.equal(-32602);
      expect((await errorOf("secretstore_signRawHash", account, "pw", "0x0"))[1]).to.match(/^Couldn't parse parameters: /);
      expect(await errorOf("secretstore_signRawHash", account, "no", hash)).to.deep.equal([-32023, "Could not sign raw hash."]);
      expect(await errorOf("secretstore_signRawHash", OCEAN_ACCOUNT, "no", hash)).to.deep.equal([-32023, "Could not sign raw hash."]);
      expect(await errorOf("secretstore_generateDocumentKey", account, "no", point)).to.deep.equal([
        -32023,
        "Could not read account public.",
      ]);
      expect(await errorOf("secretstore_encrypt", account, "pw", blob, "0x"), "another account's").to.deep.equal([
        -32023,
        "Could not decrypt key.",
      ]);
      expect((await errorOf("secretstore_encrypt", account, "pw", "0x04", "0x"))[0]).to.equal(-32602);
      expect((await errorOf("secretstore_encrypt", account, "pw", shadow, "0x"))[0], "32 bytes are no document key").to.equal(-32602);
      expect(await errorOf("secretstore_decrypt", account, "pw", blob, `0x${"00".repeat(15)}`)).to.deep.equal([
        -32602,
        "Couldn't parse parameters: data: an encrypted document has 16 bytes or more",
      ]);
      expect((await shadowed([]))[0], "none").to.equal(-32602);
      expect((await shadowed("0x00"))[0]).to.equal(-32602);
      expect((await shadowed([shadow], "0x00"))[0]).to.equal(-32602);
      expect(await shadowed([blob])).to.deep.equal([-32023, "Could not decrypt key."]);
      expect(await shadowed([shadow], undefined, `0x${"00".repeat(64)}`)).to.deep.equal([-32055, "Encryption error."]);
      expect(await errorOf("secretstore_generateDocumentKey", account, "pw", `0x${"11".repeat(64)}`)).to.deep.equal([
        -32055,
        "Encryption error.",
      ]);
      for (const method of ["secretstore_signServersSet", "eth_accounts", "toString", "__proto__", ""])
        expect(await errorOf(method)).to.deep.equal([-32601, "Method not found"]);
    });

    it("bodies that are no call, lists of calls, and calls without an id", async () => {
      const read = async (body: string): Promise<unknown> => {
        const text = await (await post(body)).text();
        return text === "" ? undefined : JSON.parse(text);
      };
      const code = async (body: string): Promise<number | undefined> => ((await read(body)) as Answer).error?.code;
      expect(await code("{")).to.equal(-32700);
      for (const body of ["1", "null", "{}", '{"method":1}', '{"method":"eth_chainId","params":{},"id":1}', "[]"])
        expect(await code(body), body).to.equal(-32600);
      const one = { jsonrpc: "2.0", method: "net_version", id: "a" };
      const list = (await read(JSON.stringify([one, { ...one, id: 2 }, { method: "net_version" }]))) as { readonly id: unknown }[];
      expect(list.map(({ id }) => id)).to.deep.equal(["a", 2]);
      expect(await read('{"method":"net_version"}')).to.equal(undefined);
      expect((await fetch(url)).status).to.equal(405);
      expect((await post(JSON.stringify(one), { "content-type": "text/plain" })).status, "any content type").to.equal(200);
    });
  });

  describe("A.1: with the keystores of Ocean's own network", () => {
    it("opens what a real Parity node encrypted", async () => {
      await start({ keys: OCEAN_KEYS });
      const key = `0x${vectors.A1_KEY_BLOB}`;
      const encrypted = (await call("secretstore_encrypt", OCEAN_ACCOUNT, "secret", key, "0x00ff")).result as string;
      const { result } = await call(
        "secretstore_shadowDecrypt",
        ...[OCEAN_ACCOUNT, "secret", `0x${vectors.A1_SECRET}`, `0x${vectors.A1_COMMON}`, [`0x${vectors.A1_SHADOW}`], encrypted],
      );
      expect(result, "the shadow of the real node gives the key of the real node").to.equal("0x00ff");
      expect(lines.join()).not.to.include('secret"');
    });
  });

  describe("passwords", () => {
    it("wrong ones are answered later each time, at one account only, until time has passed; none is in a line", async () => {
      const account = await write("one", dice.bytes(32).fill(1, 0, 1), "right-password");
      const other = await write("two", dice.bytes(32).fill(2, 0, 1), "other-password");
      let now = 0;
      await start({ clock: { now: () => now, sleep: async (milliseconds) => void waits.push(milliseconds) } });
      const hash = `0x${"00".repeat(32)}`;
      for (const password of ["guess-1", "guess-2", "guess-3"]) await call("secretstore_signRawHash", account, password, hash);
      expect(waits).to.deep.equal([500, 1_000, 2_000]);
      expect((await call("secretstore_signRawHash", other, "other-password", hash)).result).to.be.a("string");
      expect((await call("secretstore_signRawHash", account, "right-password", hash)).result).to.be.a("string");
      await call("secretstore_signRawHash", account, "guess-4", hash);
      expect(waits.at(-1), "the owner's right one forgives a stranger's guesses nothing").to.equal(4_000);
      expect(lines.filter((line) => line.includes("wrong password"))).to.have.lengthOf(4);
      for (const word of ["guess", "right-password", "other-password"]) expect(lines.join().includes(word), word).to.equal(false);
      for (let guess = 0; guess < 9; guess += 1) await call("secretstore_signRawHash", account, `${guess}`, hash);
      expect(waits.at(-1), "at most").to.equal(30_000);
      now += 59_999;
      await call("secretstore_signRawHash", account, "guess-5", hash);
      expect(waits.at(-1), "not yet a minute").to.equal(30_000);
      now += 3 * 60_000;
      await call("secretstore_signRawHash", account, "guess-6", hash);
      expect(waits.at(-1), "three minutes: three are forgotten, and this is one").to.equal(8_000);
      now += 3_600_000;
      await call("secretstore_signRawHash", account, "guess-7", hash);
      expect(waits.at(-1), "all are forgotten").to.equal(500);
      now -= 3_600_000;
      await call("secretstore_signRawHash", account, "guess-8", hash);
      expect(waits.at(-1), "a clock that goes back forgives nothing").to.equal(1_000);
    });

    it("many at once wait for each other, and not more than a few", async () => {
      const account = await write("one", dice.bytes(32).fill(1, 0, 1), "right");
      let wake: (() => void) | undefined;
      await start({ clock: { now: Date.now, sleep: () => new Promise((resolve) => (wake = resolve)) } });
      const guesses = Array.from({ length: 20 }, (_, i) => call("secretstore_signRawHash", account, `${i}`, `0x${"00".repeat(32)}`));
      const early = await Promise.race(guesses);
      expect(early.error?.data, "beyond those that wait").to.match(/too many attempts/);
      expect(lines.filter((line) => line.includes("wrong password")).length, "one is tried").to.be.at.most(1);
      const settle = setInterval(() => wake?.(), 1);
      await Promise.all(guesses);
      clearInterval(settle);
    });
  });

  describe("who may ask", () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "net_version", params: [] });
    beforeEach(() => write("one", dice.bytes(32).fill(1, 0, 1), "pw"));

    it("no page of a web site, whose Origin the browser adds, unless it is named", async () => {
      await start({ corsOrigins: ["https://app.example"] });
      expect((await post(body, { origin: "https://evil.example", "content-type": "text/plain" })).status).to.equal(403);
      expect((await post(body, { origin: "null" })).status).to.equal(403);
      const named = await post(body, { origin: "https://app.example" });
      expect([named.status, named.headers.get("access-control-allow-origin")]).to.deep.equal([200, "https://app.example"]);
      const preflight = (origin: string) => fetch(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
      expect([(await preflight("https://app.example")).status, (await preflight("https://evil.example")).status]).to.deep.equal([204, 403]);
    });

    it("nobody by a foreign name of this machine, which a page would use (DNS rebinding)", async () => {
      await start({ hosts: ["Agent.Internal", "MyBox:9545"] });
      const port = Number(new URL(url).port);
      const status = async (host: string): Promise<string> => {
        const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        return (await sendBytes(port, head)).slice(9, 12);
      };
      for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"])
        expect(await status(host), host).to.equal("403");
      for (const host of [
        "localhost",
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `[::1]:${port}`,
        "agent.internal",
        "AGENT.internal",
        "mybox",
      ])
        expect(await status(host), host).to.equal("200");
    });

    it("who may not ask is told so before its body has come", async () => {
      await start();
      const port = Number(new URL(url).port);
      for (const line of ["Host: evil.example", "Host: localhost\r\nOrigin: https://evil.example"])
        expect(await sendBytes(port, `POST / HTTP/1.1\r\n${line}\r\nContent-Length: 16777216\r\n\r\n{`), line).to.match(/^HTTP\/1.1 403 /);
    });

    it("a body beyond the limit is refused", async () => {
      await start();
      const port = Number(new URL(url).port);
      expect(await sendBytes(port, `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777217\r\n\r\n`)).to.match(/^HTTP\/1.1 413 /);
    });
  });

  describe("keystores", () => {
    const problem = async (): Promise<string> => {
      const error = await readKeystores(folder).catch((reason: unknown) => reason);
      if (!(error instanceof AgentError)) return "none";
      expect(error.message).to.match(/^[^.]*([.][^ ]|[^.])*[.]( Remove or replace it[.])?$/);
      return `${error.code} ${error.message}`;
    };

    it("a broken one stops the start, in one sentence with the file's name", async () => {
      await write("good", dice.bytes(32).fill(1, 0, 1), "pw");
      const good = JSON.parse(
        encryptKeystoreJsonSync({ address: addressOf(new Uint8Array(32).fill(3)), privateKey: hexlify(new Uint8Array(32).fill(3)) }, "pw", {
          scrypt: { N: 2, r: 1, p: 1 },
        }),
      ) as {
        readonly Crypto: Readonly<Record<string, unknown>>;
      };
      const crypto = good.Crypto;
      for (const broken of [
        "",
        "{",
        "[]",
        JSON.stringify({ ...good, version: 1 }),
        JSON.stringify({ ...good, address: undefined }),
        JSON.stringify({ ...good, Crypto: undefined }),
        JSON.stringify({ ...good, Crypto: { ...crypto, cipher: "aes-128-cbc" } }),
        JSON.stringify({ ...good, Crypto: { ...crypto, kdf: "argon2" } }),
        JSON.stringify({ ...good, Crypto: { ...crypto, mac: "00" } }),
        JSON.stringify({ ...good, Crypto: { ...crypto, kdfparams: { n: 3, r: 1, p: 1, dklen: 32, salt: "00" } } }),
        JSON.stringify({ ...good, Crypto: { ...crypto, kdfparams: { n: 2 ** 24, r: 8, p: 1, dklen: 32, salt: "00" } } }),
      ]) {
        await writeFile(join(folder, "broken.json"), broken);
        expect(await problem(), broken.slice(0, 40)).to.match(/^KEYSTORE_INVALID .*broken[.]json is no keystore/);
      }
    });

    it("two of one address stop it too, with both names", async () => {
      const secret = dice.bytes(32).fill(1, 0, 1);
      await write("first", secret, "a");
      await write("second", secret, "b");
      expect(await problem()).to.match(/^KEYSTORE_TWICE .*second and first are keystores of one address/);
    });

    it("no keystore, or no folder, is said; hidden files, folders and Parity's own are passed over", async () => {
      expect(await problem()).to.match(/^NO_KEYSTORES /);
      await mkdir(join(folder, "sub"));
      for (const name of [".hidden", "address_book.json", "vault.json"]) await writeFile(join(folder, name), "{}");
      expect(await problem()).to.match(/^NO_KEYSTORES /);
      await write("one", dice.bytes(32).fill(1, 0, 1), "a");
      expect((await readKeystores(folder)).size).to.equal(1);
      await rm(folder, { recursive: true });
      expect(await problem()).to.match(/^KEYSTORES_UNREADABLE .*kq-agent-/);
      await mkdir(folder);
    });

    it("one whose key is another address's opens to nobody", async () => {
      const secret = dice.bytes(32).fill(1, 0, 1);
      const json = encryptKeystoreJsonSync({ address: addressOf(secret), privateKey: hexlify(secret) }, "pw", {
        scrypt: { N: 2, r: 1, p: 1 },
      });
      const keystore = parseKeystore(JSON.stringify({ ...(JSON.parse(json) as object), address: "00".repeat(20) }));
      const error = await keystore?.open("pw").catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Error);
      const right = await parseKeystore(json)?.open("pw");
      expect(bareHex(right ?? new Uint8Array())).to.equal(bareHex(secret));
      expect(await parseKeystore(json)?.open("PW")).to.equal(undefined);
    });
  });

  it("overwrites what it derived from a password, right or wrong", async () => {
    const secret = dice.bytes(32).fill(1, 0, 1);
    const json = encryptKeystoreJsonSync({ address: addressOf(secret), privateKey: hexlify(secret) }, "pw", {
      scrypt: { N: 2, r: 1, p: 1 },
    });
    const { concat } = Buffer;
    const made: Buffer[] = [];
    Buffer.concat = (...given) => {
      const buffer = concat(...given);
      made.push(buffer);
      return buffer;
    };
    try {
      await parseKeystore(json)?.open("pw");
      await parseKeystore(json)?.open("PW");
    } finally {
      Buffer.concat = concat;
    }
    expect(made.length).to.be.at.least(2);
    for (const buffer of made) expect(bareHex(buffer)).to.match(/^0+$/);
  });

  describe("its command line", () => {
    it("has help with examples, takes what it says, and refuses what is no port", async () => {
      const taken: object[] = [];
      const program = () =>
        createAgentProgram(async (flags) => void taken.push(flags))
          .exitOverride()
          .configureOutput({ writeErr: () => undefined });
      let help = "";
      await program()
        .configureOutput({ writeOut: (text) => (help += text) })
        .parseAsync(["node", "agent", "--help"])
        .catch(() => undefined);
      expect(help).to.match(/Examples:\n {2}[$] keyquorum-signing-agent --keys/);
      await program().parseAsync([
        "node",
        "agent",
        "--keys",
        "k",
        "--port",
        "0",
        "--chain-id",
        "5",
        "--cors",
        "https://a",
        "--cors",
        "https://b",
      ]);
      expect(taken).to.deep.equal([
        { keys: "k", host: "127.0.0.1", port: 0, chainId: 5n, cors: ["https://a", "https://b"], allowHost: [] },
      ]);
      for (const wrong of [["--port", "65536"], ["--chain-id", "0x1"], []]) {
        const failed = await program()
          .parseAsync(["node", "agent", ...(wrong.length === 0 ? [] : ["--keys", "k"]), ...wrong])
          .catch((error: unknown) => error);
        expect(failed, wrong.join(" ")).to.be.instanceOf(Error);
      }
    });
  });
});
