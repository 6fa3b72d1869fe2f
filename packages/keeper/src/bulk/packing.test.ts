import { backend, INFINITY, type Point, SecretScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import { pack, unpack, wipeBody } from "./packing.ts";

const secret = () => SecretScalar.from(0x5ec2e7n);
const point = backend.mulG(77n);
/** As a port does it: what is transferred is gone here. */
const send = (value: unknown) => {
  const packed = pack(value);
  return { packed, received: structuredClone(packed.body, { transfer: packed.transfer }) };
};
const bytesIn = (value: unknown): readonly Uint8Array[] =>
  value instanceof Uint8Array ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(bytesIn) : [];

describe("what crosses between threads", () => {
  it("arrives as it was: text, integers, bytes, lists, records, maps, points and infinity", () => {
    const value = { a: [1, 2n, "x", undefined, null, true], bytes: new Uint8Array([1, 2]), map: new Map([[3, new Uint8Array([4])]]) };
    expect(unpack(send(value).received).value).to.deep.equal(value);
    const points = unpack(send({ point, sum: backend.add(point, backend.mulG(5n)), none: INFINITY }).received).value as Record<
      string,
      Point
    >;
    expect([points.point?.equals(point), points.sum?.equals(backend.mulG(82n)), points.none?.is0()]).to.deep.equal([true, true, true]);
  });

  it("a secret is moved: no copy of it stays where it was packed, and none in what was unpacked", () => {
    const own = secret();
    const { packed, received } = send({ own, list: [secret()] });
    expect(packed.transfer.map(({ byteLength }) => byteLength)).to.deep.equal([0, 0]);
    expect(bytesIn(packed.body).map(({ length }) => length)).to.deep.equal([0, 0]);
    const { value, secrets } = unpack(received);
    expect(secrets.map((held) => held.reveal())).to.deep.equal([0x5ec2e7n, 0x5ec2e7n]);
    expect((value as { own: SecretScalar }).own).to.equal(secrets[0]);
    for (const bytes of bytesIn(received)) expect(bytes).to.deep.equal(new Uint8Array(32));
    expect(own.reveal()).to.equal(0x5ec2e7n); // its owner erases it
  });

  it("of a pooled buffer goes what was asked for, and nothing that lies beside it", () => {
    const slab = new Uint8Array(64).fill(0x5e);
    const { packed } = send({ part: slab.subarray(8, 16) });
    expect(packed.transfer).to.have.length(1);
    expect(slab).to.deep.equal(new Uint8Array(64).fill(0x5e));
    expect((send({ part: slab.subarray(8, 16) }).received as { part: Uint8Array }).part.buffer.byteLength).to.equal(8);
  });

  it("what is of another kind is refused", () => {
    for (const value of [() => 1, Symbol("x"), new Date(), { "@": "secret" }, [new (class Own {})()]])
      expect(() => pack({ secret: secret(), value })).to.throw(TypeError, "crosses no thread");
  });

  it("when a part is refused, no copy of a secret before it is left", () => {
    const copies: Uint8Array[] = [];
    const own = secret();
    const { from } = Uint8Array;
    Uint8Array.from = ((bytes: Uint8Array) => {
      const copy = from.call(Uint8Array, bytes);
      copies.push(copy as Uint8Array);
      return copy;
    }) as typeof Uint8Array.from;
    try {
      expect(() => pack([own, () => 1])).to.throw(TypeError);
    } finally {
      Uint8Array.from = from;
    }
    expect(copies.length).to.be.greaterThan(0);
    for (const copy of copies) expect(copy).to.deep.equal(new Uint8Array(32));
  });

  it("a secret that is none is refused, and everything that came with it is overwritten", () => {
    const { received } = send([secret(), secret()]);
    const [, second] = received as { bytes: Uint8Array }[];
    second?.bytes.fill(0xff); // above the order
    expect(() => unpack(received)).to.throw();
    for (const bytes of bytesIn(received)) expect(bytes).to.deep.equal(new Uint8Array(32));
  });

  it("what nobody unpacks is overwritten", () => {
    const { received } = send({ map: new Map([[1, secret()]]), list: [secret()] });
    wipeBody(received);
    expect(() => unpack(received)).to.not.throw();
    expect(unpack(received).secrets.map((held) => held.reveal())).to.deep.equal([0n, 0n]);
  });
});
