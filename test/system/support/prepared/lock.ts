import { readFile, rm, writeFile } from "node:fs/promises";

const PAUSE_MILLISECONDS = 100;

/** Does work while no other process does work under the same file. A lock whose process has ended is taken over. */
export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  while (!(await take(file))) {
    if (!(await isHeld(file))) await rm(file, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};

const take = async (file: string): Promise<boolean> => {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/** An empty file is one that is being written. */
const isHeld = async (file: string): Promise<boolean> => {
  const text = await readFile(file, "utf8").catch(() => "");
  if (text === "") return true;
  try {
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
