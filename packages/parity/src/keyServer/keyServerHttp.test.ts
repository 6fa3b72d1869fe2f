import { systemClock } from "@keyquorum/keeper";
import { backend, G } from "@keyquorum/threshold";
import { KeyquorumError, ZERO_ADDRESS } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { decryptEcies } from "../formats/ecies.ts";
import { FRESHNESS_HEADER, freshnessHeader, freshRequestDigest } from "../formats/freshRequest.ts";
import { bareHex } from "../formats/hexText.ts";
import { KEY_SERVER_ERROR_KINDS, KeyServerError, type KeyServerErrorKind } from "../formats/keyServerError.ts";
import { encodePoint64, parsePoint64 } from "../formats/point64.ts";
import { signRaw } from "../formats/rawSignature.ts";
import { serversSetHash } from "../formats/serversSetHash.ts";
import { DOMAIN, type ServedKeyServer, sendBytes, serveKeyServer, testAccount } from "../testing/serveKeyServer.ts";

const JSON_UTF8 = "application/json; charset=utf-8";

describe("the key server's HTTP server", () => {
  const dice = rollDice("key server http");
  const alice = testAccount("alice");
  const bob = testAccount("bob");
  let served: ServedKeyServer;
  let ids: number;
  const newId = (): string => {
    ids += 1;
    return bareHex(rollDice(`id ${ids}`).bytes(32));
  };
  const serve = async (settings: Partial<Parameters<typeof serveKeyServer>[0]> = {}): Promise<void> => {
    await served?.close();
    served = await serveKeyServer({ name: "http", ...settings });
  };
  before(() => {
    ids = 0;
  });
  beforeEach(() => serve());
  afterEach(() => served.close());

  const ask = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${served.url}${path}`, { method, ...init });
  /** Status, reason phrase, content type and body. */
  const told = async (response: Response): Promise<readonly unknown[]> => [
    response.status,
    response.statusText,
    response.headers.get("content-type"),
    await response.text(),
  ];
  const generate = async (id: string, threshold = 1, by = alice): Promise<string> => {
    const response = await ask("POST", `/shadow/${id}/${by.sign(id)}/${threshold}`);
    expect(response.status).to.equal(200);
    return (await response.json()) as string;
  };
  const pairFor = (serverKey: string) =>
    createDocumentKey(parsePoint64(Uint8Array.from(Buffer.from(serverKey.slice(2), "hex"))), dice.bytes);
  const storePath = (id: string, { commonPoint, encryptedPoint }: ReturnType<typeof pairFor>, by = alice): string =>
    `/shadow/${id}/${by.sign(id)}/${bareHex(encodePoint64(commonPoint))}/${bareHex(encodePoint64(encryptedPoint))}`;
  const publish = async (id: string, threshold = 1) => {
    const pair = pairFor(await generate(id, threshold));
    expect((await ask("POST", storePath(id, pair))).status).to.equal(200);
    return pair;
  };

  describe("answers (1.1, 1.3)", () => {
    it("(a) and (d): the server key as a JSON string, the same for its author", async () => {
      const id = newId();
      const response = await ask("POST", `/shadow/${id}/${alice.sign(id)}/1`);
      const text = await response.clone().text();
      expect(await told(response)).to.deep.equal([200, "OK", JSON_UTF8, text]);
      expect(text).to.match(/^"0x[0-9a-f]{128}"$/);
      expect(await told(await ask("GET", `/server/${id}/${alice.sign(id)}`))).to.deep.equal([200, "OK", JSON_UTF8, text]);
    });

    it("(b), trap 7: 200 with an empty body and no content type", async () => {
      const id = newId();
      const pair = pairFor(await generate(id));
      const response = await ask("POST", storePath(id, pair));
      expect(response.headers.get("content-length")).to.equal("0");
      expect(await told(response)).to.deep.equal([200, "OK", null, ""]);
      expect(
        served.keyServer.keys.get(`0x${id}`)?.documentKey?.commonPoint.equals(pair.commonPoint),
        "trap 3: stored without a sign",
      ).to.equal(true);
    });

    for (const [threshold, sign] of [
      [0, 1],
      [1, -1],
      [2, 1],
    ] as const)
      it(`(f), trap 3, trap 15: t + 1 shadows, and the common point with its sign, at t = ${threshold}`, async () => {
        await serve({ members: 5 });
        const id = newId();
        const { commonPoint } = await publish(id, threshold);
        const response = await ask("GET", `/shadow/${id}/${bob.sign(id)}`);
        expect(response.headers.get("content-type")).to.equal(JSON_UTF8);
        const text = await response.text();
        expect(text).to.match(/^[{]"decrypted_secret":"0x[0-9a-f]{128}","common_point":"0x[0-9a-f]{128}","decrypt_shadows":\[/);
        const body = JSON.parse(text) as { readonly common_point: string; readonly decrypt_shadows: readonly string[] };
        expect(body.common_point).to.equal(`0x${bareHex(encodePoint64(sign === 1 ? commonPoint : commonPoint.negate()))}`);
        expect(body.decrypt_shadows).to.have.lengthOf(threshold + 1);
        for (const shadow of body.decrypt_shadows) expect(shadow).to.match(/^0x[0-9a-f]{290}$/);
      });

    it("trap 12: (c) and (e) are off, (g) and (h) not there: their 500", async () => {
      const id = newId();
      const signed = `${id}/${alice.sign(id)}`;
      for (const [method, path, why] of [
        ["POST", `/${signed}/1`, "this route shows a document key to one keeper, and is switched off"],
        ["GET", `/${signed}`, "this route shows a document key to one keeper, and is switched off"],
        ["GET", `/schnorr/${signed}/${id}`, "this key server signs nothing yet"],
        ["GET", `/ecdsa/${signed}/${id}`, "this key server signs nothing yet"],
      ] as const)
        expect(await told(await ask(method, path))).to.deep.equal([
          500,
          "Internal Server Error",
          JSON_UTF8,
          `"\\"Internal error: ${why}\\""`,
        ]);
      expect(served.keyServer.keys.size, "nothing is generated").to.equal(0);
    });

    describe("(i): trap 16, and 2: an administrator's two signatures over sets of nodes", () => {
      const admin = testAccount("administrator");
      const adminPublic = bareHex(encodePoint64(backend.mulG(admin.secret.reveal())));
      const node = (factor: bigint): Uint8Array => encodePoint64(backend.mulG(factor));
      const [OLD, OPEN] = [
        [node(1n), node(2n), node(3n)],
        [node(2n), node(3n), node(4n)],
      ] as const;
      const hexOf = (set: readonly Uint8Array[]): string => JSON.stringify(set.map((one) => `0x${bareHex(one)}`));
      const signed = (set: readonly Uint8Array[], by = admin): string => by.sign(bareHex(serversSetHash(set)));
      const change = (old: readonly Uint8Array[], next: readonly Uint8Array[], body = hexOf(next), by = admin): Promise<Response> =>
        ask("POST", `/admin/servers_set_change/${signed(old, by)}/${signed(next, by)}`, { body });
      let moved: number;
      beforeEach(async () => {
        moved = 0;
        await serve({
          options: { adminPublic },
          instead: {
            serverSets: async () => ({ open: OPEN, known: [OLD] }),
            moveKeys: async () => {
              moved += 1;
            },
          },
        });
      });

      it("moves the keys to the open epoch's nodes: 200 without body or type, in any order, with any type, once each", async () => {
        const both = [...OLD, ...OPEN];
        for (const old of [OLD, OPEN, both]) expect(await told(await change(old, OPEN))).to.deep.equal([200, "OK", null, ""]);
        const twice = hexOf([...OPEN, ...OPEN].toReversed()).replaceAll(/[0-9a-f]{128}/g, (digits) => digits.toUpperCase());
        expect((await change(OLD, OPEN, twice)).status).to.equal(200);
        const path = `/admin/servers_set_change/${signed(OLD)}/${signed(OPEN)}`;
        for (const type of ["application/json", "application/x-www-form-urlencoded", "text/plain"])
          expect((await ask("POST", path, { body: hexOf(OPEN), headers: { "content-type": type } })).status, type).to.equal(200);
        expect(moved).to.equal(7);
      });

      it("403 for anybody else's signature, or one over other sets; 500 for nodes that are not the open epoch's", async () => {
        const denied = [403, "Forbidden", JSON_UTF8, '"\\"Access denied\\""'];
        expect(await told(await change(OLD, OPEN, hexOf(OPEN), alice))).to.deep.equal(denied);
        expect(await told(await change([node(9n)], OPEN)), "the old set").to.deep.equal(denied);
        expect(await told(await change(OLD, OPEN, hexOf(OLD))), "another new set").to.deep.equal(denied);
        const unknown = [500, "Internal Server Error", JSON_UTF8, '"\\"invalid node id has been passed\\""'];
        for (const nodes of [[node(9n), node(2n), node(3n)], OPEN.slice(1), OLD, [...OLD, ...OPEN], []])
          expect(await told(await change(OLD, nodes))).to.deep.equal(unknown);
        expect(moved).to.equal(0);
      });

      it("400 without body for what is no list of ids with 0x", async () => {
        for (const body of ["", "{", "{}", '"0x"', "[1]", `["${adminPublic}"]`, `["0x${adminPublic}00"]`, '["0x"]', "[null]"])
          expect(await told(await change(OLD, OPEN, body)), body.slice(0, 20)).to.deep.equal([400, "Bad Request", null, ""]);
      });

      it("403 where there is no administrator; 500 where the route is not there", async () => {
        const instead = { serverSets: async () => ({ open: OPEN, known: [OLD] }), moveKeys: async () => undefined };
        await serve({ instead });
        expect((await change(OLD, OPEN)).status).to.equal(403);
        await serve({ options: { adminPublic } });
        const why = "the registry decides who the key servers are; this route is not there yet";
        expect(await told(await change(OLD, OPEN))).to.deep.equal([
          500,
          "Internal Server Error",
          JSON_UTF8,
          `"\\"Internal error: ${why}\\""`,
        ]);
      });
    });

    it("(c) makes both keys where the operator lets this keeper see them, and (e) says so where nobody can show one", async () => {
      await serve({ options: { showKeysToKeeper: true } });
      const id = newId();
      const response = await ask("POST", `/${id}/${alice.sign(id)}/1`);
      const text = (await response.json()) as string;
      expect(text).to.match(/^0x[0-9a-f]{354}$/);
      expect(await decryptEcies(alice.secret, Uint8Array.from(Buffer.from(text.slice(2), "hex")))).to.have.lengthOf(64);
      expect(served.keyServer.keys.get(`0x${id}`)?.documentKey).not.to.equal(undefined);
      expect((await ask("GET", `/${id}/${alice.sign(id)}`)).status).to.equal(500);
      expect((await ask("POST", `/${id}/${alice.sign(id)}/1`)).status, "again").to.equal(400);
    });
  });

  describe("requests (1.2)", () => {
    it("trap 6: takes every way to post nothing", async () => {
      for (const headers of [
        { "content-type": "application/json" },
        { "content-type": "application/x-www-form-urlencoded" },
        { "content-type": "text/plain" },
        {},
      ]) {
        const id = newId();
        expect((await ask("POST", `/shadow/${id}/${alice.sign(id)}/0`, { headers })).status).to.equal(200);
      }
      const id = newId();
      expect(
        (await ask("POST", `/shadow/${id}/${alice.sign(id)}/0`, { body: "{ no JSON", headers: { "content-type": "application/json" } }))
          .status,
      ).to.equal(200);
      const other = newId();
      const line = `POST /shadow/${other}/${alice.sign(other)}/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
      expect(await sendBytes(served.port, `${line}\r\n`), "without a length").to.match(/^HTTP\/1.1 200 OK/);
    });

    it("takes leading slashes, percent-encoding, a query, upper case and a whole URL", async () => {
      for (const spell of [
        (path: string) => `//${path}`,
        (path: string) => `///${path}`,
        (path: string) => `/${path}?x=/y`,
        (path: string) => `/${path.replaceAll("/", "%2F")}`,
        (path: string) => `/${path.replace("shadow", "%73hadow")}`,
      ]) {
        const id = newId();
        expect((await ask("POST", spell(`shadow/${id}/${alice.sign(id)}/0`))).status, spell("x")).to.equal(200);
      }
      const id = newId();
      await generate(id);
      expect((await ask("GET", `/server/${id.toUpperCase()}/${alice.sign(id).toUpperCase()}`)).status, "trap 13").to.equal(200);
      const whole = `GET http://other:1/server/${id}/${alice.sign(id)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      expect(await sendBytes(served.port, whole)).to.match(/^HTTP\/1.1 200 OK/);
    });

    it("bad input is 400 with an empty body and no content type", async () => {
      const id = newId();
      const sig = alice.sign(id);
      const pair = pairFor(await generate(id));
      const point = bareHex(encodePoint64(pair.commonPoint));
      const off = `${point.slice(0, -1)}${point.endsWith("0") ? "1" : "0"}`;
      for (const [method, path] of [
        ["GET", "/"],
        ["GET", "/nothing"],
        ["GET", "/version"],
        ["GET", `/shadow/${id}`],
        ["GET", `/shadow/${id}/${sig}/`],
        ["GET", `/shadow/${id}/${sig}/more`],
        ["GET", `/shadow/0x${id}/${sig}`],
        ["GET", `/shadow/${id}/0x${sig}`],
        ["GET", `/shadow/${id.slice(1)}/${sig}`],
        ["GET", `/shadow/${id}00/${sig}`],
        ["GET", `/shadow/${id}/${sig.slice(2)}`],
        ["GET", `/shadow/${id.slice(0, -1)}g/${sig}`],
        ["GET", `/server/${id}/${sig}/1`],
        ["GET", `/schnorr/${id}/${sig}`],
        ["GET", `/ecdsa/${id}/${sig}/${id}00`],
        ["POST", `/shadow/${id}/${sig}`],
        ["POST", `/shadow/${id}/${sig}/`],
        ["POST", `/shadow/${id}/${sig}/-1`],
        ["POST", `/shadow/${id}/${sig}/1.0`],
        ["POST", `/shadow/${id}/${sig}/0x1`],
        ["POST", `/shadow/${id}/${sig}/1/`],
        ["POST", `/shadow/${id}/${sig}/${"9".repeat(20)}`],
        ["POST", `/shadow/${id}/${sig}/${point}/${point.slice(2)}`],
        ["POST", `/shadow/${id}/${sig}/${point}/${off}`],
        ["POST", `/shadow/${id}/${sig}/${"00".repeat(64)}/${point}`],
        ["POST", `/shadow/${id}/${sig}/${"ff".repeat(64)}/${point}`],
        ["POST", "/admin/servers_set_change"],
        ["POST", `/admin/other/${sig}/${sig}`],
        ["PUT", `/shadow/${id}/${sig}/1`],
        ["DELETE", `/shadow/${id}/${sig}`],
        ["PATCH", `/${id}/${sig}`],
        ["OPTIONS", `/shadow/${id}/${sig}`],
        ["HEAD", `/shadow/${id}/${sig}`],
      ] as const)
        expect(await told(await ask(method, path)), `${method} ${path.slice(0, 60)}`).to.deep.equal([400, "Bad Request", null, ""]);
      for (const target of ["/shadow/%ff/x", "/%c3%28", "/%"])
        expect(await sendBytes(served.port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`), target).to.match(
          /^HTTP\/1.1 400 Bad Request/,
        );
      for (const text of [
        "BREW / HTTP/1.1\r\n\r\n",
        "GET\r\n\r\n",
        "nonsense\r\n\r\n",
        `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
      ]) {
        const answer = await sendBytes(served.port, text);
        expect(answer, text.slice(0, 20)).to.match(/^HTTP\/1.1 400 Bad Request/);
        expect(answer.split("\r\n\r\n")[1]).to.equal("");
        expect(answer.toLowerCase()).not.to.include("content-type");
      }
    });

    it("a signature that is nobody's is 400, in words", async () => {
      const id = newId();
      const nobody = [400, "Bad Request", JSON_UTF8, `"\\"Insufficient requester data: bad signature: it is nobody's\\""`];
      for (const signature of ["00".repeat(65), "ff".repeat(65), `${alice.sign(id).slice(0, -2)}02`])
        for (const [method, path] of [
          ["POST", `/shadow/${id}/${signature}/1`],
          ["GET", `/shadow/${id}/${signature}`],
          ["GET", `/server/${id}/${signature}`],
        ] as const)
          expect(await told(await ask(method, path))).to.deep.equal(nobody);
    });

    it("trap 2: v of 27 and 28 is taken, and handed on as 0 and 1", async () => {
      const seen: number[] = [];
      await serve({
        instead: {
          generate: async ({ signature }) => {
            seen.push(signature[64] ?? -1);
            return encodePoint64(G);
          },
        },
      });
      const id = newId();
      const signature = alice.sign(id);
      const v = Number.parseInt(signature.slice(-2), 16);
      for (const spelled of [v, v + 27])
        expect((await ask("POST", `/shadow/${id}/${signature.slice(0, -2)}${spelled.toString(16).padStart(2, "0")}/1`)).status).to.equal(
          200,
        );
      expect(seen).to.deep.equal([v, v]);
    });

    it("trap 11, trap 17: thresholds that do not fit, ids that are there, and ids that are on their way", async () => {
      const notEnough = [500, "Internal Server Error", JSON_UTF8, '"\\"not enough nodes for passed threshold\\""'];
      const id = newId();
      for (const threshold of ["3", "255", "256", "9".repeat(19)])
        expect(await told(await ask("POST", `/shadow/${id}/${alice.sign(id)}/${threshold}`)), threshold).to.deep.equal(notEnough);
      await generate(id, 0);
      const again = await ask("POST", `/shadow/${id}/${alice.sign(id)}/0`);
      expect(await told(again)).to.deep.equal([400, "Bad Request", JSON_UTF8, '"\\"Server key with this ID is already generated\\""']);
      let asked = 0;
      const generate255 = async (): Promise<Uint8Array> => {
        asked += 1;
        return encodePoint64(G);
      };
      await serve({ instead: { generate: generate255 } });
      for (const threshold of ["256", "511"])
        expect(await told(await ask("POST", `/shadow/${id}/${alice.sign(id)}/${threshold}`))).to.deep.equal(notEnough);
      expect((await ask("POST", `/shadow/${id}/${alice.sign(id)}/255`)).status, "the most that one byte holds").to.equal(200);
      expect(asked).to.equal(1);
      await serve({ options: { zeroThreshold: false } });
      expect(await told(await ask("POST", `/shadow/${id}/${alice.sign(id)}/0`)), "forbidden").to.deep.equal(notEnough);
      await serve({ options: { leastThreshold: 2 } });
      expect(await told(await ask("POST", `/shadow/${id}/${alice.sign(id)}/1`)), "too low").to.deep.equal(notEnough);
    });
  });

  describe("errors (1.4)", () => {
    const WITH_DETAIL: readonly KeyServerErrorKind[] = [
      "InsufficientRequesterData",
      "Serde",
      "EthKey",
      "Database",
      "Internal",
      "Io",
      "TooManyRequests",
    ];
    const EXPECTED: Readonly<Record<KeyServerErrorKind, readonly [number, string]>> = {
      AccessDenied: [403, "Access denied"],
      ConsensusUnreachable: [403, "Consensus unreachable"],
      ConsensusTemporaryUnreachable: [403, "Consensus temporary unreachable"],
      ServerKeyIsNotFound: [404, "Server key with this ID is not found"],
      DocumentKeyIsNotFound: [404, "Document key with this ID is not found"],
      ServerKeyAlreadyGenerated: [400, "Server key with this ID is already generated"],
      DocumentKeyAlreadyStored: [400, "Document key with this ID is already stored"],
      InsufficientRequesterData: [400, "Insufficient requester data: why"],
      Serde: [400, "Serialization error: why"],
      NotEnoughNodesForThreshold: [500, "not enough nodes for passed threshold"],
      NodeDisconnected: [500, "node required for this operation is currently disconnected"],
      DuplicateSessionId: [500, "session with the same id is already registered"],
      ExclusiveSessionActive: [500, "Exclusive session active"],
      HasActiveSessions: [500, "Unable to start exclusive session"],
      NoActiveSessionWithId: [500, "no active session with given id"],
      TooEarlyForRequest: [500, "session is not yet ready to process this request"],
      InvalidStateForRequest: [500, "session is in invalid state for processing this request"],
      InvalidNodeForRequest: [500, "invalid node for this request"],
      InvalidMessage: [500, "invalid message is received"],
      InvalidMessageVersion: [500, "unsupported message is received"],
      ReplayProtection: [500, "replay message is received"],
      InvalidNodeAddress: [500, "invalid node address has been passed"],
      InvalidNodeId: [500, "invalid node id has been passed"],
      EthKey: [500, "cryptographic error why"],
      Database: [500, "Database error: why"],
      Internal: [500, "Internal error: why"],
      Io: [500, "IO error: why"],
      TooManyRequests: [429, "Too many requests: why"],
    };
    const REASONS: Readonly<Record<number, string>> = {
      400: "Bad Request",
      403: "Forbidden",
      404: "Not Found",
      429: "Too Many Requests",
      500: "Internal Server Error",
    };

    it("trap 9, trap 18: every kind has its status, its reason phrase, and its text in quotes in a JSON string", async () => {
      let next: unknown;
      const fail = (): never => {
        throw next;
      };
      await serve({
        options: { requestsPerMinute: 10_000 },
        instead: { shadows: fail, publicKey: fail, storeDocumentKey: fail, generate: fail },
      });
      expect(Object.keys(EXPECTED)).to.have.members(KEY_SERVER_ERROR_KINDS);
      for (const kind of KEY_SERVER_ERROR_KINDS) {
        next = new KeyServerError(kind, WITH_DETAIL.includes(kind) ? "why" : "never shown");
        const id = newId();
        const [status, text] = EXPECTED[kind];
        for (const [method, path] of [
          ["GET", `/shadow/${id}/${alice.sign(id)}`],
          ["POST", `/shadow/${id}/${alice.sign(id)}/1`],
        ] as const)
          expect(await told(await ask(method, path)), kind).to.deep.equal([status, REASONS[status], JSON_UTF8, `"\\"${text}\\""`]);
      }
    });

    it("trap 10: our refusals become theirs: no is not 'cannot know', and 'cannot know' is never 403", async () => {
      let next: unknown;
      await serve({
        instead: {
          shadows: () => {
            throw next;
          },
        },
      });
      for (const [code, status, text] of [
        ["ACCESS_DENIED", 403, "Consensus unreachable"],
        ["PERMISSION_NOT_FINAL", 403, "Consensus temporary unreachable"],
        ["UNAVAILABLE", 500, "Internal error: the chain cannot be asked; this says nothing about the permission"],
        ["FINALITY_BROKEN", 500, "Internal error: the chain cannot be asked; this says nothing about the permission"],
        ["NOT_MEMBER", 500, "Internal error: this key server has no part in that epoch, or was removed: ask another one"],
        ["SHUTTING_DOWN", 500, "Internal error: the key server stops"],
        ["RATE_LIMITED", 429, "Too many requests: come back later"],
        ["INVALID_HEADER", 500, "Internal error: the key server failed"],
      ] as const) {
        next = new KeyquorumError(code);
        const id = newId();
        const [got, , , body] = await told(await ask("GET", `/shadow/${id}/${alice.sign(id)}`));
        expect([got, body], code).to.deep.equal([status, `"\\"${text}\\""`]);
      }
      next = new DOMException("This operation was aborted", "AbortError");
      const stopped = newId();
      expect((await told(await ask("GET", `/shadow/${stopped}/${alice.sign(stopped)}`)))[3], "a call that the stop ended").to.equal(
        '"\\"Internal error: the key server stops\\""',
      );
      expect(served.lines.filter((line) => line.includes("failed")).length, "an alarm for what nobody expected alone").to.equal(1);
      for (const code of ["CHAIN_UNAVAILABLE", "RPC_ERROR"]) {
        next = Object.assign(new Error("x"), { code });
        const id = newId();
        const [status, , , body] = await told(await ask("GET", `/shadow/${id}/${alice.sign(id)}`));
        expect([status, body], code).to.deep.equal([
          500,
          '"\\"Internal error: the chain cannot be asked; this says nothing about the permission\\""',
        ]);
      }
    });

    it("who is not the author gets 403, an unknown id 404, a second document key 400, and a member that is gone 500", async () => {
      const [id, unknown] = [newId(), newId()];
      const pair = await publish(id, 1);
      const body = async (response: Promise<Response>): Promise<readonly unknown[]> => [
        (await response).status,
        await (await response).text(),
      ];
      expect(await body(ask("POST", storePath(id, pair, bob)))).to.deep.equal([403, '"\\"Access denied\\""']);
      expect(await body(ask("GET", `/server/${id}/${bob.sign(id)}`))).to.deep.equal([403, '"\\"Access denied\\""']);
      expect(await body(ask("POST", storePath(id, pair)))).to.deep.equal([400, '"\\"Document key with this ID is already stored\\""']);
      const notFound = [404, '"\\"Server key with this ID is not found\\""'];
      expect(await body(ask("POST", storePath(unknown, pair)))).to.deep.equal(notFound);
      expect(await body(ask("GET", `/server/${unknown}/${alice.sign(unknown)}`))).to.deep.equal(notFound);
      expect(await body(ask("GET", `/shadow/${unknown}/${alice.sign(unknown)}`))).to.deep.equal(notFound);
      const bare = newId();
      await generate(bare);
      expect(await body(ask("GET", `/shadow/${bare}/${alice.sign(bare)}`))).to.deep.equal([
        404,
        '"\\"Document key with this ID is not found\\""',
      ]);
      served.keyServer.absent.add(2);
      expect(await body(ask("POST", `/shadow/${unknown}/${alice.sign(unknown)}/1`))).to.deep.equal([
        500,
        '"\\"node required for this operation is currently disconnected\\""',
      ]);
      expect((await ask("GET", `/shadow/${id}/${alice.sign(id)}`)).status, "t + 1 are left").to.equal(200);
      served.keyServer.absent.add(3);
      expect(await body(ask("GET", `/shadow/${id}/${alice.sign(id)}`))).to.deep.equal([403, '"\\"Consensus temporary unreachable\\""']);
    });
  });

  describe("web pages (1.5)", () => {
    const page = {
      origin: "https://page.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    };

    it("trap 20: a preflight is 204 with what a page may send, and answers are readable, errors too", async () => {
      await serve({ options: { authors: "any" } });
      const preflight = await ask("OPTIONS", "/shadow/x", { headers: page });
      expect([preflight.status, await preflight.text()]).to.deep.equal([204, ""]);
      expect(preflight.headers.get("access-control-allow-origin")).to.equal("*");
      expect(preflight.headers.get("access-control-allow-methods")).to.equal("GET, POST");
      expect(preflight.headers.get("access-control-allow-headers")).to.match(/content-type, accept/);
      const id = newId();
      for (const path of [
        `/shadow/${id}/${alice.sign(id)}/1`,
        `/shadow/${id}/${alice.sign(id)}/1`,
        "/wrong",
        `/shadow/${id}/${alice.sign(id)}/9`,
      ])
        expect(
          (await ask("POST", path, { headers: { origin: page.origin } })).headers.get("access-control-allow-origin"),
          path.slice(0, 9),
        ).to.equal("*");
    });

    it("a list lets its origins read, and an empty one nobody", async () => {
      await serve({ options: { authors: "any", corsOrigins: ["https://page.example"] } });
      const origins = async (origin: string): Promise<readonly unknown[]> => {
        const preflight = await ask("OPTIONS", "/", { headers: { ...page, origin } });
        const answer = await ask("GET", "/wrong", { headers: { origin } });
        return [
          preflight.status,
          preflight.headers.get("access-control-allow-origin"),
          answer.headers.get("access-control-allow-origin"),
          answer.headers.get("vary"),
        ];
      };
      expect(await origins("https://page.example")).to.deep.equal([204, "https://page.example", "https://page.example", "origin"]);
      expect(await origins("https://other.example")).to.deep.equal([400, null, null, "origin"]);
      await serve({ options: { authors: "any", corsOrigins: [] } });
      expect(await origins("https://page.example")).to.deep.equal([400, null, null, null]);
    });
  });

  describe("where only programs of this machine may come: without authors, or where whoever asks reads everything", () => {
    const settings = [
      ["without authors", {}, {}],
      ["open to readers", { authors: "any" }, { isOpenToReaders: true }],
    ] as const;
    const head = (lines: readonly string[], id = newId()): string =>
      [`POST /shadow/${id}/${alice.sign(id)}/1 HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n");
    const statusOf = async (...lines: readonly string[]): Promise<string> => (await sendBytes(served.port, head(lines))).slice(9, 12);

    for (const [name, options, parts] of settings) {
      it(`${name}: no page of a web site is answered, unless it is named, and "*" names none`, async () => {
        await serve({ options, parts });
        expect(await statusOf("Host: localhost")).to.equal("200");
        for (const line of ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"])
          expect(await statusOf("Host: localhost", line), line).to.equal("403");
        expect(served.keyServer.keys.size, "nothing was generated for them").to.equal(1);
        const preflight = { origin: "https://evil.example", "access-control-request-method": "POST" };
        const refused = await ask("OPTIONS", "/shadow/x", { headers: preflight });
        expect([refused.status, refused.headers.get("access-control-allow-origin")]).to.deep.equal([403, null]);
        const id = newId();
        const read = await ask("GET", `/shadow/${id}/${alice.sign(id)}`, { headers: { origin: "https://evil.example" } });
        expect([read.status, read.headers.get("access-control-allow-origin")]).to.deep.equal([403, null]);
        expect(served.lines.filter((line) => line.includes("A web page"))).to.have.lengthOf(1);
        await serve({ options: { ...options, corsOrigins: ["*", "https://app.example"] }, parts });
        const named = await ask("OPTIONS", "/x", { headers: { ...preflight, origin: "https://app.example" } });
        expect([named.status, named.headers.get("access-control-allow-origin")]).to.deep.equal([204, "https://app.example"]);
        expect(await statusOf("Host: localhost", "Origin: https://app.example")).to.equal("200");
        expect(await statusOf("Host: localhost", "Origin: https://evil.example")).to.equal("403");
      });

      it(`${name}: nobody is answered by a foreign name of this machine`, async () => {
        await serve({ options, parts });
        for (const host of ["evil.example", `evil.example:${served.port}`, "127.0.0.1.evil.example", ""])
          expect(await statusOf(`Host: ${host}`), host).to.equal("403");
        for (const host of ["localhost", `LOCALHOST:${served.port}`, `127.0.0.1:${served.port}`, `[::1]:${served.port}`])
          expect(await statusOf(`Host: ${host}`), host).to.equal("200");
      });
    }

    it("elsewhere nothing is decided by the page or the name", async () => {
      await serve({ options: { authors: "any" } });
      expect(await statusOf("Host: keys.example", "Origin: https://any.example", "Sec-Fetch-Site: cross-site")).to.equal("200");
    });
  });

  describe("who may generate", () => {
    it("authors of the list, and nobody else: 403", async () => {
      await serve();
      const id = newId();
      await generate(id);
      const author = served.keyServer.keys.get(`0x${id}`)?.author;
      await serve({ options: { authors: [author] } });
      await generate(newId());
      const other = newId();
      const refused = await ask("POST", `/shadow/${other}/${bob.sign(other)}/1`);
      expect(await told(refused)).to.deep.equal([403, "Forbidden", JSON_UTF8, '"\\"Access denied\\""']);
      expect(served.keyServer.keys.has(`0x${other}`)).to.equal(false);
    });

    it("any author within the quotas of a day: for an author, an address and in all, with an alarm at half", async () => {
      let now = Date.UTC(2026, 10, 30, 12);
      const rows: { day: number; total: number }[] = [];
      const quotaStore = { read: async () => rows.at(-1), write: async (row: { day: number; total: number }) => void rows.push(row) };
      const settings = {
        options: { authors: "any", trustProxy: true, quotas: { perAuthor: 2, perAddress: 3, total: 4 } },
        parts: { clock: { ...systemClock, now: () => now }, quotaStore },
      };
      await serve(settings);
      const from = async (address: string, by = alice): Promise<number> => {
        const id = newId();
        return (await ask("POST", `/shadow/${id}/${by.sign(id)}/1`, { headers: { "x-forwarded-for": address } })).status;
      };
      const carol = testAccount("carol");
      expect(await from("192.0.2.1")).to.equal(200);
      expect(served.lines.some((line) => line.includes("Half of today's"))).to.equal(false);
      expect(await from("192.0.2.1")).to.equal(200);
      expect(served.lines.filter((line) => line.includes("Half of today's"))).to.have.lengthOf(1);
      expect(await from("192.0.2.2"), "this author").to.equal(429);
      expect(await from("192.0.2.1", bob)).to.equal(200);
      expect(await from("192.0.2.1", bob), "this address").to.equal(429);
      const taken = newId();
      served.keyServer.absent.add(1);
      const gone = await ask("POST", `/shadow/${taken}/${bob.sign(taken)}/1`, { headers: { "x-forwarded-for": "192.0.2.3" } });
      expect(gone.status).to.equal(500);
      served.keyServer.absent.clear();
      expect(served.used.at(-1), "what stored nothing is given back").to.equal(0.75);
      expect(await from("192.0.2.3", bob)).to.equal(200);
      const full = newId();
      const refused = await ask("POST", `/shadow/${full}/${carol.sign(full)}/1`, { headers: { "x-forwarded-for": "192.0.2.9" } });
      expect([refused.status, refused.headers.get("retry-after")]).to.deep.equal([429, "60"]);
      expect(await refused.text()).to.equal('"\\"Too many requests: the server keys of today are used up for all\\""');
      await serve(settings);
      expect(await from("192.0.2.9", carol), "over a restart").to.equal(429);
      now += 86_400_000;
      expect(await from("192.0.2.9", carol), "tomorrow").to.equal(200);
    });
  });

  describe("what quotas are taken for", () => {
    const anybody = (quotas: object) => ({ options: { authors: "any", trustProxy: true, quotas } });
    const post = (id: string, address: string, by = alice): Promise<Response> =>
      ask("POST", `/shadow/${id}/${by.sign(id)}/1`, { headers: { "x-forwarded-for": address } });
    const later = () => new Promise((resolve) => setTimeout(resolve, 5));

    it("not for an id that is there already: a stranger's signatures over it keep nobody out", async () => {
      const existing = newId();
      const ends: (() => void)[] = [];
      await serve({
        ...anybody({ total: 1 }),
        instead: {
          heldFor: async (serverKeyId) => (bareHex(serverKeyId) === existing ? ZERO_ADDRESS : undefined),
          generate: async ({ serverKeyId }) => {
            if (bareHex(serverKeyId) === existing) await new Promise<void>((resolve) => ends.push(resolve));
            return encodePoint64(G);
          },
        },
      });
      const asked = post(existing, "192.0.2.1", bob);
      while (ends.length === 0) await later();
      expect((await post(newId(), "192.0.2.2")).status).to.equal(200);
      ends[0]?.();
      expect((await asked).status).to.equal(200);
      expect(served.used.at(-1), "one of one").to.equal(1);
    });

    it("not for a request that waits for its turn", async () => {
      const ends: (() => void)[] = [];
      await serve({
        ...anybody({ total: 2 }),
        instead: {
          publicKey: async () => {
            await new Promise<void>((resolve) => ends.push(resolve));
            return encodePoint64(G);
          },
        },
      });
      const id = newId();
      const held = Array.from({ length: 8 }, () =>
        ask("GET", `/server/${id}/${alice.sign(id)}`, { headers: { "x-forwarded-for": "192.0.2.1" } }),
      );
      while (ends.length < 8) await later();
      const waiting = Array.from({ length: 4 }, () => post(newId(), "192.0.2.1", bob));
      await later();
      expect((await post(newId(), "192.0.2.2")).status).to.equal(200);
      for (const end of ends) end();
      await Promise.all([...held, ...waiting]);
    });

    it("for what stays, whatever the client was told", async () => {
      let isStored = true;
      await serve({
        ...anybody({ total: 2 }),
        instead: {
          heldFor: async (serverKeyId) => served.keyServer.keys.get(`0x${bareHex(serverKeyId)}`)?.author,
          generate: async (wanted) => {
            if (!isStored) throw new KeyServerError("Internal", "a member of the key server refuses");
            await served.keyServer.generate(wanted);
            throw new KeyServerError("NodeDisconnected");
          },
        },
      });
      isStored = false;
      for (let turn = 0; turn < 3; turn += 1) expect((await post(newId(), "192.0.2.1")).status).to.equal(500);
      expect(served.used.at(-1) ?? 0, "a member refused: nothing is stored").to.equal(0);
      isStored = true;
      for (const used of [0.5, 1]) {
        expect((await post(newId(), "192.0.2.1")).status).to.equal(500);
        expect(served.used.at(-1), "told NodeDisconnected, generated all the same").to.equal(used);
      }
      expect((await post(newId(), "192.0.2.1")).status).to.equal(429);
    });
  });

  describe("requests that are bound to a nonce and a time", () => {
    const fresh = (
      id: string,
      options: { readonly expiry?: number; readonly nonce?: Uint8Array; readonly path?: string; readonly by?: typeof alice } = {},
    ) => {
      const { expiry = Math.floor(Date.now() / 1_000) + 60, nonce = dice.bytes(32), by = alice } = options;
      const path = options.path ?? `/server/${id}/${alice.sign(id)}`;
      const request = { method: "GET", path, nonce, expiry };
      return { [FRESHNESS_HEADER]: freshnessHeader(request, signRaw(freshRequestDigest(DOMAIN, request), by.secret)) };
    };
    const statusOf = async (id: string, headers: Record<string, string>): Promise<number> =>
      (await ask("GET", `/server/${id}/${alice.sign(id)}`, { headers })).status;

    it("are taken once, in time, by the same key, for this path", async () => {
      const id = newId();
      await generate(id);
      const headers = fresh(id);
      expect(await statusOf(id, headers)).to.equal(200);
      expect(await statusOf(id, headers), "again").to.equal(400);
      const now = Math.floor(Date.now() / 1_000);
      for (const [name, wrong] of [
        ["expired", fresh(id, { expiry: now - 1 })],
        ["for too long", fresh(id, { expiry: now + 1_000 })],
        ["another key's", fresh(id, { by: bob })],
        ["another path's", fresh(id, { path: `/shadow/${id}/${alice.sign(id)}` })],
        ["no such header", { [FRESHNESS_HEADER]: "x" }],
        ["too many parts", { [FRESHNESS_HEADER]: `${Object.values(fresh(id))[0]}.00` }],
      ] as const)
        expect(await statusOf(id, wrong), name).to.equal(400);
      expect(await statusOf(id, {}), "without one").to.equal(200);
    });

    it("are asked for where the operator says so", async () => {
      const id = newId();
      await serve({ options: { freshRequests: "required" } });
      const path = `/shadow/${id}/${alice.sign(id)}/1`;
      expect((await ask("POST", path)).status).to.equal(400);
      const request = { method: "POST", path, nonce: dice.bytes(32), expiry: Math.floor(Date.now() / 1_000) + 60 };
      const headers = { [FRESHNESS_HEADER]: freshnessHeader(request, signRaw(freshRequestDigest(DOMAIN, request), alice.secret)) };
      expect((await ask("POST", path, { headers })).status).to.equal(200);
    });
  });

  describe("what it says of requests", () => {
    it("no path, id or signature in any log line, error or report, whatever fails", async () => {
      const id = newId();
      const signature = alice.sign(id);
      await serve({
        instead: {
          shadows: () => {
            throw new Error(`cannot read ${id} for ${signature}`, { cause: new Error(signature) });
          },
        },
      });
      const told = await (await ask("GET", `/shadow/${id}/${signature}`)).text();
      await ask("POST", `/shadow/${id}/${signature}/1`);
      await ask("GET", `/wrong/${signature}`);
      await ask("GET", `/server/${id}/${bob.sign(id)}`);
      const all = JSON.stringify([told, served.lines, served.answered]);
      expect(served.lines.some((line) => line.includes("A request to the key server failed"))).to.equal(true);
      for (const secret of [id, signature, bob.sign(id)]) expect(all.includes(secret), secret.slice(0, 8)).to.equal(false);
      expect(served.answered.map(({ route, outcome }) => [route, outcome])).to.deep.equal([
        ["shadows", "Internal"],
        ["generate", "answered"],
        ["none", "bad_request"],
        ["public_key", "AccessDenied"],
      ]);
    });
  });

  describe("what a stranger can take of it", () => {
    it("an oversize body is 413 whether its length is told or not, and is not read to its end", async () => {
      const head = "POST /x HTTP/1.1\r\nHost: localhost\r\n";
      expect(await sendBytes(served.port, `${head}Content-Length: 70000\r\n\r\n`)).to.match(/^HTTP\/1.1 413 /);
      // As many bytes as make it too large, and none that would still be on its way when the connection is closed.
      const chunk = `${(65_537).toString(16)}\r\n${"x".repeat(65_537)}`;
      expect(await sendBytes(served.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).to.match(/^HTTP\/1.1 413 /);
    });

    it("a request that is never finished is over after its time, and an idle connection too", async () => {
      await serve({ options: { requestTimeoutMilliseconds: 1_000 } });
      const slow = sendBytes(served.port, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
      const silent = sendBytes(served.port, "GET /x HT");
      await Promise.all([slow, silent]);
    });

    it("more requests of an address than it may send are 429 with their time, in the words of this protocol", async () => {
      await serve({ options: { authors: "any", requestsPerMinute: 2 } });
      for (let sent = 0; sent < 2; sent += 1) expect((await ask("GET", "/x")).status).to.equal(400);
      const refused = await ask("GET", "/x");
      expect(refused.status).to.equal(429);
      expect(Number(refused.headers.get("retry-after"))).to.be.within(1, 60);
      expect(await refused.text()).to.equal('"\\"Too many requests: come back later\\""');
      expect(refused.headers.get("access-control-allow-origin")).to.equal("*");
    });

    it("turns of others: an address that asks much at once leaves places to the next", async () => {
      const begun: string[] = [];
      const ends: (() => void)[] = [];
      const hold = (address: string): Promise<void> => {
        begun.push(address);
        return new Promise((resolve) => ends.push(resolve));
      };
      let sender = "";
      await serve({
        options: { authors: "any", trustProxy: true },
        instead: {
          publicKey: async () => {
            await hold(sender);
            return encodePoint64(G);
          },
        },
      });
      const id = newId();
      const path = `/server/${id}/${alice.sign(id)}`;
      const from = (address: string) => ask("GET", path, { headers: { "x-forwarded-for": address } });
      sender = "flood";
      const flood = Array.from({ length: 12 }, () => from("192.0.2.1"));
      while (begun.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
      sender = "other";
      const other = from("192.0.2.2");
      while (!begun.includes("other")) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(begun.filter((name) => name === "flood")).to.have.lengthOf(8);
      const ending = setInterval(() => {
        for (const end of ends.splice(0)) end();
      }, 5);
      for (const answer of [other, ...flood]) expect((await answer).status).to.equal(200);
      clearInterval(ending);
    });

    it("when it is full, or stops, it says so", async () => {
      await serve({ options: { maxConnections: 1, requestTimeoutMilliseconds: 1_000 } });
      const holder = sendBytes(served.port, "GET /x HT"); // keeps the only place
      await new Promise((resolve) => setTimeout(resolve, 0));
      let answer = "";
      for (let turn = 0; turn < 100 && !answer.startsWith("HTTP/1.1 429"); turn += 1)
        answer = await sendBytes(served.port, "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      expect(answer).to.match(/^HTTP\/1.1 429 Too Many Requests/);
      await holder;
      served.drain();
      const stopping = await ask("GET", "/x");
      expect([stopping.status, await stopping.text()]).to.deep.equal([500, '"\\"Internal error: the key server stops\\""']);
    });
  });
});
