// Ours, because a page loads it: 0.8 kB compressed, where ipaddr.js takes 4.1. Its test holds it to what ipaddr.js says, so that the lists do not rot.

/** Networks that are not the public Internet. https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local; 169.254.169.254 gives out cloud credentials
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, reserved, broadcast
];

const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** Whether a textual IPv4 or IPv6 address is one of the public Internet. What cannot be read is not. */
export const isPublicAddress = (address: string): boolean => {
  const v4 = parseIpv4(address);
  if (v4 !== undefined) return isPublicIpv4(v4);
  const v6 = parseIpv6(address);
  return v6 !== undefined && isPublicIpv6(v6);
};

/** Whether a URL's host can be one of the public Internet: an address that is, or a name that is not a private network's. */
export const isPublicHost = (host: string): boolean => {
  const isAddress = parseIpv4(host) !== undefined || host.includes(":");
  return isAddress ? isPublicAddress(host) : host.includes(".") && !PRIVATE_NAME.test(host);
};

/** Whether a URL's host is this machine: `localhost`, 127.0.0.0/8 or ::1. */
export const isLoopbackHost = (host: string): boolean => {
  const v4 = parseIpv4(host);
  return host === "localhost" || host === "::1" || (v4 !== undefined && v4 >>> 24 === 127);
};

/** The host without IPv6's brackets and a name's final dot. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");

const parseIpv4 = (text: string): number | undefined => {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  return parts.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
};

const isPublicIpv4 = (address: number): boolean =>
  !PRIVATE_IPV4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((parseIpv4(network) ?? 0) / size);
  });

/** Eight groups of 16 bits. */
const parseIpv6 = (text: string): readonly number[] | undefined => {
  const withoutZone = text.replace(/%.*$/, "");
  const dotted = withoutZone.match(/^(.*:)(\d+\.\d+\.\d+\.\d+)$/);
  const v4 = dotted?.[2] === undefined ? undefined : parseIpv4(dotted[2]);
  if (dotted !== null && v4 === undefined) return undefined;
  const hex = v4 === undefined ? withoutZone : `${dotted?.[1]}${Math.floor(v4 / 65536).toString(16)}:${(v4 % 65536).toString(16)}`;
  const halves = hex.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : undefined;
};

/** Only global unicast (2000::/3) is public, without what is reserved or tunnels to an IPv4 address in it; and IPv4 addresses in IPv6's clothes. */
const isPublicIpv6 = (groups: readonly number[]): boolean => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const isMapped = [a, b, c, d, e].every((group) => group === 0) && f === 0xffff; // ::ffff:0:0/96
  const isTranslated = a === 0x64 && b === 0xff9b && [c, d, e, f].every((group) => group === 0); // 64:ff9b::/96
  if (isMapped || isTranslated) return isPublicIpv4(g * 65536 + h);
  if (a < 0x2000 || a > 0x3fff) return false;
  if (a === 0x2001 && (b < 0x200 || b === 0xdb8)) return false; // protocols (Teredo, ORCHID), documentation
  if (a === 0x2620 && b === 0x4f && c === 0x8000) return false; // AS112
  return a !== 0x2002 && !(a === 0x3fff && b < 0x1000); // 6to4, documentation
};
