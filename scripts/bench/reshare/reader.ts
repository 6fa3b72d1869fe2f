import http from "node:http";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import type { Cluster } from "@keyquorum/cluster";
import { encodePoint, G, randomScalar } from "@keyquorum/threshold";
import {
  encodeShareRequestBody,
  headerHashOf,
  hexToBytes,
  type KeyId,
  parseAddress,
  shareRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import { hexlify, randomBytes } from "ethers";

const PAUSE_MILLISECONDS = 20;

/** One reader of the one keeper, a request at a time; what is measured is its HTTP request alone. */
export type Reader = {
  readonly enter: (phase: string) => void;
  /** Waits until so many more were answered in this phase. */
  readonly untilMore: (count: number) => Promise<void>;
  /** Milliseconds of each answer, by phase. Throws what failed. */
  readonly stop: () => Promise<ReadonlyMap<string, readonly number[]>>;
};

export const startReader = async (cluster: Cluster, keyId: KeyId): Promise<Reader> => {
  const { chain, deployment } = cluster;
  const [alice, bob] = [chain.account(1), chain.account(2)];
  const client = createClient({ signer: alice, deployment, blobs: createMemoryBlobStore(), cipher: nodeChunkCipher });
  const requester = parseAddress(await bob.getAddress());
  const encrypted = await client.encryptDocument("the well is behind the third oak", { keyId });
  const { header } = encrypted;
  await client.publish(encrypted);
  await client.grant(header.document, requester);
  const domain = { chainId: chain.chainId, shareRequests: parseAddress(deployment.contracts.shareRequests) };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const nextBody = async (): Promise<string> => {
    const request = {
      ...{ document: header.document, headerHash: headerHashOf(header), requester, contextHash: ZERO_HASH },
      readerKey: encodePoint(G.multiply(randomScalar())),
      nonce: hexlify(randomBytes(32)) as typeof ZERO_HASH,
      deadline: BigInt(Math.floor(Date.now() / 1000)) + 300n,
    };
    const { domain: named, types, message } = shareRequestTypedData(domain, request);
    const signature = hexToBytes(await bob.signTypedData(named, types, message));
    return JSON.stringify(encodeShareRequestBody({ header, request, signature }));
  };
  const { url } = cluster.keeper(1);
  const times = new Map<string, number[]>();
  let [phase, isStopped] = ["start", false];
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const [body, began] = [await nextBody(), phase];
      const started = performance.now();
      while ((await askForShare(url, agent, body)) === "later") await pause(PAUSE_MILLISECONDS);
      times.set(began, [...(times.get(began) ?? []), performance.now() - started]);
      await pause(PAUSE_MILLISECONDS);
    }
  };
  const running = loop();
  running.catch(() => undefined); // said by `stop` and `untilMore`
  return {
    enter: (name) => {
      phase = name;
    },
    untilMore: async (count) => {
      const wanted = (times.get(phase)?.length ?? 0) + count;
      while ((times.get(phase)?.length ?? 0) < wanted) await Promise.race([pause(20), running.then(() => pause(20))]);
    },
    stop: async () => {
      isStopped = true;
      await running;
      agent.destroy();
      return times;
    },
  };
};

/** "later": as a client, who asks again where the keeper says that it may; what that takes is of the answer's time. */
const askForShare = (url: string, agent: http.Agent, body: string): Promise<"answered" | "later"> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = http.request(`${url}/v1/share-requests`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve("answered");
        else if (response.statusCode === 503 && (JSON.parse(text) as { readonly retryable?: boolean }).retryable === true) resolve("later");
        else reject(new Error(`not answered: ${response.statusCode} ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
