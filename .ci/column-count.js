import { stripVTControlCharacters } from 'node:util';

/** Columns of a text whose characters all take one column: stands in for string-width in the bundle, see build.js. */
export default function columnCount(text) {
  return stripVTControlCharacters(text).length;
}
