import type { Address, DocumentId, Hash32 } from "@keyquorum/wire";
import type { RunLimits } from "../run/limits.ts";

/** How a module gets a secret: as a value of its environment, as a file under /secrets, or when it opens it. */
export type SecretDelivery =
  | { readonly as: "env"; readonly variable: string }
  | { readonly as: "file"; readonly path: string }
  | { readonly as: "open" };

/** A secret that a run asks for: an owner's name, or a document where the name is private. */
export type WantedSecret = {
  readonly name: string;
  readonly source: { readonly owner: Address } | { readonly document: DocumentId };
  /** Default: the version that readers get. */
  readonly version?: number;
  readonly delivery: SecretDelivery;
};

/** What is run: bytes in a file or in a store, and the hash that they must have. */
export type WantedModule = { readonly file?: string; readonly cid?: string; readonly hash?: Hash32 };

/** What a run is to be: `keyquorum.toml`, or what a `bls.toml` or `manifest.json` says of it. */
export type Manifest = {
  readonly module: WantedModule;
  readonly secrets: readonly WantedSecret[];
  /** Without the program's name. */
  readonly args: readonly string[];
  readonly limits: Partial<RunLimits>;
  /** URL prefixes that the module may ask. */
  readonly permissions: readonly string[];
  /** Fields of a Blockless file that play no part here, as they are written there. */
  readonly notUsed: readonly string[];
};
