import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formIn, formsOf, searchFolder } from "./canary.ts";
import { generateKey, startChain, startKeepers, timed } from "./steps.ts";
import type { Step } from "./story.ts";
import { addressOf, type Delivery, runCommand, runModuleAs } from "./wasmCommands.ts";
import { buildModules, createWasmWorld, type Person } from "./wasmWorld.ts";
import { need, type World } from "./world.ts";

const [WEATHER, NEXT, BLOCKLESS] = ["weather.wasm", "weather-2.wasm", "blockless.wasm"];

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

/** Bob's run that must reach the service. */
const runOf =
  (file: string, as: Delivery, printed: string, isRecorded = false): Step<World>["run"] =>
  async (world, { say, check }) => {
    const { wasm } = need(world, "wasm");
    const before = wasm.endpoint.answered();
    const record = isRecorded ? join(wasm.folder, "run.json") : undefined;
    const { value: run, milliseconds } = await timed(runModuleAs(world, "bob", file, { as, ...(record === undefined ? {} : { record }) }));
    if (record !== undefined) wasm.record = record;
    const answers = run.record?.secrets[0]?.receipts.answers.length ?? 0;
    say(`Bob's runner: ${answers} keepers answered it for this module; it printed "${run.stdout.trim()}"`, { gas: 0n, milliseconds });
    check(`the module ran and printed what the service told it (exit code ${run.exitCode})`, run.stdout === `${printed}: 7 degrees\n`);
    check("the service saw the key once", wasm.endpoint.answered() === before + 1);
    check(`${world.quorum} receipts are in the record`, answers === world.quorum);
  };

/** A run that must not get the key. With `open` the module starts and is told no when it asks; with `env` it does not start. */
const deniedOf = async (
  world: World,
  { say, check }: Parameters<Step<World>["run"]>[1],
  [who, person, file, as]: readonly [string, Person, string, Delivery],
): Promise<void> => {
  const { wasm } = need(world, "wasm");
  const before = wasm.endpoint.answered();
  const { value: run, milliseconds } = await timed(runModuleAs(world, person, file, { as }));
  say(`${who}: ${run.code ?? `the module ran without it: "${run.stderr.trim()}", exit code ${run.exitCode}`}`, { gas: 0n, milliseconds });
  const isDenied = as === "env" ? run.code === "ACCESS_DENIED" : run.exitCode === 2 && run.stderr === "no key: 5\n";
  check(`${who}: denied, and the service saw nothing`, isDenied && wasm.endpoint.answered() === before);
};

const runFirst: Step<World> = {
  title: "Bob's runner runs the module: it asks the keepers for the key when it needs it, and uses it",
  run: runOf(WEATHER, "open", "weather, build 1", true),
};

const denyOthers: Step<World> = {
  title: "Another module is denied, and another runner",
  run: async (world, tell) => {
    await deniedOf(world, tell, ["Bob with another module", "bob", BLOCKLESS, "env"]);
    await deniedOf(world, tell, ["Mallory with Alice's module", "mallory", WEATHER, "open"]);
  },
};

const runBlockless: Step<World> = {
  title: "Alice grants the Blockless build; Bob's runner runs it as it is",
  run: async (world, tell) => {
    const grant = ["--module", pathOf(world, BLOCKLESS), "--runner", await addressOf(world, "bob"), "--until", "1h"];
    tell.say(`secret grant API_KEY for ${BLOCKLESS}`, await done(world, "alice", ["secret", "grant", "API_KEY", ...grant]));
    await runOf(BLOCKLESS, "env", "weather for Blockless")(world, tell);
  },
};

const nextBuild: Step<World> = {
  title: "The next build has nothing, until Alice moves the key to it; then the former one has nothing",
  run: async (world, tell) => {
    await deniedOf(world, tell, ["Bob with the next build", "bob", NEXT, "open"]);
    const move = ["--revoke-module", pathOf(world, WEATHER), "--grant-module", pathOf(world, NEXT)];
    tell.say("secret put --revoke-module --grant-module: one transaction", await done(world, "alice", ["secret", "put", ...move]));
    await runOf(NEXT, "open", "weather, build 2")(world, tell);
    await deniedOf(world, tell, ["Bob with the former build", "bob", WEATHER, "open"]);
  },
};

const revoke: Step<World> = {
  title: "Alice revokes: the next run is denied",
  run: async (world, tell) => {
    tell.say("secret revoke API_KEY --all", await done(world, "alice", ["secret", "revoke", "API_KEY", "--all"]));
    await deniedOf(world, tell, ["Bob with the next build", "bob", NEXT, "open"]);
    await deniedOf(world, tell, ["Bob with the Blockless build", "bob", BLOCKLESS, "env"]);
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
    say(`what ${wasm.printed.length / 2} commands and ${logs.length} keepers printed`);
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
  runFirst,
  denyOthers,
  runBlockless,
  nextBuild,
  revoke,
  verify,
  searchKey,
];
