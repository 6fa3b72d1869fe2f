/** One line of a picture of a terminal. `mark`: a line that says that a check held. */
export type PictureLine = { readonly text: string; readonly style: "title" | "plain" | "mark" | "dim" };

const LINE = 20;
const WIDTH = 860;
const MARGIN = 24;

const COLORS: Readonly<Record<PictureLine["style"], string>> = { title: "#e6edf3", plain: "#c9d1d9", mark: "#7ee787", dim: "#8b949e" };

/** An SVG that shows lines as a terminal does. Text stays text: it can be searched, and read aloud. */
export const terminalPicture = (label: string, lines: readonly PictureLine[]): string => {
  const height = MARGIN * 2 + 16 + lines.length * LINE;
  const rows = lines.map(({ text, style }, index) => {
    const weight = style === "title" ? ' font-weight="600"' : "";
    return `  <text x="${MARGIN}" y="${MARGIN + 30 + index * LINE}" fill="${COLORS[style]}"${weight} xml:space="preserve">${escaped(text)}</text>`;
  });
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (color, index) => `  <circle cx="${MARGIN + index * 18}" cy="18" r="5" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(label)}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">`,
    `  <rect width="${WIDTH}" height="${height}" rx="10" fill="#0d1117"/>`,
    ...dots,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
};

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character] ?? character);
