import { KeyquorumError } from "@keyquorum/wire";
import { createEgress } from "../../host/createEgress.ts";
import { command, data, exitWith } from "../wat.ts";
import { exited, type Guest, stopped } from "./guest.ts";

const value = () => new TextEncoder().encode("s3cret-value");
const openable = () => ({
  open: ["KEY", "DENIED", "EARLY", "AWAY"],
  openSecret: async (name: string) => {
    if (name === "DENIED") throw new KeyquorumError("ACCESS_DENIED");
    if (name === "EARLY") throw new KeyquorumError("PERMISSION_NOT_FINAL");
    if (name === "AWAY") throw new KeyquorumError("UNAVAILABLE");
    return value();
  },
});
const NAMES = data(512, "KEYDENIEDEARLYAWAYOTHER");
const openName = (at: number, length: number, handle = "(i32.const 0)", size = "(i32.const 4)") =>
  `(call $secretOpen (i32.const ${at}) (i32.const ${length}) ${handle} ${size})`;
const opening = (name: string, at: number, length: number, number: number): Guest => ({
  group: "secrets",
  name,
  module: command(exitWith(openName(at, length)), { more: NAMES }),
  inputs: openable,
  expected: exited(number),
});
const secret = (name: string, body: string, exitCode: number, isTwin = false): Guest => ({
  group: "secrets",
  name,
  module: command(body, { more: NAMES }),
  inputs: openable,
  expected: exited(exitCode),
  ...(isTwin ? { isTwin } : {}),
});

export const SECRET_GUESTS: readonly Guest[] = [
  { ...opening("a granted name", 512, 3, 0), isTwin: true },
  opening("a name beyond the grant", 530, 5, 3),
  opening("a name that is a prefix of a granted one", 512, 2, 3),
  opening("a denied one", 515, 6, 5),
  opening("one that is not final yet", 521, 5, 6),
  opening("one that keepers cannot answer for", 526, 4, 7),
  secret("one name opened twice", `(drop ${openName(512, 3)}) ${exitWith(openName(512, 3))}`, 4),
  secret("a name outside the memory", exitWith(openName(65_530, 10)), 2),
  secret("a result outside the memory", exitWith(openName(512, 3, "(i32.const -2)")), 2),
  secret(
    "a handle that was not given out",
    `(drop ${openName(512, 3)}) ${exitWith("(call $secretRead (i32.const 2) (i32.const 64) (i32.const 12) (i32.const 8))")}`,
    1,
  ),
  secret(
    "a closed handle",
    `(drop ${openName(512, 3)}) (drop (call $secretClose (i32.load (i32.const 0)))) ${exitWith("(call $secretRead (i32.load (i32.const 0)) (i32.const 64) (i32.const 12) (i32.const 8))")}`,
    1,
  ),
  secret(
    "bytes that were read once, once more",
    `(drop ${openName(512, 3)}) (drop (call $secretRead (i32.const 1) (i32.const 64) (i32.const 12) (i32.const 8))) (drop (call $secretRead (i32.const 1) (i32.const 96) (i32.const 12) (i32.const 8))) ${exitWith("(i32.load (i32.const 8))")}`,
    0,
  ),
  secret("its length", `(drop ${openName(512, 3)}) ${exitWith("(i32.load (i32.const 4))")}`, 12, true),
  {
    group: "secrets",
    name: "a million host calls",
    module: command(`(loop $l (drop ${openName(530, 5)}) (br $l))`, { more: NAMES }),
    inputs: openable,
    limits: { hostCalls: 200, cpuMs: 20_000 },
    expected: stopped("hostCalls"),
  },
];

const asking = (name: string, url: string, number: number, inputs?: Guest["inputs"]): Guest => ({
  group: "http",
  name,
  module: command(
    exitWith(`(call $http (i32.const 512) (i32.const ${url.length}) (i32.const 500) (i32.const 2) (i32.const 0) (i32.const 4))`),
    { more: `${data(500, "{}")} ${data(512, url)}` },
  ),
  ...(inputs === undefined ? {} : { inputs }),
  expected: exited(number),
});
const permitted = (url: string) => () => ({ egress: createEgress({ permissions: [url] }) });

/** The other attacks by HTTP need servers: host/createEgress.test.ts. */
export const HTTP_GUESTS: readonly Guest[] = [
  asking("a run without a way to the network", "http://127.0.0.1/", 14),
  asking("the loopback, permitted by the manifest", "http://127.0.0.1:1/", 6, permitted("http://127.0.0.1:1")),
  asking("a cloud's metadata", "http://169.254.169.254/latest/", 6, permitted("http://169.254.169.254")),
  asking("a host whose name begins as the permitted one", "https://api.example.evil/", 6, permitted("https://api.example")),
  asking("a file", "file:///etc/passwd", 9, permitted("https://api.example")),
];

const openPath = (path: string, descriptor = 3, flags = 0, rights = 2) => ({
  module: command(
    exitWith(
      `(call $open (i32.const ${descriptor}) (i32.const 1) (i32.const 512) (i32.const ${path.replace(/\\../g, "x").length}) (i32.const ${flags}) (i64.const ${rights}) (i64.const 0) (i32.const 0) (i32.const 0))`,
    ),
    { more: data(512, path) },
  ),
  inputs: () => ({ secretFiles: [{ name: "key", value: value() }], files: [{ name: "a/b", value: value() }] }),
});

export const PATH_GUESTS: readonly Guest[] = [
  { group: "paths", name: "a given file", ...openPath("a/b"), expected: exited(0), isTwin: true },
  { group: "paths", name: "a secret's file", ...openPath("key", 4), expected: exited(0), isTwin: true },
  { group: "paths", name: ".. out of /tmp", ...openPath("../etc/passwd"), expected: exited(76) },
  { group: "paths", name: ".. after a directory, out", ...openPath("a/../../secrets/key"), expected: exited(76) },
  { group: "paths", name: ".. inside", ...openPath("a/../a/b"), expected: exited(0), isTwin: true },
  { group: "paths", name: "an absolute path", ...openPath("/proc/self/environ"), expected: exited(76) },
  { group: "paths", name: "a NUL in a path", ...openPath("a\\00/b"), expected: exited(25) },
  { group: "paths", name: "bytes that are not UTF-8", ...openPath("\\ff\\fe"), expected: exited(25) },
  { group: "paths", name: "an empty path", ...openPath(""), expected: exited(44) },
  { group: "paths", name: "writing to a secret's file", ...openPath("key", 4, 0, 64), expected: exited(69) },
  { group: "paths", name: "emptying a secret's file", ...openPath("key", 4, 8), expected: exited(69) },
  { group: "paths", name: "a new file beside the secrets", ...openPath("other", 4, 1, 64), expected: exited(69) },
  { group: "paths", name: "a path through a file", ...openPath("a/b/c"), expected: exited(54) },
  { group: "paths", name: "stdin as a directory", ...openPath("x", 0), expected: exited(54) },
  { group: "paths", name: "a descriptor that is not open", ...openPath("x", 77), expected: exited(8) },
];
