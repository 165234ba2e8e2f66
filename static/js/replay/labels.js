/** Puts labels under their marks without covering each other. One rule: what speaks against the call is placed first. */

/**
 * @typedef {{left: number, width: number, weight: number}} Label pixels from the left edge; a smaller weight is placed first
 * @typedef {{row: number, left: number} | null} Place null: no room
 */

const GAP = 8;

/**
 * A row and a left edge for each label; what would leave the lane on the right is moved left.
 * @param {Label[]} labels
 * @param {number} room width of the lane in pixels
 * @param {number} rows at most
 * @returns {Place[]} in the order of the labels
 */
export function placed(labels, room, rows) {
  /** @type {{from: number, to: number}[][]} */
  const taken = Array.from({ length: rows }, () => []);
  /** @type {Place[]} */
  const places = labels.map(() => null);
  const order = labels.map((_, index) => index).sort((one, other) => weightOf(labels, one) - weightOf(labels, other) || one - other);
  for (const index of order) {
    const { left, width } = /** @type {Label} */ (labels[index]);
    const from = Math.max(0, Math.min(left, room - width));
    const to = Math.min(room, from + width) + GAP;
    const row = taken.findIndex((others) => others.every((other) => to <= other.from || from >= other.to));
    if (row < 0) continue;
    taken[row]?.push({ from, to });
    places[index] = { row, left: from };
  }
  return places;
}

/** @param {Label[]} labels @param {number} index */
function weightOf(labels, index) {
  return labels[index]?.weight ?? 0;
}

/** @param {Place[]} places @returns {number} rows that are in use */
export function rowsUsed(places) {
  return places.reduce((most, place) => Math.max(most, place ? place.row + 1 : 0), 0);
}
