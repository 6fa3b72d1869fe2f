// Publishes and reads by Energy Web's client: URL AGENT ADDRESS PASSWORD ID DOCUMENT THRESHOLD.
import { createRequire } from "node:module";
import { join } from "node:path";

const { SecretStoreRpcApiClient, SecretStoreSessionClient } = createRequire(join(process.cwd(), "x.js"))("secretstore");
const [server, agent, address, password, id, document, threshold] = process.argv.slice(2);
const [rpc, session] = [new SecretStoreRpcApiClient(agent), new SecretStoreSessionClient(server)];
const hex = (text) => `0x${Buffer.from(text).toString("hex")}`;
const signature = await rpc.signRawHash(address, password, `0x${id}`);
const serverKey = await session.generateServerKey(id, signature, Number(threshold));
const documentKey = await rpc.generateDocumentKey(address, password, serverKey);
const encrypted = await rpc.encrypt(address, password, hex(document), documentKey.encrypted_key);
await session.storeDocumentKey(id, signature, documentKey);
const shadows = await session.shadowRetrieveDocumentKey(id, signature);
const opened = await rpc.shadowDecrypt(address, password, encrypted, shadows);
console.log(Buffer.from(opened.slice(2), "hex").toString());
