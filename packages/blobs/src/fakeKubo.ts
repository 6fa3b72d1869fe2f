import type { IncomingMessage, ServerResponse } from "node:http";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { createMemoryBlocks } from "./blockStorage.ts";
import { parseCid } from "./cid.ts";
import { linkedBlocks } from "./createBlobReader.ts";
import { blockKey, toIpldCid } from "./ipldCid.ts";

/** What the fake does not hold is not here: the words are Kubo's. */
const missing = (cid: string): string => `block was not found locally (offline): ipld: could not find ${cid}`;

class KuboFailure extends Error {}

/**
 * Kubo's RPC as https://docs.ipfs.tech/reference/kubo/rpc/ describes it, as far as the store uses it, and as strict: POST only, known arguments
 * only, one multipart file, errors as JSON with status 500, 403 without the authorization. `asked` has every call.
 */
export const createFakeKubo = ({ authorization }: { readonly authorization?: string } = {}) => {
  const blocks = createMemoryBlocks();
  const pins = new Set<string>();
  const asked: string[] = [];

  const held = async (text: string): Promise<Uint8Array> => {
    const bytes = await blocks.get(CID.parse(text), { maxBytes: 2 ** 31 });
    if (bytes === undefined) throw new KuboFailure(missing(text));
    return bytes;
  };

  const commands: Readonly<Record<string, { readonly takes: readonly string[]; readonly run: Run }>> = {
    "block/put": {
      takes: ["cid-codec", "mhtype", "mhlen", "pin", "allow-big-block", "format"],
      run: async (query, request, response) => {
        const form = await readForm(request);
        const parts = [...form.values()];
        const [file] = parts;
        if (parts.length !== 1 || !(file instanceof Blob)) throw new KuboFailure("file argument 'data' is required");
        const bytes = new Uint8Array(await file.arrayBuffer());
        if (bytes.length > 1024 * 1024 && query.get("allow-big-block") !== "true") throw new KuboFailure("produced block is over 1MiB");
        const codec = { raw: 0x55, "dag-pb": 0x70 }[query.get("cid-codec") ?? "raw"];
        if (codec === undefined || query.get("mhtype") !== "sha2-256") throw new KuboFailure("unrecognized codec or hash");
        const cid = CID.createV1(codec, await sha256.digest(bytes));
        await blocks.put(cid, bytes);
        if (query.get("pin") === "true") pins.add(cid.toString());
        sendJson(response, { Key: cid.toString(), Size: bytes.length });
      },
    },
    "block/get": {
      takes: ["arg", "offline", "timeout"],
      run: async (query, _, response) => {
        const bytes = await held(query.get("arg") ?? "");
        response.writeHead(200, { "content-type": "application/vnd.ipld.raw", "x-stream-output": "1" }).end(bytes);
      },
    },
    "block/stat": {
      takes: ["arg", "offline", "timeout"],
      run: async (query, _, response) => sendJson(response, { Key: query.get("arg"), Size: (await held(query.get("arg") ?? "")).length }),
    },
    "pin/add": {
      takes: ["arg", "recursive", "name", "progress", "offline", "timeout"],
      run: async (query, _, response) => {
        const root = parseCid(query.get("arg"));
        for (const block of (await linkedBlocks(blocks, toIpldCid(root))).found) await held(block.toString());
        pins.add(root);
        sendJson(response, { Pins: [root] });
      },
    },
    "pin/rm": {
      takes: ["arg", "recursive"],
      run: async (query, _, response) => {
        const root = query.get("arg") ?? "";
        if (!pins.delete(root)) throw new KuboFailure("not pinned or pinned indirectly");
        sendJson(response, { Pins: [root] });
      },
    },
    "pin/ls": {
      takes: ["arg", "type", "quiet", "name", "stream", "names"],
      run: async (query, _, response) => {
        if (query.get("stream") !== "true") {
          return sendJson(response, { Keys: Object.fromEntries([...pins].map((pin) => [pin, { Type: "recursive" }])) });
        }
        response.writeHead(200, { "content-type": "application/json" });
        for (const pin of pins) response.write(`${JSON.stringify({ Cid: pin, Type: "recursive" })}\n`);
        response.end();
      },
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const url = new URL(request.url ?? "", "http://kubo");
    const name = url.pathname.replace(/^\/api\/v0\//, "");
    asked.push(`${request.method} ${name}${url.search}`);
    if (request.method !== "POST") return response.writeHead(405, { allow: "OPTIONS, POST" }).end("405 - Method Not Allowed");
    if (authorization !== undefined && request.headers.authorization !== authorization) return response.writeHead(403).end("403 Forbidden");
    const command = commands[name];
    if (command === undefined) return response.writeHead(404).end("404 page not found");
    const unknown = [...url.searchParams.keys()].find((key) => !command.takes.includes(key));
    try {
      if (unknown !== undefined) throw new KuboFailure(`unrecognized option: ${unknown}`);
      await command.run(url.searchParams, request, response);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      response
        .writeHead(500, { "content-type": "application/json" })
        .end(JSON.stringify({ Message: error.message, Code: 0, Type: "error" }));
    }
    return undefined;
  };

  /** `ipfs repo gc`: what no pin leads to goes. */
  const collectGarbage = async (): Promise<void> => {
    const wanted = new Set<string>();
    for (const pin of pins) {
      for (const block of (await linkedBlocks(blocks, toIpldCid(parseCid(pin)))).found) wanted.add(blockKey(block));
    }
    for (const key of [...blocks.blocks.keys()]) if (!wanted.has(key)) blocks.blocks.delete(key);
  };
  return { answer, asked, blocks, pins, collectGarbage };
};

type Run = (query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => unknown;

const sendJson = (response: ServerResponse, value: unknown): unknown =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

const readForm = async (request: IncomingMessage): Promise<FormData> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array); // no encoding is set
  return new Response(Buffer.concat(pieces), { headers: { "content-type": request.headers["content-type"] ?? "" } }).formData();
};
