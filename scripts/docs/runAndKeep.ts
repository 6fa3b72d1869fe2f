import { spawn } from "node:child_process";

/** Runs one of the scripts, shows what it prints and gives it back. Throws when it fails: a page is never made of a failed run. */
export const runAndKeep = async (script: string, ...args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const printed: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => {
    printed.push(data);
    process.stdout.write(data);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${code}: the page was not written.`);
  return Buffer.concat(printed).toString("utf8").trim();
};
