/**
 * A count with thousands separated.
 * @param {number} n
 */
export const formatCount = (n) => n.toLocaleString("en-US");

/**
 * At most `length` characters, the last of which says that there are more.
 * @param {string} text
 * @param {number} length
 */
export const shorten = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
