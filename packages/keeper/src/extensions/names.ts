/** Of an extension, and of what it names itself. As the vault takes names. */
export const NAME = /^[a-z0-9_-]{1,64}$/;

/** What an extension's nonces and agreed keys are for. */
export const purposeOf = (extension: string): `extension:${string}` => `extension:${extension}`;

/** Names of an extension among those of the keeper: of a kind of work or transaction, a reason. No name of the keeper's has a "/". */
export const ownName = (extension: string, name: string): `${string}/${string}` => `${extension}/${name}`;
