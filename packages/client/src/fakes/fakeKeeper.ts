import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encryptShare, parsePoint, secureRandom } from "@keyquorum/threshold";
import {
  answerContextOf,
  answerHashOf,
  type ErrorDetails,
  encodeErrorBody,
  encodeShareAnswer,
  hexToBytes,
  KeyquorumError,
  type NodeErrorCode,
  parseShareRequestBody,
  type Receipt,
  receiptDigest,
  type ShareAnswer,
  type SigningDomain,
  shareRequestDigest,
} from "@keyquorum/wire";
import { Wallet } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import type { KeyInfo } from "../keys/keys.ts";
import type { FakeMember } from "./fakeKey.ts";

const dice = rollDice("client/fakes/fakeKeeper");

/** What a fake keeper does with a request. Everything but "refuses" lies, dawdles or breaks down. */
export type Behaviour =
  | { readonly kind: "honest" }
  | {
      readonly kind: "refuses";
      readonly code: NodeErrorCode;
      readonly details?: ErrorDetails;
      /** Answers honestly from this request on. */
      readonly untilRequest?: number;
    }
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly milliseconds: number }
  | { readonly kind: "dribbles"; readonly milliseconds: number }
  | { readonly kind: "stalls" }
  | { readonly kind: "resets" }
  | { readonly kind: "floods" }
  | { readonly kind: "redirects" }
  | { readonly kind: "garbage" }
  | { readonly kind: "lies"; readonly change: (answer: ShareAnswer, member: FakeMember) => Promise<ShareAnswer> | ShareAnswer };

/** An in-process keeper over real HTTP and real cryptography. */
export type FakeKeeper = {
  readonly slot: number;
  readonly url: string;
  readonly requests: () => number;
  readonly stop: () => Promise<void>;
};

export const startFakeKeeper = async (options: {
  readonly member: FakeMember;
  readonly key: KeyInfo;
  readonly domain: SigningDomain;
  readonly behaviour: () => Behaviour;
}): Promise<FakeKeeper> => {
  const { member } = options;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(options, requests, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    slot: member.slot,
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

type Options = Parameters<typeof startFakeKeeper>[0];

const answer = async (options: Options, number: number, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { member } = options;
  const body = await readJson(request);
  const behaviour = options.behaviour();
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  switch (behaviour.kind) {
    case "silent":
      return;
    case "resets":
      request.socket.resetAndDestroy();
      return;
    case "redirects":
      if (request.url === "/elsewhere") return send(200, encodeShareAnswer(await answerHonestly(options, body)));
      response.writeHead(307, { location: "/elsewhere" }).end();
      return;
    case "garbage":
      send(200, { hello: "world" });
      return;
    case "floods": {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write("x".repeat(16_384)), 1);
      response.on("close", () => clearInterval(timer));
      return;
    }
    case "refuses":
      if (behaviour.untilRequest === undefined || number < behaviour.untilRequest) {
        const refusal = encodeErrorBody(new KeyquorumError(behaviour.code, undefined, { details: behaviour.details ?? {} }));
        return send(refusal.status, refusal.body);
      }
      return send(200, encodeShareAnswer(await answerHonestly(options, body)));
    case "honest":
      return send(200, encodeShareAnswer(await answerHonestly(options, body)));
    case "lies":
      return send(200, encodeShareAnswer(await behaviour.change(await answerHonestly(options, body), member)));
    case "slow": {
      const value = encodeShareAnswer(await answerHonestly(options, body));
      const timer = setTimeout(() => send(200, value), behaviour.milliseconds);
      response.on("close", () => clearTimeout(timer));
      return;
    }
    case "stalls":
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
      return;
    case "dribbles": {
      const text = JSON.stringify(encodeShareAnswer(await answerHonestly(options, body)));
      response.writeHead(200, { "content-type": "application/json" });
      let sent = 0;
      const timer = setInterval(() => response.write(text[sent++] ?? " "), behaviour.milliseconds);
      response.on("close", () => clearInterval(timer));
    }
  }
};

const answerHonestly = async ({ member, key, domain }: Options, body: unknown): Promise<ShareAnswer> => {
  const { header, request, epoch } = parseShareRequestBody(body);
  if (epoch !== key.epoch) throw new Error(`asked in epoch ${epoch}`);
  const requestId = shareRequestDigest(domain, request);
  const context = answerContextOf({ headerHash: request.headerHash, requestId, keyId: key.keyId, epoch: key.epoch, slot: member.slot });
  const share = encryptShare({
    share: member.share,
    u: header.ciphertext.u,
    readerKey: parsePoint(request.readerKey),
    context,
    nonceKey: secureRandom(32),
  });
  const receipt: Receipt = {
    requestId,
    document: request.document,
    headerHash: request.headerHash,
    requester: request.requester,
    keyId: key.keyId,
    epoch: key.epoch,
    slot: member.slot,
    finalizedBlock: request.headerHash,
    headBlock: request.headerHash,
    answerHash: answerHashOf(share),
  };
  const { slot, verifyingShare, path } = member;
  return { slot, epoch: key.epoch, verifyingShare, path, answer: share, receipt: signReceipt(domain, receipt, member.identity) };
};

/** A receipt as an identity key signs it. */
export const signReceipt = (domain: SigningDomain, receipt: Receipt, identity: Wallet): ShareAnswer["receipt"] => ({
  receipt,
  signature: hexToBytes(identity.signingKey.sign(receiptDigest(domain, receipt)).serialized),
});

/** An identity that is nobody's. */
export const stranger = (): Wallet => new Wallet(dice.hex(32));

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
};
