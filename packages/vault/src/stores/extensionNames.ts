import { VaultError } from "../errors.ts";
import type { FollowerName } from "./types/logs.ts";

const NAME = /^[a-z0-9_-]{1,64}$/;

/** A name that an extension gives itself, a table or a follower. Throws VAULT_VALUE_REFUSED. */
export const requireName = (what: string, name: string): string => {
  if (NAME.test(name)) return name;
  throw new VaultError("VAULT_VALUE_REFUSED", `The name of ${what} must have 1 to 64 characters of a to z, 0 to 9, "-" and "_".`, {
    what,
    length: name.length,
  });
};

/** How a follower is named in its tables: no name has a "/". Throws VAULT_VALUE_REFUSED. */
export const followerIdOf = ({ extension, name }: FollowerName): string =>
  `${requireName("an extension", extension)}/${requireName("a follower", name)}`;
