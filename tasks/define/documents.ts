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
    .addOption({ name: "permissions", description: "Permissions contract that decides who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "versionOf", description: "Publish the file as a further version of this document", ...optional })
    .addFlag({ name: "publicMetadata", description: "Make name, media type and size public" })
    .addFlag({ name: "encrypted", description: "The file is a ciphertext written by document encrypt" })
    .setAction(() => import("../document/publish.ts"))
    .build(),
  verb(["document", "list"], "Lists published documents, the newest first")
    .addOption({ name: "owner", description: "Only documents of this account", ...optional })
    .addOption({ name: "limit", description: "Maximum number", type: ArgumentType.INT, defaultValue: 50 })
    .setAction(() => import("../document/list.ts"))
    .build(),
  verb(["document", "get"], "Reads a document: asks the keepers, combines their shares, decrypts")
    .addPositionalArgument({ name: "document", description: "Its id, the CID of its ciphertext, a card (.json), or a file of ciphertext" })
    .addOption({
      name: "out",
      description: "File to write, or - for the terminal (default: document-ID; text goes to the terminal)",
      ...optional,
    })
    .addFlag({ name: "onChain", description: "Request by a transaction instead of HTTP" })
    .addFlag({
      name: "optimistic",
      description: "Request by a transaction whose answers are verified only when challenged, which costs less gas",
    })
    .addOption({
      name: "session",
      description: "File of a session (from session open) to read with, instead of the account's signature",
      ...optional,
    })
    .addOption({ name: "range", description: "Read only these bytes: OFFSET:LENGTH, or OFFSET: up to the end", ...optional })
    .addOption({
      name: "gateway",
      description:
        "URLs of trustless gateways, separated by commas, for ciphertext that is not in the store: https://ipfs.example.com,http://127.0.0.1:8080",
      ...optional,
    })
    .addFlag({
      name: "privateGateway",
      description: "Allow gateways with plain http or in a private network (this machine's own is always allowed)",
    })
    .addOption({ name: "receipts", description: "File to write the keepers' signed receipts to", ...optional })
    .addOption({ name: "evidence", description: "Folder to write evidence of wrong answers to", ...optional })
    .addOption({ name: "number", description: "Version (default: the newest)", ...optional })
    .addFlag({ name: "replace", description: "Overwrite an existing file" })
    .addOption({ name: "timeout", description: "Seconds before giving up", ...optional })
    .setAction(() => import("../document/get.ts"))
    .build(),
  verb(["document", "describe"], "Shows what a ciphertext is and who owns it, without asking keepers")
    .addPositionalArgument({ name: "document", description: "Its id, the CID of its ciphertext, a card (.json), or a file of ciphertext" })
    .addOption({ name: "number", description: "Version (default: the current one)", ...optional })
    .addOption({
      name: "gateway",
      description:
        "URLs of trustless gateways, separated by commas, for ciphertext that is not in the store: https://ipfs.example.com,http://127.0.0.1:8080",
      ...optional,
    })
    .addFlag({
      name: "privateGateway",
      description: "Allow gateways with plain http or in a private network (this machine's own is always allowed)",
    })
    .setAction(() => import("../document/describe.ts"))
    .build(),
  verb(["document", "versions"], "Lists a document's versions, the newest first")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .setAction(() => import("../document/versions.ts"))
    .build(),
  verb(["document", "rollback"], "Chooses the version that readers get by default; 0 is the newest")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "number", description: "The version" })
    .setAction(() => import("../document/rollback.ts"))
    .build(),
  verb(["document", "withdraw"], "Withdraws a version permanently")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "number", description: "The version" })
    .setAction(() => import("../document/withdraw.ts"))
    .build(),
  verb(["document", "delete"], "Withdraws all versions, revokes all grants and removes the ciphertexts from the store")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addOption({ name: "cids", description: "For an unpublished document: the CIDs of its ciphertexts, separated by commas", ...optional })
    .addFlag({ name: "yes", description: "Confirm the deletion" })
    .setAction(() => import("../document/delete.ts"))
    .build(),
  verb(["document", "encrypt"], "Encrypts a file with a key's public data: no chain, no network")
    .addPositionalArgument({ name: "file", description: "The file" })
    .addOption({ name: "keyData", description: "File that key export wrote", type: ArgumentType.STRING, defaultValue: "key.json" })
    .addOption({ name: "owner", description: "The document's owner: only this account can publish it or sign for it", ...optional })
    .addOption({ name: "out", description: "File to write (default: FILE.kqe)", ...optional })
    .addOption({ name: "name", description: "Name that readers see (default: the file's own)", ...optional })
    .addOption({ name: "mediaType", description: "Media type that readers see", ...optional })
    .addOption({ name: "permissions", description: "Permissions contract that decides who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "salt", description: "32 bytes as hex, from which the document's id is derived (default: random)", ...optional })
    .addFlag({ name: "publicMetadata", description: "Make name, media type and size public" })
    .addFlag({ name: "replace", description: "Overwrite an existing file" })
    .setAction(() => import("../document/encrypt.ts"))
    .build(),
  verb(["document", "sign"], "Stores a ciphertext and signs that it belongs to the account: a document without gas")
    .addPositionalArgument({ name: "file", description: "File that document encrypt wrote" })
    .addOption({ name: "out", description: "File to write the card to (default: FILE.json)", ...optional })
    .addFlag({ name: "replace", description: "Overwrite an existing card" })
    .setAction(() => import("../document/sign.ts"))
    .build(),
  verb(["document", "upload"], "Copies a stored ciphertext to an IPFS node; continues an interrupted copy")
    .addPositionalArgument({ name: "cid", description: "The ciphertext's CID" })
    .addOption({ name: "kubo", description: "URL of the node's RPC", type: ArgumentType.STRING, defaultValue: "http://127.0.0.1:5001" })
    .addOption({ name: "kuboAuthorization", description: 'File with "Bearer TOKEN" or "Basic TOKEN"', ...optional })
    .setAction(() => import("../document/upload.ts"))
    .build(),
  verb(["document", "export"], "Writes a stored ciphertext as a CAR file")
    .addPositionalArgument({ name: "cid", description: "The ciphertext's CID" })
    .addPositionalArgument({ name: "file", description: "File to write" })
    .addFlag({ name: "replace", description: "Overwrite an existing file" })
    .setAction(() => import("../document/export.ts"))
    .build(),
  verb(["document", "import"], "Adds the ciphertexts of a CAR file to the store and verifies each block")
    .addPositionalArgument({ name: "file", description: "The CAR file" })
    .setAction(() => import("../document/import.ts"))
    .build(),
];
