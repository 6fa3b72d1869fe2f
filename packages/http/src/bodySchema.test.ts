import { Type } from "@keyquorum/wire";
import { expect } from "chai";
import { bodySchema } from "./bodySchema.ts";
import { createHttpServer, type HttpServer } from "./httpServer.ts";

const Body = Type.Object({
  word: Type.String({ pattern: "^[a-z]+$", maxLength: 4 }),
  numbers: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 2 }),
  inner: Type.Optional(Type.Object({ deep: Type.Boolean() })),
});
const good = { word: "oak", numbers: [1, 2], inner: { deep: true } };

describe("bodySchema", () => {
  let http: HttpServer;
  let url: string;
  before(async () => {
    http = await createHttpServer({
      limits: { host: "127.0.0.1", port: 0, bodyLimitBytes: 1_000, maxConnections: 10, requestTimeoutMilliseconds: 10_000 },
      routes: [
        (server) => void server.post("/ours", bodySchema(Body), (request) => request.body),
        (server) => void server.post("/fastifys", { schema: { body: Body } }, (request) => request.body),
      ],
    });
    url = await http.listen();
  });
  after(() => http.close());
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${url}${path}`, { method: "POST", body, headers: { "content-type": "application/json" } });

  it("lets a body pass as it came", async () => {
    const response = await post("/ours", JSON.stringify(good));
    expect([response.status, await response.json()]).to.deep.equal([200, good]);
  });

  for (const [name, body, field] of [
    ["nothing", "null", "body"],
    ["a list", "[]", "body"],
    ["a missing field", { numbers: [] }, "word"],
    ["a missing field further in", { ...good, inner: {} }, "inner.deep"],
    ["an unknown field", { ...good, "mo re": 1 }, "mo?re"],
    ["a text of other characters", { ...good, word: "CANARY" }, "word"],
    ["a text that is too long", { ...good, word: "canary" }, "word"],
    ["a number as a text, without converting it", { ...good, numbers: ["1"] }, "numbers.0"],
    ["a number out of range", { ...good, numbers: [1, 0] }, "numbers.1"],
    ["a list that is too long", { ...good, numbers: [1, 2, 3] }, "numbers"],
  ] as const)
    it(`refuses ${name} as Fastify's own checker does, names the field and repeats no value`, async () => {
      for (const path of ["/ours", "/fastifys"]) {
        const response = await post(path, typeof body === "string" ? body : JSON.stringify(body));
        const refusal = (await response.json()) as { readonly code: string; readonly details: object };
        expect([response.status, refusal.code, refusal.details], path).to.deep.equal([400, "INVALID_REQUEST", { field }]);
        expect(JSON.stringify(refusal).toLowerCase()).not.to.include("canary");
      }
    });
});
