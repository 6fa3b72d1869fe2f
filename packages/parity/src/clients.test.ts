import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Address } from "@keyquorum/wire";
import { expect } from "chai";
import { createSigningAgent } from "./agent/signingAgent.ts";
import { bareHex } from "./formats/hexText.ts";
import { encodePoint64 } from "./formats/point64.ts";
import { lineLogger, type ServedKeyServer, sendBytes, serveKeyServer } from "./testing/serveKeyServer.ts";

const require = createRequire(import.meta.url);

/** What both packages export, as their users see it. */
type OldClient = {
  readonly encryptDocument: (serverKeyId: string, document: unknown) => Promise<string>;
  readonly decryptDocument: (serverKeyId: string, encrypted: string) => Promise<unknown>;
};
type OldClientClass = new (config: {
  readonly secretStoreUri: string;
  readonly parityUri: string;
  readonly address: string;
  readonly password: string;
  readonly threshold: number;
}) => OldClient;

const OCEAN = "@oceanprotocol/secret-store-client";
const KEYS = join(dirname(require.resolve(`${OCEAN}/package.json`)), "barge/networks/spree/keys");
const ALICE = "0x068ed00cf0441e4829d9784fcbe7b9e26d4bd8d0";
const PASSWORD = "secret";
const idOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const messageOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "it did not fail";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("clients of Parity Secret Store, unmodified", () => {
  let agent: Awaited<ReturnType<typeof createSigningAgent>>;
  let parityUri: string;
  let bob: string;
  let served: ServedKeyServer;
  let lines: string[];
  let canRead: (id: string, requester: Address) => boolean;
  before(async () => {
    lines = [];
    agent = await createSigningAgent({
      ...{ keys: KEYS, host: "127.0.0.1", port: 0, chainId: 8_996n, version: "0" },
      clock: { now: Date.now, sleep: async () => undefined },
      log: lineLogger(lines),
    });
    parityUri = await agent.listen();
    bob = agent.accounts.find((address) => address !== ALICE) ?? "";
  });
  after(() => agent.close());
  beforeEach(() => {
    canRead = () => true;
  });
  afterEach(() => served.close());

  const serve = async (members = 3): Promise<void> => {
    served = await serveKeyServer({ name: "clients", members, canRead: (id, requester) => canRead(id, requester) });
  };

  for (const name of [OCEAN, "@nevermined-io/secret-store-client"]) {
    const OldClient = (require(name) as { readonly default: OldClientClass }).default;
    const client = (threshold: number, settings: { readonly address?: string; readonly password?: string } = {}): OldClient =>
      new OldClient({ secretStoreUri: served.url, parityUri, address: ALICE, password: PASSWORD, threshold, ...settings });

    describe(name, () => {
      for (const members of [3, 5, 7])
        for (const threshold of [0, 1, 2])
          it(`publishes and consumes at n = ${members}, t = ${threshold}`, async () => {
            await serve(members);
            const id = idOf(`${name} ${members} ${threshold}`);
            const document = { text: "mySecretDocument", list: [1, 2, 3] };
            const encrypted = await client(threshold).encryptDocument(id, document);
            expect(encrypted).to.match(/^0x[0-9a-f]+$/);
            expect(await client(threshold, { address: bob }).decryptDocument(id, encrypted)).to.deep.equal(document);
            for (let slot = 1; slot <= members - threshold - 1; slot += 1) served.keyServer.absent.add(slot);
            expect(await client(threshold).decryptDocument(id, encrypted), "with t + 1 keepers").to.deep.equal(document);
          });

      it("publishes text, an empty one too, and reads it back", async () => {
        await serve();
        for (const document of ["", "some text", "ümläut"]) {
          const id = idOf(`text ${document}`);
          expect(await client(1).decryptDocument(id, await client(1).encryptDocument(id, document))).to.equal(document);
        }
      });

      it("trap 9: is told Forbidden where the contract says no, and Not Found for an unknown id", async () => {
        await serve();
        const id = idOf("denied");
        const encrypted = await client(1).encryptDocument(id, "x");
        canRead = (_id, requester) => requester !== bob;
        expect(await messageOf(client(1, { address: bob }).decryptDocument(id, encrypted))).to.match(
          /: Unable to retrieve decryption Keys Forbidden$/,
        );
        expect(await client(1).decryptDocument(id, encrypted)).to.equal("x");
        expect(await messageOf(client(1).decryptDocument(idOf("unknown"), encrypted))).to.match(/Not Found$/);
      });

      it("is told why it cannot publish: an id twice, a threshold too high, a keeper down, a 0x in the id", async () => {
        await serve();
        const id = idOf("twice");
        await client(1).encryptDocument(id, "x");
        expect(await messageOf(client(1).encryptDocument(id, "y"))).to.match(/Unable to generate Server Key Bad Request$/);
        expect(await messageOf(client(3).encryptDocument(idOf("high"), "x"))).to.match(/Internal Server Error$/);
        expect(await messageOf(client(1).encryptDocument(`0x${idOf("prefixed")}`, "x")), "trap 1").to.not.equal("it did not fail");
        served.keyServer.absent.add(3);
        expect(await messageOf(client(1).encryptDocument(idOf("down"), "x"))).to.match(/Internal Server Error$/);
      });

      it("is told of a wrong password and a foreign account by the agent", async () => {
        await serve();
        const id = idOf("password");
        expect(await messageOf(client(1, { password: "wrong" }).encryptDocument(id, "x"))).to.match(/Could not sign raw hash/);
        expect(await messageOf(client(1, { address: `0x${"11".repeat(20)}` }).encryptDocument(id, "x"))).to.match(
          /Could not sign raw hash/,
        );
        expect(lines.join().includes("wrong password"), "the operator sees it").to.equal(true);
      });

      it("reads noise, without a word, where a keeper lied in its mask: the old document cipher has no MAC (PARITY.md)", async () => {
        await serve();
        const id = idOf("liar");
        const encrypted = await client(1).encryptDocument(id, "the truth, and nothing else");
        served.keyServer.liars.add(1);
        expect(await client(1).decryptDocument(id, encrypted)).to.not.equal("the truth, and nothing else");
      });
    });
  }

  it("both packages run the same code", async () => {
    await serve();
    const [ours, theirs] = [OCEAN, "@nevermined-io/secret-store-client"].map((name) =>
      join(dirname(require.resolve(`${name}/package.json`)), "dist"),
    );
    for (const file of ["SecretStore.js", "SecretStoreClient.js", "ParityClient.js", "tools/HexHelper.js"])
      expect(await readFile(join(ours ?? "", file), "utf8")).to.equal(await readFile(join(theirs ?? "", file), "utf8"));
  });

  it("a Python program with the system's own requests publishes and consumes (examples/parity)", async function () {
    await serve();
    const run = promisify(execFile);
    const isThere = await run("python3", ["-c", "import requests"]).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      console.warn("SKIPPED: python3 with requests is not on this machine, so no Python program was run.");
      return this.skip();
    }
    const example = join(import.meta.dirname, "../../../examples/parity/secret_store.py");
    const { stdout } = await run("python3", [example, served.url, parityUri, ALICE, PASSWORD, "a document of Python's", "2"]);
    expect(stdout.split("\n").slice(1)).to.deep.equal(["a document of Python's", ""]);
    const again = await run("python3", [example, served.url, parityUri, ALICE, PASSWORD, "a document of Python's"]).catch(
      (error: { stderr: string }) => error,
    );
    expect(again.stderr).to.match(/400 Bad Request: "\\"Server key with this ID is already generated\\""/);
  });

  describe("requests of other languages, byte for byte", () => {
    const port = (): number => served.port;
    const agentPort = (): number => Number(new URL(parityUri).port);
    const statusAndBody = (answer: string): readonly [string, string] => [
      answer.split("\r\n")[0] ?? "",
      answer.slice(answer.indexOf("\r\n\r\n") + 4),
    ];

    /** As `requests` of Python writes them. */
    const python = {
      post: (path: string, host: number) =>
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${host}\r\nUser-Agent: python-requests/2.21.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n`,
      get: (path: string, host: number) =>
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${host}\r\nUser-Agent: python-requests/2.21.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n`,
      rpc: (method: string, params: readonly unknown[], host: number) => {
        const spaced = JSON.stringify({ jsonrpc: "2.0", method, params, id: 1 }, undefined, 1)
          .replace(/\n\s*/g, " ")
          .replace(/([[{]) /g, "$1")
          .replace(/ ([\]}])/g, "$1");
        return `POST / HTTP/1.1\r\nHost: 127.0.0.1:${host}\r\nUser-Agent: python-requests/2.21.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: ${spaced.length}\r\n\r\n${spaced}`;
      },
    };
    /** As commons-httpclient 3.1 and web3j 4.0.1 write them. */
    const java = {
      post: (path: string, host: number) =>
        `POST ${path} HTTP/1.1\r\nUser-Agent: Jakarta Commons-HttpClient/3.1\r\nHost: 127.0.0.1:${host}\r\nContent-Length: 0\r\n\r\n`,
      get: (path: string, host: number) =>
        `GET ${path} HTTP/1.1\r\nUser-Agent: Jakarta Commons-HttpClient/3.1\r\nHost: 127.0.0.1:${host}\r\n\r\n`,
      rpc: (method: string, params: readonly unknown[], host: number) => {
        const body = JSON.stringify({ jsonrpc: "2.0", method, params, id: 0 });
        return `POST / HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nHost: 127.0.0.1:${host}\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\nUser-Agent: okhttp/3.8.1\r\n\r\n${body}`;
      },
    };

    for (const [language, requests] of Object.entries({ python, java }))
      it(`${language}: publishes and consumes`, async () => {
        await serve();
        const id = idOf(`replayed ${language}`);
        const rpc = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
          const [line, body] = statusAndBody(await sendBytes(agentPort(), requests.rpc(method, [ALICE, PASSWORD, ...params], agentPort())));
          expect(line).to.equal("HTTP/1.1 200 OK");
          const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
          expect("error" in answer, "Python asks whether it is there").to.equal(false);
          return answer.result;
        };
        const sent = async (request: string): Promise<string> => {
          const [line, body] = statusAndBody(await sendBytes(port(), request));
          expect(line).to.equal("HTTP/1.1 200 OK");
          return body;
        };
        const signature = ((await rpc("secretstore_signRawHash", `0x${id}`)) as string).slice(2);
        const serverKey = JSON.parse(await sent(requests.post(`/shadow/${id}/${signature}/1`, port()))) as string;
        const key = (await rpc("secretstore_generateDocumentKey", serverKey)) as Readonly<Record<string, string>>;
        const points = `${key.common_point?.slice(2)}/${key.encrypted_point?.slice(2)}`;
        const text = Buffer.from("mySecretDocument").toString("hex");
        const data = `0x${language === "java" ? text.toUpperCase() : text}`;
        const encrypted = await rpc("secretstore_encrypt", key.encrypted_key, data);
        expect(await sent(requests.post(`/shadow/${id}/${signature}/${points}`, port()))).to.equal("");
        const shadows = JSON.parse(await sent(requests.get(`/shadow/${id}/${signature}`, port()))) as Readonly<Record<string, unknown>>;
        const plain = await rpc(
          "secretstore_shadowDecrypt",
          shadows.decrypted_secret,
          shadows.common_point,
          shadows.decrypt_shadows,
          encrypted,
        );
        expect(Buffer.from(String(plain).slice(2), "hex").toString()).to.equal("mySecretDocument");
        expect(bareHex(served.keyServer.keys.get(`0x${id}`)?.publicKey ?? new Uint8Array())).to.equal(serverKey.slice(2));
        const stored = served.keyServer.keys.get(`0x${id}`)?.documentKey;
        expect(stored && bareHex(encodePoint64(stored.commonPoint))).to.equal(key.common_point?.slice(2));
      });
  });
});
