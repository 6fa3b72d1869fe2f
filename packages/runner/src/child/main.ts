// The child: one module, one run. It waits for the runner's frames, compiles, runs, says how it ended, and waits to be killed.
import { setFlagsFromString } from "node:v8";
import { END_BYTES, ENDINGS, FROM_CHILD, type InputNames, type Setup, splitParts, TO_CHILD } from "./frames.ts";
import { askRunnerUpTo } from "./hostCalls.ts";
import { createOutput } from "./output.ts";
import { leave, receive, send } from "./pipe.ts";
import { type Ending, type Inputs, runGuest } from "./runGuest.ts";
import { type Module, webAssembly } from "./webAssembly.ts";

const text = new TextDecoder();

const end = ({ kind, code, fuel = 0n }: Ending): never => {
  const payload = new Uint8Array(END_BYTES);
  const view = new DataView(payload.buffer);
  view.setUint8(0, kind);
  view.setInt32(1, code, true);
  view.setBigUint64(5, fuel, true);
  send(FROM_CHILD.end, payload);
  receive(0); // the runner reads what was used, then it kills
  return leave();
};

const compile = (bytes: Uint8Array): Module => {
  try {
    return new webAssembly.Module(bytes);
  } catch {
    return end({ kind: ENDINGS.notCompiled, code: 0 });
  }
};

const readInputs = (payload: Uint8Array): Inputs => {
  const [head, stdin, ...values] = splitParts(payload) ?? [];
  if (head === undefined || stdin === undefined) return leave();
  const names = JSON.parse(text.decode(head)) as InputNames;
  const [env, secretFiles] = [names.env.length, names.secretFiles.length];
  return {
    names,
    stdin,
    env: values.slice(0, env),
    secretFiles: values.slice(env, env + secretFiles),
    files: values.slice(env + secretFiles),
  };
};

send(FROM_CHILD.ready, new Uint8Array(0));
const setup = JSON.parse(text.decode(receive(TO_CHILD.setup))) as Setup;
setFlagsFromString(`--wasm-max-mem-pages=${setup.memoryPages}`); // read at each growth; Node's own modules have started by now
const module = compile(receive(TO_CHILD.module));
send(FROM_CHILD.compiled, new Uint8Array(0));
const inputs = readInputs(receive(TO_CHILD.inputs));
const stdout = createOutput({ limit: setup.stdoutBytes, name: "stdout", send: (bytes) => send(FROM_CHILD.stdout, bytes) });
const stderr = createOutput({ limit: setup.stderrBytes, name: "stderr", send: (bytes) => send(FROM_CHILD.stderr, bytes) });
const ending = runGuest(module, {
  setup,
  inputs,
  output: { stdout: stdout.write, stderr: stderr.write },
  askRunner: askRunnerUpTo(setup.hostCalls),
});
stdout.flush();
stderr.flush();
end(ending);
