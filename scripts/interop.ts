// `npm run test:interop`: published clients of Parity Secret Store in other languages, themselves, against the key server's and the agent's own HTTP;
// and accounts of Schnorr keys under the published EntryPoint of ERC-4337. They are installed into .keyquorum/interop at the first use. Who cannot be installed here is skipped, and said so.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { serveKeyServer } from "../packages/parity/src/testing/serveKeyServer.ts";
import { runCommand } from "../test/system/support/runCommand.ts";
import { testEntryPoint } from "./interop/entryPoint.ts";

const FOLDER = join(import.meta.dirname, "..", ".keyquorum", "interop");
const PROGRAMS = join(import.meta.dirname, "interop");
const KEYS = join(
  dirname(createRequire(import.meta.url).resolve("@oceanprotocol/secret-store-client/package.json")),
  "barge/networks/spree/keys",
);
const [ALICE, PASSWORD] = ["0x068ed00cf0441e4829d9784fcbe7b9e26d4bd8d0", "secret"];

type Command = readonly [string, readonly string[]];
type Client = {
  readonly name: string;
  /** A file that is there once it is installed, below its folder. */
  readonly installed: string;
  /** Written before it is installed. */
  readonly files?: Readonly<Record<string, string>>;
  readonly install: readonly Command[];
  readonly program: Command;
};

const pythonClient = (name: string, version: string): Client => ({
  name: `Python: ${name} ${version}`,
  installed: "installed",
  // The client pins a requests of 2018, which no Python of today runs.
  install: [
    ["python3", ["-m", "venv", "."]],
    ["bin/pip", ["install", "--quiet", "--no-deps", `${name}==${version}`]],
    ["bin/pip", ["install", "--quiet", "requests==2.32.5"]],
  ],
  program: ["bin/python3", [join(PROGRAMS, "program.py")]],
});

const MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
/** @param group the artifact's, and the first part of its packages' names */
const javaClient = (group: string, version: string): Client => ({
  name: `Java: ${group} secret-store-client ${version}`,
  installed: "installed",
  files: { "pom.xml": pomOf(group, version) },
  install: [
    ["java", ["-version"]],
    ["mvn", ["--quiet", "--batch-mode", MAVEN, "-DoutputDirectory=lib"]],
  ],
  program: ["java", ["-cp", "lib/*", join(PROGRAMS, "Program.java"), group]],
});
const pomOf = (group: string, version: string): string => `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>interop</groupId>
  <artifactId>interop</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>${group}</groupId>
      <artifactId>secret-store-client</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency><!-- the client's archive has a part of it, and of what it needs -->
      <groupId>commons-httpclient</groupId>
      <artifactId>commons-httpclient</artifactId>
      <version>3.1</version>
    </dependency>
  </dependencies>
</project>
`;

const CLIENTS: readonly Client[] = [
  pythonClient("nevermined-secret-store", "0.1.1"),
  pythonClient("ocean-secret-store-client", "0.0.2"),
  javaClient("com.oceanprotocol", "0.1.4"),
  javaClient("io.keyko", "0.1.0"),
  {
    // GPL: a tool here, and no part of what is published.
    name: "Energy Web: secretstore 1.1.0",
    installed: "installed",
    install: [["npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", ".", "secretstore@1.1.0"]]],
    program: [process.execPath, [join(PROGRAMS, "program.mjs")]],
  },
];

const folderOf = ({ name }: Client): string => join(FOLDER, name.replace(/[^a-z0-9.]+/gi, "-").toLowerCase());

/** Why it cannot be installed here; undefined: it is. */
const install = async (client: Client): Promise<string | undefined> => {
  const cwd = folderOf(client);
  const done = join(cwd, client.installed);
  if (existsSync(done)) return undefined;
  await mkdir(cwd, { recursive: true });
  for (const [name, content] of Object.entries(client.files ?? {})) await writeFile(join(cwd, name), content);
  for (const [command, args] of client.install) {
    const { code, output } = await runCommand(command, args, { cwd }).catch((error: Error) => ({ code: -1, output: error.message }));
    if (code !== 0) return `${command} ${args.slice(0, 2).join(" ")} ended with ${code}: ${output.trim().split("\n").at(-1)}`;
  }
  await writeFile(done, "");
  return undefined;
};

const agent = await createSigningAgent({
  ...{ keys: KEYS, host: "127.0.0.1", port: 0, chainId: 31_337n, version: "interop", clock: systemClock, log: silentLogger },
});
const agentUrl = await agent.listen();
const server = await serveKeyServer({ name: "interop", members: 5 });
let [passed, failed, skipped] = [0, 0, 0];
for (const client of CLIENTS) {
  const why = await install(client);
  if (why !== undefined) {
    skipped += 1;
    console.warn(`SKIPPED: ${client.name} is not run. ${why}`);
    continue;
  }
  for (const threshold of [0, 1, 2]) {
    const document = `a document of ${client.name}, t = ${threshold}`;
    const id = createHash("sha256").update(document).digest("hex");
    const [command, args] = client.program;
    const given = [...args, server.url, agentUrl, ALICE, PASSWORD, id, document, String(threshold)];
    const { code, output } = await runCommand(command, given, { cwd: folderOf(client) });
    const isRight = code === 0 && output.trim().split("\n").at(-1) === document;
    if (isRight) passed += 1;
    else failed += 1;
    console.log(`${isRight ? "\u2713" : "\u2717"} ${client.name}: publishes and reads, t = ${threshold}${isRight ? "" : `\n${output}`}`);
  }
}
await Promise.all([agent.close(), server.close()]);
const entryPoint = await testEntryPoint(FOLDER);
if (entryPoint === "passed") passed += 1;
else if (entryPoint === "failed") failed += 1;
else skipped += 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped.`);
process.exit(failed === 0 ? 0 : 1);
