import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formIn, formsOf, searchFolder } from "./canary.ts";
import { generateKey, startChain, startKeepers, timed } from "./steps.ts";
import type { Step, Teller } from "./story.ts";
import { addressOf, type Delivery, type Run, runByCommand, runCommand } from "./wasmCommands.ts";
import { runByService, startService } from "./wasmService.ts";
import { buildModules, createWasmWorld, type Person } from "./wasmWorld.ts";
import { need, type World } from "./world.ts";

const [WEATHER, NEXT, BLOCKLESS] = ["weather.wasm", "weather-2.wasm", "blockless.wasm"];
/** What Bob's runner runs, and how each gets its secret. */
const SERVED: Readonly<Record<string, Delivery>> = { [WEATHER]: "open", [NEXT]: "open", [BLOCKLESS]: "env" };

/** A module of the story's folder, by its path. */
const pathOf = (world: World, file: string): string => join(need(world, "wasm").wasm.folder, file);

/** Runs a command that must succeed. */
const done = async (world: World, person: Person, command: readonly string[], stdin = "") => {
  const { value, milliseconds } = await timed(runCommand(world, person, command, { stdin }));
  if (value.code !== undefined) throw new Error(`${command.slice(0, 2).join(" ")}: ${JSON.stringify(value.value)}`);
  return { value: value.value, milliseconds };
};

const build: Step<World> = {
  title: "Three modules are built: one with our guest SDK, its next build, and one with Blockless's SDK",
  run: async (world, { say, check }) => {
    world.wasm = await createWasmWorld(world);
    const { value: built, milliseconds } = await timed(buildModules(world.wasm));
    for (const { file, bytes } of built) say(`${file}, ${bytes.toLocaleString("en")} bytes of AssemblyScript (examples/wasm)`);
    say(`a weather service listens at ${world.wasm.endpoint.url}, for whoever brings Alice's API key`, { milliseconds });
    const refused = await fetch(world.wasm.endpoint.url);
    check("it answers nobody without the key", refused.status === 401);
  },
};

const put: Step<World> = {
  title: "Alice stores her API key and grants it to one module and Bob's runner",
  run: async (world, { say, check }) => {
    const { wasm } = need(world, "wasm");
    const deployed = await done(world, "alice", ["permissions", "deploy", "modules"]);
    say("ModuleGrants is deployed", deployed);
    const grant = ["--module", pathOf(world, WEATHER), "--runner", await addressOf(world, "bob"), "--until", "1h"];
    const { value, milliseconds } = await done(world, "alice", ["secret", "put", "API_KEY", "--stdin", ...grant], wasm.apiKey);
    say(`secret put API_KEY: document ${String(value.document)}, for ${WEATHER} and ${await addressOf(world, "bob")}`, { milliseconds });
    check("the key came from standard input, and nothing printed it", !wasm.printed.some((text) => text.includes(wasm.apiKey)));
  },
};

const serve: Step<World> = {
  title: "Bob's runner starts: it will run three modules, when Alice asks it to",
  run: async (world, { say, check }) => {
    const { value, milliseconds } = await timed(startService(world, SERVED));
    say(`keyquorum-runner: process ${value.pid}, ${value.url}, account ${await addressOf(world, "bob")}`, { milliseconds });
    check("it is ready", (await fetch(`${value.url}/readyz`)).status === 200);
  },
};

/** A run that must reach the service. */
const runOf =
  (file: string, printed: string, isKept = false): Step<World>["run"] =>
  async (world, { say, check }) => {
    const { wasm } = need(world, "wasm");
    const before = wasm.endpoint.answered();
    const { value: run, milliseconds } = await timed(runByService(world, file));
    if (isKept) {
      wasm.record = join(wasm.folder, "run.json");
      await writeFile(wasm.record, JSON.stringify(run.record, undefined, 2));
    }
    const answers = run.record?.secrets[0]?.receipts.answers.length ?? 0;
    say(`Bob's runner: ${answers} keepers answered it for this module; it printed "${run.stdout.trim()}"`, { gas: 0n, milliseconds });
    check(
      `the module ran and printed what the service told it (${run.code ?? `exit code ${run.exitCode}`})`,
      run.stdout === `${printed}: 7 degrees\n`,
    );
    check("the service saw the key once", wasm.endpoint.answered() === before + 1);
    check(`${world.quorum} receipts are in the record`, answers === world.quorum);
  };

/** A run that must not get the key. A module that opens its secret starts, and is told no when it asks; one that has it in its environment does not start. */
const denied = async (world: World, { say, check }: Teller, who: string, run: () => Promise<Run>): Promise<void> => {
  const { wasm } = need(world, "wasm");
  const before = wasm.endpoint.answered();
  const { value, milliseconds } = await timed(run());
  const { code, exitCode, stderr } = value;
  say(`${who}: ${code ?? `the module ran without it: "${stderr.trim()}", exit code ${exitCode}`}`, { gas: 0n, milliseconds });
  const isDenied = code === "ACCESS_DENIED" || (code === undefined && exitCode === 2 && stderr === "no key: 5\n");
  check(`${who}: denied, and the service saw nothing`, isDenied && wasm.endpoint.answered() === before);
};

const runFirst: Step<World> = {
  title: "Bob's runner runs the module: it asks the keepers for the key when it needs it, and uses it",
  run: runOf(WEATHER, "weather, build 1", true),
};

const denyOthers: Step<World> = {
  title: "Another module is denied, and another runner",
  run: async (world, tell) => {
    await denied(world, tell, "Bob's runner with another module", () => runByService(world, BLOCKLESS));
    await denied(world, tell, "Mallory's own runner with Alice's module", () => runByCommand(world, "mallory", WEATHER, "open"));
  },
};

const runBlockless: Step<World> = {
  title: "Alice grants the Blockless build; Bob's runner runs it as it is",
  run: async (world, tell) => {
    const grant = ["--module", pathOf(world, BLOCKLESS), "--runner", await addressOf(world, "bob"), "--until", "1h"];
    tell.say(`secret grant API_KEY for ${BLOCKLESS}`, await done(world, "alice", ["secret", "grant", "API_KEY", ...grant]));
    await runOf(BLOCKLESS, "weather for Blockless")(world, tell);
  },
};

const nextBuild: Step<World> = {
  title: "The next build has nothing, until Alice moves the key to it; then the former one has nothing",
  run: async (world, tell) => {
    await denied(world, tell, "the next build", () => runByService(world, NEXT));
    const move = ["--revoke-module", pathOf(world, WEATHER), "--grant-module", pathOf(world, NEXT)];
    tell.say("secret put --revoke-module --grant-module: one transaction", await done(world, "alice", ["secret", "put", ...move]));
    await runOf(NEXT, "weather, build 2")(world, tell);
    await denied(world, tell, "the former build", () => runByService(world, WEATHER));
  },
};

const revoke: Step<World> = {
  title: "Alice revokes: the next run is denied",
  run: async (world, tell) => {
    tell.say("secret revoke API_KEY --all", await done(world, "alice", ["secret", "revoke", "API_KEY", "--all"]));
    await denied(world, tell, "the next build", () => runByService(world, NEXT));
    await denied(world, tell, "the Blockless build", () => runByService(world, BLOCKLESS));
  },
};

const verify: Step<World> = {
  title: "The record of Bob's first run is verified without a network; a changed one is not",
  run: async (world, { say, check }) => {
    const { wasm } = need(world, "wasm");
    const record = wasm.record ?? "";
    const { value: proved, milliseconds } = await timed(runCommand(world, "alice", ["module", "verify", record], { isOffline: true }));
    const { runner, module, secrets = [] } = proved.value as { runner?: string; module?: string; secrets?: { slots: number[] }[] };
    say(`signed by ${runner}, for module ${module}; keepers ${secrets[0]?.slots.join(", ")} answered`, { milliseconds });
    const isBobs = runner?.toLowerCase() === (await addressOf(world, "bob")).toLowerCase();
    check("it holds, down to the module's hash in what the keepers signed", proved.code === undefined && isBobs && secrets.length === 1);
    const changed = join(wasm.folder, "changed.json");
    await writeFile(changed, (await readFile(record, "utf8")).replace('"exitCode": 0', '"exitCode": 1'));
    const refused = await runCommand(world, "alice", ["module", "verify", changed], { isOffline: true });
    say(`with another exit code: ${refused.code}`);
    check("a changed record is refused", refused.code === "INVALID_RECORD");
  },
};

const searchKey: Step<World> = {
  title: "The key is in no file, log, output, argument or environment",
  run: async (world, { say, check }) => {
    const { wasm, cluster } = need(world, "wasm", "cluster");
    const [forms, controls] = [formsOf(wasm.apiKey), formsOf(wasm.control)];
    const files = searchFolder(world.directory, forms);
    const megabytes = (files.bytes / 1e6).toFixed(1);
    say(`${files.places} files of the story's folder (${megabytes} MB): vaults and logs of the keepers, ciphertexts, manifests, records`);
    const logs = cluster.keepers.map((keeper) => keeper.process().output());
    say(`what ${logs.length} keepers, Bob's runner and the commands of Alice and Mallory printed (${wasm.printed.length} pieces)`);
    say(
      `arguments, environments and open files of the machine's processes: ${wasm.looks.processes.toLocaleString("en")} looked at, also while the module had the key`,
    );
    say(`each for the key ${[...new Set(forms.map(({ name }) => name))].join(", ")}`);
    const printed = formIn(Buffer.from([...wasm.printed, ...logs].join("\n")), forms);
    check("the key is in no file", files.found.length === 0);
    check("nobody printed the key", printed === undefined);
    check("no list of processes showed the key", wasm.looks.found.size === 0);
    const left = searchFolder(world.directory, controls).found;
    check(
      "the search finds what is there: a text that was left in a file and in environments",
      left.length === 1 && wasm.looks.hasFoundControl,
    );
    for (const place of [...files.found, ...wasm.looks.found]) say(`FOUND ${place}`);
  },
};

/** The story of modules, in order. Each step stands on the ones before it. */
export const WASM_STEPS: readonly Step<World>[] = [
  startChain,
  startKeepers,
  generateKey,
  build,
  put,
  serve,
  runFirst,
  denyOthers,
  runBlockless,
  nextBuild,
  revoke,
  verify,
  searchKey,
];
