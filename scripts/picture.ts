import { crc32, deflateSync } from "node:zlib";

/**
 * A PNG of about 1.2 MB for the demo: rings over grain, the same bytes every time.
 * @param size width and height in pixels
 */
export const drawPicture = (size = 640): Buffer => {
  const rows = Buffer.alloc(size * (1 + size * 3));
  let grain = 0x9e3779b9;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      grain = (Math.imul(grain, 1664525) + 1013904223) >>> 0;
      const ring = Math.sin(Math.hypot(x - size / 2, y - size / 2) / 9);
      const at = y * (1 + size * 3) + 1 + x * 3;
      rows[at] = 128 + 90 * ring + (grain >>> 28);
      rows[at + 1] = (x * 255) / size + ((grain >>> 20) & 127) / 4;
      rows[at + 2] = (y * 255) / size + ((grain >>> 8) & 127) / 2;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};
