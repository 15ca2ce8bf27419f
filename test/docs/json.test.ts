/** docs/json.md and the documents that programs get, compared both ways. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactIndex } from '../../src/domain/artifact-index.ts';
import { find } from '../../src/domain/find.ts';
import { lineage, lineageSources } from '../../src/domain/lineage.ts';
import { renderLineage } from '../../src/faces/cli/render/lineage.ts';
import { LISTS, renderList } from '../../src/faces/cli/render/list.ts';
import { renderShow } from '../../src/faces/cli/render/show.ts';
import { PLAIN } from '../../src/faces/cli/render/style.ts';
import { exampleStory } from '../helpers/example-story.ts';

const it = suite('docs/json.md');

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCHEMA = /git-cmf\/[a-z-]+\/[0-9]+/g;

/** Each section of the page, by the schema that is its title. */
function sections(): ReadonlyMap<string, string> {
  const [, ...parts] = readFileSync(`${ROOT}docs/json.md`, 'utf8').split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')).trim(), part]));
}

type Json = Readonly<Record<string, unknown>>;

/** One document of every schema that this floor renders from a view. */
function documents(): Json[] {
  const { view, train } = exampleStory();
  const sources = { view, index: artifactIndex(view) };
  const output = { format: 'json', style: PLAIN } as const;
  const lists = LISTS.map((name) => renderList(name, sources, [...view.executions.values()], output));
  const typed = [train.id, train.lastUse ?? '', 'model.pkl', 'churn', 'churn/train'];
  const shown = typed.map((one) => renderShow(sources, find(sources, one), output));
  const start = { kind: 'artifact', artifacts: sources.index.artifacts } as const;
  const walked = lineage(lineageSources(view), start, { directions: ['up', 'down'] });
  return [...lists, ...shown, renderLineage(view, walked, output)].map((text) => JSON.parse(text) as Json);
}

it('describes the schemas that the sources name, and no others', () => {
  const folder = `${ROOT}src/faces/cli/render/`;
  const texts = readdirSync(folder).map((name) => readFileSync(folder + name, 'utf8'));
  const named = new Set(texts.flatMap((text) => text.match(SCHEMA) ?? []));
  assert.equal([...sections().keys()].sort(), [...named].sort());
});

it('names every member of every document', () => {
  const page = sections();
  for (const document of documents()) {
    const text = page.get(String(document['schema'])) ?? '';
    // What a section takes over from another one is described there.
    const told = [text, ...(text.match(SCHEMA) ?? []).map((other) => page.get(other) ?? '')].join('\n');
    for (const member of membersOf(document)) {
      assert.ok(
        told.includes(`\`${member}\``),
        `${document['schema']} has a member ${member} that the page does not name`,
      );
    }
  }
});

it('names no member that a list does not have', () => {
  const page = sections();
  for (const document of documents()) {
    if (!LISTS.some((name) => document['schema'] === `git-cmf/${name}/1`)) continue;
    const members = new Set(membersOf(document));
    for (const [, cell = ''] of (page.get(String(document['schema'])) ?? '').matchAll(/^\| (`[^|]*) \|/gm)) {
      for (const [, member = ''] of cell.matchAll(/`(\w+)`/g)) {
        assert.ok(members.has(member), `${document['schema']} has no member ${member}`);
      }
    }
  }
});

/** The members of a document; of a list those of its items; of a graph also those of its nodes and edges. */
function membersOf(document: Json): string[] {
  const { items, nodes = [], edges = [] } = document as Record<'items' | 'nodes' | 'edges', Json[] | undefined>;
  const parts = [...(items ?? [document]), ...nodes, ...edges];
  return [...new Set(parts.flatMap((part) => Object.keys(part)))].filter((member) => member !== 'schema');
}

it.run();
