import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, verb } from "./verb.ts";

export const documents = [
  emptyTask(["keyquorum", "document"], "Encrypted documents").build(),
  verb(["document", "publish"], "Encrypts a file, stores the ciphertext and publishes it")
    .addPositionalArgument({ name: "file", description: "The file" })
    .addOption({ name: "key", description: "Id of the key (default: the newest active one)", ...optional })
    .addOption({ name: "name", description: "Name that readers see (default: the file's own)", ...optional })
    .addOption({ name: "mediaType", description: "Media type that readers see", ...optional })
    .addOption({ name: "permissions", description: "Contract that says who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "versionOf", description: "Document of which this is a further version", ...optional })
    .addFlag({ name: "publicMetadata", description: "Show name, media type and size to everybody" })
    .addFlag({ name: "encrypted", description: "The file is a ciphertext that document encrypt wrote" })
    .setAction(() => import("../document/publish.ts"))
    .build(),
  verb(["document", "list"], "Lists published documents, the newest first")
    .addOption({ name: "owner", description: "Only this account's", ...optional })
    .addOption({ name: "limit", description: "How many at most", type: ArgumentType.INT, defaultValue: 50 })
    .setAction(() => import("../document/list.ts"))
    .build(),
  verb(["document", "get"], "Reads a document: asks the keepers, combines their shares, decrypts")
    .addPositionalArgument({ name: "document", description: "Its id, the CID of its ciphertext, a card (.json), or a file of ciphertext" })
    .addOption({
      name: "out",
      description: "File to write, - for the terminal (default: document-ID; texts go to the terminal)",
      ...optional,
    })
    .addFlag({ name: "onChain", description: "Ask by a transaction instead of HTTP" })
    .addFlag({
      name: "optimistic",
      description: "Ask by a transaction whose answers are verified only when challenged: less gas",
    })
    .addOption({
      name: "session",
      description: "Read under the session of this file (session open) instead of asking the account",
      ...optional,
    })
    .addOption({ name: "range", description: "Only these bytes: OFFSET:LENGTH, or OFFSET: for all that follows", ...optional })
    .addOption({
      name: "gateway",
      description: "URLs of trustless gateways for ciphertext that is not in the store: https://ipfs.example.com,http://127.0.0.1:8080",
      ...optional,
    })
    .addFlag({ name: "privateGateway", description: "The gateways may be plain http or in a private network (this machine's always may)" })
    .addOption({ name: "receipts", description: "File for what the keepers signed", ...optional })
    .addOption({ name: "evidence", description: "Folder for what convicts keepers of wrong answers", ...optional })
    .addOption({ name: "number", description: "Version (default: the newest)", ...optional })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .addOption({ name: "timeout", description: "Seconds until it is given up", ...optional })
    .setAction(() => import("../document/get.ts"))
    .build(),
  verb(["document", "describe"], "Says what a ciphertext is and whose, without asking keepers")
    .addPositionalArgument({ name: "document", description: "Its id, the CID of its ciphertext, a card (.json), or a file of ciphertext" })
    .addOption({ name: "number", description: "Version (default: the current one)", ...optional })
    .addOption({
      name: "gateway",
      description: "URLs of trustless gateways for ciphertext that is not in the store: https://ipfs.example.com,http://127.0.0.1:8080",
      ...optional,
    })
    .addFlag({ name: "privateGateway", description: "The gateways may be plain http or in a private network (this machine's always may)" })
    .setAction(() => import("../document/describe.ts"))
    .build(),
  verb(["document", "versions"], "Lists a document's versions, the newest first")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .setAction(() => import("../document/versions.ts"))
    .build(),
  verb(["document", "rollback"], "Chooses the version that readers get by default; 0: the newest")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "number", description: "The version" })
    .setAction(() => import("../document/rollback.ts"))
    .build(),
  verb(["document", "withdraw"], "Withdraws a version for good")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "number", description: "The version" })
    .setAction(() => import("../document/withdraw.ts"))
    .build(),
  verb(["document", "delete"], "Withdraws all versions, revokes all grants and removes the ciphertexts from the store")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addOption({ name: "cids", description: "Of a document that is not published: its ciphertexts, with commas between", ...optional })
    .addFlag({ name: "yes", description: "Do it" })
    .setAction(() => import("../document/delete.ts"))
    .build(),
  verb(["document", "encrypt"], "Encrypts a file with a key's public data: no chain, no network")
    .addPositionalArgument({ name: "file", description: "The file" })
    .addOption({ name: "keyData", description: "What key export wrote", type: ArgumentType.STRING, defaultValue: "key.json" })
    .addOption({ name: "owner", description: "Who owns the document: only this account can publish it or sign for it", ...optional })
    .addOption({ name: "out", description: "File to write (default: FILE.kqe)", ...optional })
    .addOption({ name: "name", description: "Name that readers see (default: the file's own)", ...optional })
    .addOption({ name: "mediaType", description: "Media type that readers see", ...optional })
    .addOption({ name: "permissions", description: "Contract that says who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "salt", description: "32 bytes as hex that make the document's id (default: random)", ...optional })
    .addFlag({ name: "publicMetadata", description: "Show name, media type and size to everybody" })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .setAction(() => import("../document/encrypt.ts"))
    .build(),
  verb(["document", "sign"], "Stores a ciphertext and signs that it is the account's: a document without gas")
    .addPositionalArgument({ name: "file", description: "What document encrypt wrote" })
    .addOption({ name: "out", description: "The card to write (default: FILE.json)", ...optional })
    .addFlag({ name: "replace", description: "Write over the card if it is there" })
    .setAction(() => import("../document/sign.ts"))
    .build(),
  verb(["document", "upload"], "Copies a stored ciphertext to an IPFS node; continues where it stopped")
    .addPositionalArgument({ name: "cid", description: "The ciphertext's CID" })
    .addOption({ name: "kubo", description: "URL of the node's RPC", type: ArgumentType.STRING, defaultValue: "http://127.0.0.1:5001" })
    .addOption({ name: "kuboAuthorization", description: 'File with "Bearer TOKEN" or "Basic TOKEN"', ...optional })
    .setAction(() => import("../document/upload.ts"))
    .build(),
  verb(["document", "export"], "Writes a stored ciphertext as a CAR file")
    .addPositionalArgument({ name: "cid", description: "The ciphertext's CID" })
    .addPositionalArgument({ name: "file", description: "File to write" })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .setAction(() => import("../document/export.ts"))
    .build(),
  verb(["document", "import"], "Adds the ciphertexts of a CAR file to the store, each block verified")
    .addPositionalArgument({ name: "file", description: "The CAR file" })
    .setAction(() => import("../document/import.ts"))
    .build(),
];
