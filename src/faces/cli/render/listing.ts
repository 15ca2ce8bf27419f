/**
 * One list in all its forms: a table for people, a JSON document for programs, and NUL-terminated keys for `xargs -0`.
 */
import type { JsonObject } from '../../../domain/canonical-json.ts';
import { jsonDocument, type SchemaName } from './json-document.ts';
import type { Style } from './style.ts';
import { type Cell, type Column, renderTable } from './table.ts';

/** How the rows of one list look. */
export type Listing<Row> = {
  readonly schema: SchemaName;
  readonly columns: readonly Column[];
  readonly cellsOf: (row: Row) => readonly Cell[];
  readonly itemOf: (row: Row) => JsonObject;
  /** What names the row in another command. As it was recorded, nothing escaped. */
  readonly keyOf: (row: Row) => string;
};

/** How a result is wanted. */
export type Output = {
  readonly format: 'text' | 'json' | 'zero';
  /** Columns of the place for text; without it nothing is cut. */
  readonly columns?: number | undefined;
  readonly style: Style;
};

/** Renders the rows. */
export function renderListing<Row>(listing: Listing<Row>, rows: readonly Row[], output: Output): string {
  switch (output.format) {
    case 'text':
      return renderTable(listing.columns, rows.map(listing.cellsOf), output);
    case 'json':
      return jsonDocument(listing.schema, { items: rows.map(listing.itemOf) });
    case 'zero':
      return rows.map((row) => `${listing.keyOf(row)}\0`).join('');
  }
}
