import type { IModuleGrants } from "@keyquorum/bindings/policies";
import type { PublishedDocument } from "@keyquorum/client";
import type { KeyId } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { bookAddress, bookOf, connectBook } from "./book.ts";
import type { NamedSecret } from "./secretOf.ts";

/** Encrypts a value and publishes it as the secret's next version, the first one under the book. Never shows it. */
export const publishValue = async (
  context: TaskContext,
  { name, salt, document }: NamedSecret,
  options: {
    readonly value: Uint8Array;
    readonly keyId?: KeyId | undefined;
    readonly isNamePrivate: boolean;
    /** Where the book is: --grants. */
    readonly grants: string | undefined;
  },
): Promise<{ readonly published: PublishedDocument; readonly book: IModuleGrants }> => {
  const { terminal, signal } = context;
  const { signer, contracts } = await context.signing();
  const isThere = BigInt((await contracts.documentRegistry.documentOf(document)).owner) !== 0n;
  const book = isThere ? await bookOf(context, document) : await connectBook(await bookAddress(context, options.grants), signer);
  const client = await context.client({ signs: true });
  try {
    const encrypted = await client.encryptDocument(options.value, {
      ...(isThere ? { versionOf: document } : { salt, permissions: (await book.getAddress()).toLowerCase() as `0x${string}` }),
      ...(options.isNamePrivate ? {} : { name, publicMetadata: true }),
      ...(options.keyId === undefined ? {} : { keyId: options.keyId }),
      signal,
    });
    const published = await client.publish(encrypted, { signal });
    terminal.print(`${name} is kept, version ${published.version}: document ${published.document}.`);
    return { published, book };
  } finally {
    options.value.fill(0);
  }
};
