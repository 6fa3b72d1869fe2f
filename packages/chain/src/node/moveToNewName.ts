import { link, open, rename, rm } from "node:fs/promises";

/** What file systems without hard links answer: FAT and exFAT of sticks and cards, and some that are reached over a network. */
const NO_LINKS: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"];

/**
 * Gives a file a name that nobody has, and takes its own away or leaves it. Unlike a rename, a link refuses a name that somebody else takes even now;
 * where there are no links, the name is taken by an empty file first. Throws EEXIST, and other errors of the system.
 */
export const moveToNewName = async (from: string, to: string, linkFile: typeof link = link): Promise<void> => {
  try {
    await linkFile(from, to);
  } catch (cause) {
    if (!NO_LINKS.includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    await (await open(to, "wx", 0o600)).close();
    try {
      await rename(from, to);
    } catch (error) {
      await rm(to, { force: true });
      throw error;
    }
  }
};
