// Run as a program by a test: forbids every way out of this process, shows that it is forbidden, and encrypts. argv: key file, owner, content.
// Prints JSON: what asking the network threw, and the envelope and header's hash.
import dns from "node:dns";
import net from "node:net";
import { encryptOffline, parseKeyFile } from "../index.ts";

const forbid = (): never => {
  throw new Error("NETWORK FORBIDDEN");
};
net.Socket.prototype.connect = forbid;
dns.lookup = forbid as unknown as typeof dns.lookup;
const reachable = await globalThis.fetch("http://127.0.0.1:8545/").then(
  () => "reached",
  (error: unknown) => String((error as { cause?: unknown }).cause ?? error),
);
globalThis.fetch = forbid;
globalThis.WebSocket = forbid as unknown as typeof WebSocket;

const [keyFile = "", owner = "", content = ""] = process.argv.slice(2);
const encrypted = encryptOffline(content, parseKeyFile(JSON.parse(keyFile)), { owner, name: "offline.txt", publicMetadata: true });
const pieces: Uint8Array[] = [];
for await (const piece of encrypted.envelope) pieces.push(piece);
console.log(JSON.stringify({ reachable, headerHash: encrypted.headerHash, envelope: Buffer.concat(pieces).toString("hex") }));
