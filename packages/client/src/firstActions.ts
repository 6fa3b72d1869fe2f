// What `createClient` has at once: encrypting, reading by HTTP, and what both look up. The other methods are in laterMethods.ts.
export { decryptDocument, decryptRange } from "./documents/decrypt.ts";
export { defaultKey, keepersOf, keyInfo } from "./keys/activeKeys.ts";
export { encryptDocument } from "./publish/encryptFor.ts";
export { requestOffChain } from "./read/retrieve.ts";
export { address } from "./wallets/address.ts";
