import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { developmentKey, stopProcess } from "@keyquorum/cluster";
import { compileAssemblyScript } from "../../packages/runner/src/testing/assemblyScript.ts";
import { formsOf, searchProcesses } from "./canary.ts";

/** What the story of modules stands on. */
export type WasmWorld = {
  readonly folder: string;
  /** Alice's API key: secret, and in no file. */
  readonly apiKey: string;
  /** Lies in a file and in environments, so that the search for the key is seen to find what is there. */
  readonly control: string;
  readonly endpoint: Endpoint;
  /** All that the story's processes printed. */
  readonly printed: string[];
  readonly looks: { processes: number; readonly found: Set<string>; hasFoundControl: boolean };
  record?: string;
  /** Bob's `keyquorum-runner`. */
  service?: { readonly process: ChildProcess; readonly url: string };
  readonly close: () => Promise<void>;
};

export type Person = "alice" | "bob" | "mallory";

/** Development accounts of the story's people. */
export const ACCOUNTS: Readonly<Record<Person, number>> = { alice: 1, bob: 2, mallory: 3 };

/** A service that answers whoever brings the key. */
type Endpoint = { readonly host: string; readonly url: string; readonly answered: () => number; readonly close: () => Promise<void> };

const startEndpoint = async (apiKey: string, onRightKey: () => void): Promise<Endpoint> => {
  let answered = 0;
  const server = createServer((request, response) => {
    const isRight = request.headers.authorization === `Bearer ${apiKey}`;
    if (isRight) {
      answered += 1;
      onRightKey(); // now: the module runs, with the key in its memory
    }
    response.writeHead(isRight ? 200 : 401, { "content-type": "text/plain", connection: "close" }).end(isRight ? "7 degrees" : "no key");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
  return {
    ...{ host, url: `http://${host}/v1/oslo`, answered: () => answered },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

const LOOK_MILLISECONDS = 500;
/** A service lets the runs under way end. */
const SERVICE_END_MILLISECONDS = 30_000;

/** The key, the service that takes it, the people's accounts, and eyes on the list of processes. */
export const createWasmWorld = async ({ directory }: { readonly directory: string }): Promise<WasmWorld> => {
  const folder = join(directory, "modules");
  await mkdir(folder);
  const [apiKey, control] = [`sk/demo+${randomBytes(18).toString("base64url")}=`, `control+${randomBytes(18).toString("base64url")}=`];
  await writeFile(join(folder, "control.txt"), Buffer.from(`a text in a file: ${control}`).toString("base64"));
  for (const [person, index] of Object.entries(ACCOUNTS))
    await writeFile(join(folder, `${person}.key`), developmentKey(index), { mode: 0o600 });
  const looks: WasmWorld["looks"] = { processes: 0, found: new Set(), hasFoundControl: false };
  const [forms, controls] = [formsOf(apiKey), formsOf(control)];
  const look = (): void => {
    const { places, found } = searchProcesses(process.pid, forms);
    looks.processes += places;
    for (const place of found) looks.found.add(place);
    looks.hasFoundControl ||= searchProcesses(process.pid, controls).found.some((place) => place.includes("/environ"));
  };
  const looking = setInterval(look, LOOK_MILLISECONDS);
  const endpoint = await startEndpoint(apiKey, look);
  const wasm: WasmWorld = {
    ...{ folder, apiKey, control, endpoint, looks, printed: [] },
    close: async () => {
      clearInterval(looking);
      if (wasm.service !== undefined) await stopProcess(wasm.service.process, SERVICE_END_MILLISECONDS);
      await endpoint.close();
    },
  };
  return wasm;
};

const EXAMPLES = join(import.meta.dirname, "../../examples/wasm");

/** Compiles the modules of examples/wasm, and the next build of one. */
export const buildModules = async ({ folder }: WasmWorld): Promise<readonly { readonly file: string; readonly bytes: number }[]> => {
  const source = await readFile(join(EXAMPLES, "weather.ts"), "utf8");
  const builds = {
    "weather.wasm": { text: source },
    "weather-2.wasm": { text: source.replace("build 1", "build 2") },
    "blockless.wasm": { file: join(EXAMPLES, "weatherBlockless.ts") },
  };
  return Promise.all(
    Object.entries(builds).map(async ([file, build]) => {
      const bytes = await compileAssemblyScript(build);
      await writeFile(join(folder, file), bytes);
      return { file, bytes: bytes.length };
    }),
  );
};
