import { createConnection } from "node:net";
import { type Logger, systemClock } from "@keyquorum/keeper";
import { SecretScalar } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import { bareHex } from "../formats/hexText.ts";
import { signRaw } from "../formats/rawSignature.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import { createKeyServerHttp, type KeyServerHttpParts } from "../keyServer/keyServerHttp.ts";
import { parseKeyServerOptions } from "../keyServer/keyServerOptions.ts";
import type { KeyServerOutcome, KeyServerRoute } from "../keyServer/report.ts";
import { createMemoryKeyServer, type MemoryKeyServer } from "./memoryKeyServer.ts";

/** A key server over HTTP, all of whose keepers are in this process. */
export type ServedKeyServer = {
  readonly url: string;
  readonly port: number;
  readonly keyServer: MemoryKeyServer;
  readonly lines: readonly string[];
  readonly answered: readonly { readonly route: KeyServerRoute; readonly outcome: KeyServerOutcome }[];
  readonly used: readonly number[];
  readonly drain: () => void;
  readonly close: () => Promise<void>;
};

export const DOMAIN = { chainId: 31_337n, registry: `0x${"ab".repeat(20)}` as Address }; // safe: 20 bytes of lower-case hex

export const serveKeyServer = async (settings: {
  readonly name: string;
  readonly members?: number;
  readonly options?: object;
  readonly canRead?: (serverKeyId: string, requester: Address) => boolean | Promise<boolean>;
  /** Instead of the server's own operations. */
  readonly instead?: Partial<KeyServer>;
  readonly parts?: Partial<KeyServerHttpParts>;
}): Promise<ServedKeyServer> => {
  const { bytes: random } = rollDice(settings.name);
  const keyServer = createMemoryKeyServer({ members: settings.members ?? 3, random, canRead: settings.canRead ?? (() => true) });
  const lines: string[] = [];
  const answered: { readonly route: KeyServerRoute; readonly outcome: KeyServerOutcome }[] = [];
  const used: number[] = [];
  const http = createKeyServerHttp({
    options: parseKeyServerOptions({ port: 0, ...settings.options }),
    keyServer: { ...keyServer, ...settings.instead },
    domain: DOMAIN,
    log: lineLogger(lines),
    report: { answered: (answer) => answered.push(answer), quotaUsed: (share) => used.push(share), named: () => undefined },
    clock: systemClock,
    ...settings.parts,
  });
  const url = await http.listen();
  return { url, port: Number(new URL(url).port), keyServer, lines, answered, used, ...{ drain: http.drain, close: http.close } };
};

/** Every line as text, with all that it carries. */
export const lineLogger = (lines: string[]): Logger => {
  const write = (sentence: string, data = {}) => void lines.push(`${sentence} ${JSON.stringify(data)}`);
  const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write, child: () => logger };
  return logger;
};

/** An account of a test: `sign` gives the signature over an id as it stands in a path. */
export const testAccount = (name: string): { readonly secret: SecretScalar; readonly sign: (id: string) => string } => {
  const secret = SecretScalar.fromBytes(
    rollDice(`account ${name}`)
      .bytes(31)
      .reduce((word, byte, i) => word.fill(byte, i + 1, i + 2), new Uint8Array(32)),
  );
  return { secret, sign: (id) => bareHex(signRaw(Uint8Array.from(Buffer.from(id, "hex")), secret)) };
};

/** Sends these bytes and resolves with what came back: until the other side closed, or one whole answer on a connection that it keeps open. */
export const sendBytes = (port: number, text: string, patience = 20_000): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1");
    let got = "";
    const late = setTimeout(() => socket.destroy(new Error(`The other side did not close within ${patience} ms.`)), patience);
    socket.on("data", (part) => {
      got += part.toString("latin1");
      if (isWholeAndKept(got)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(late);
      resolve(got);
    });
    socket.write(text);
  });

const isWholeAndKept = (got: string): boolean => {
  const end = got.indexOf("\r\n\r\n");
  const head = got.slice(0, end + 2);
  const length = /\r\ncontent-length: ([0-9]+)\r\n/i.exec(head)?.[1];
  return end > 0 && length !== undefined && !/\r\nconnection: close\r\n/i.test(head) && got.length >= end + 4 + Number(length);
};
