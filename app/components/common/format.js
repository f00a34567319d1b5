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

/**
 * Whether a name is a text to be read, for which tiles without pictures have more room.
 * @param {string} name
 */
export const isText = (name) => name.length > 40;
