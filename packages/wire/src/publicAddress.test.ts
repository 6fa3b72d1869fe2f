import { expect } from "chai";
import { isPublicAddress } from "./publicAddress.ts";

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
});
