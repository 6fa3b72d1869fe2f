import { expect } from "chai";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { isPublicAddress } from "./publicAddress.ts";

type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** The lists behind the library's `range()`, which its types leave out: one network or several under a name. */
const specialNetworks = (address: ipaddr.IPv4 | ipaddr.IPv6): readonly Network[] =>
  Object.values((address as unknown as { readonly SpecialRanges: Record<string, Network | readonly Network[]> }).SpecialRanges).flatMap(
    (listed) => (typeof listed[1] === "number" ? [listed as Network] : (listed as readonly Network[])),
  );

const textOf = (address: bigint, bytes: number): string =>
  ipaddr.fromByteArray([...Buffer.from(address.toString(16).padStart(bytes * 2, "0"), "hex")]).toString();

describe("An address", () => {
  const publicOnes = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.169.0.1 223.255.255.255".split(" ");
  const privateOnes = [
    ..."0.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254".split(" "),
    ..."172.16.0.1 172.31.255.255 192.168.1.1 192.0.0.8 198.18.0.1 198.19.255.255 203.0.113.7 224.0.0.1 240.0.0.1 255.255.255.255".split(
      " ",
    ),
  ];
  for (const address of [...publicOnes, "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::", "3fff:1000::1"]) {
    it(`when it is ${address}, it should be public`, () => expect(isPublicAddress(address)).to.equal(true));
  }
  for (const address of [...privateOnes, "::", "::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"]) {
    it(`when it is ${address}, it should not be public`, () => expect(isPublicAddress(address)).to.equal(false));
  }
  for (const address of ["2001::1", "2001:db8::1", "2001:1ff::1", "2002:7f00:1::", "3fff::1", "100::1", "5f00::1", "64:ff9b:1::1"]) {
    it(`when it is ${address}, it should not be public`, () => expect(isPublicAddress(address)).to.equal(false));
  }
  it("when it is IPv4 in IPv6's clothes, it should be what the IPv4 address is", () => {
    for (const prefix of ["::ffff:", "0:0:0:0:0:ffff:", "64:ff9b::"]) {
      for (const address of publicOnes) expect(isPublicAddress(prefix + address), prefix + address).to.equal(true);
      for (const address of privateOnes) expect(isPublicAddress(prefix + address), prefix + address).to.equal(false);
    }
    expect(isPublicAddress("::ffff:7f00:1")).to.equal(false);
    expect(isPublicAddress("::ffff:101:101")).to.equal(true);
    expect(isPublicAddress("::1.1.1.1")).to.equal(false);
  });
  for (const nonsense of [
    "",
    "1.1.1",
    "1.1.1.256",
    "1.1.1.1.1",
    "0x1.1.1.1",
    "2606:::1",
    "2606:4700",
    "1:2:3:4:5:6:7:8:9",
    "g::1",
    "2606::1::1",
    "a",
  ]) {
    it(`when it is "${nonsense}", it should not be public`, () => expect(isPublicAddress(nonsense)).to.equal(false));
  }

  describe("as ipaddr.js, whose lists are kept up to date, judges it", () => {
    const isUnicast = (address: string): boolean => ipaddr.process(address).range() === "unicast";
    /** Ours refuses these too, and the library does not: IPv6 that no registry has given out (only 2000::/3 is), and 6to4's old relay. */
    const isStricter = (address: string): boolean => /^192[.]88[.]99[.]/.test(address) || (address.includes(":") && !/^[23]/.test(address));
    const agree = (address: string): void => {
      if (isPublicAddress(address)) expect(isUnicast(address), `${address} is public to us, and not to ipaddr.js`).to.equal(true);
      else if (!isStricter(address)) expect(isUnicast(address), `${address} is public to ipaddr.js, and not to us`).to.equal(false);
    };
    const groups = (first: fc.Arbitrary<number>) =>
      fc.tuple(first, fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 }));

    it("any IPv4 address", () => fc.assert(fc.property(fc.ipV4(), agree)));
    for (const address of [new ipaddr.IPv4([0, 0, 0, 0]), new ipaddr.IPv6(new Array(8).fill(0))])
      it(`both ends of each of its special networks of ${address.kind()}, and their neighbours`, () => {
        for (const [network, bits] of specialNetworks(address)) {
          const first = BigInt(`0x${Buffer.from(network.toByteArray()).toString("hex")}`);
          const width = BigInt(network.toByteArray().length * 8);
          const after = first + 2n ** (width - BigInt(bits));
          for (const at of [first - 1n, first, after - 1n, after]) if (at >= 0n && at < 2n ** width) agree(textOf(at, Number(width) / 8));
        }
      });
    it("any IPv6 address of what is given out", () =>
      fc.assert(
        fc.property(groups(fc.integer({ min: 0x2000, max: 0x3fff })), ([first, rest]) =>
          agree([first, ...rest].map((group) => group.toString(16)).join(":")),
        ),
      ));
  });
});
