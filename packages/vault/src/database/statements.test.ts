import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { createStatements } from "./statements.ts";

describe("createStatements", () => {
  const prepared: string[] = [];
  let raw: DatabaseSync;
  const prepareCounted = (sql: string) => {
    prepared.push(sql);
    return raw.prepare(sql);
  };
  const counted = () => createStatements({ prepare: prepareCounted } as DatabaseSync, 3); // true: it uses nothing else
  beforeEach(() => {
    raw = new DatabaseSync(":memory:");
    raw.exec("CREATE TABLE one (a INTEGER); INSERT INTO one VALUES (1)");
    prepared.length = 0;
  });
  afterEach(() => raw.close());

  it("prepares a text once, and says whether it answers with rows", () => {
    const prepare = counted();
    expect(prepare("SELECT a FROM one").statement).to.equal(prepare("SELECT a FROM one").statement);
    expect([prepare("SELECT a FROM one").isReader, prepare("DELETE FROM one").isReader]).to.deep.equal([true, false]);
    expect(prepared).to.deep.equal(["SELECT a FROM one", "DELETE FROM one"]);
  });
  it("keeps a bounded number, those that were used last", () => {
    const prepare = counted();
    for (const value of [1, 2, 3, 1, 4]) prepare(`SELECT ${value}`);
    prepared.length = 0;
    for (const value of [1, 3, 4, 2]) prepare(`SELECT ${value}`);
    expect(prepared).to.deep.equal(["SELECT 2"]);
  });
  it("forgets all where the schema changes: none has columns of before", () => {
    const prepare = counted();
    expect(prepare("SELECT * FROM one").statement.all()).to.deep.equal([{ __proto__: null, a: 1 }]);
    prepare("ALTER TABLE one ADD COLUMN b INTEGER DEFAULT 2").statement.run();
    expect(prepare("SELECT * FROM one").statement.all()).to.deep.equal([{ __proto__: null, a: 1, b: 2 }]);
    expect(prepared.length).to.equal(3);
  });
});
