import type { GcReport } from '../../../app/artifact-gc.ts';
import { sizeText } from '../../../domain/progress-line.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';

/** What `artifact gc` removed, or would remove. */
export function renderGarbage(report: GcReport, removed: boolean, json: boolean): string {
  const { garbage, leftovers, kept, young, spared, unlisted } = report;
  if (json)
    return jsonDocument('git-cmf/artifact-gc/1', { removed, garbage, leftovers, kept, young, spared, unlisted });
  const what = `${counted(garbage.objects, 'object')} that nothing needs, ${sizeText(garbage.bytes)}`;
  const stays = `${kept.objects} stay, ${sizeText(kept.bytes)}`;
  const lines = [
    garbage.objects + spared.objects === 0
      ? `Nothing to remove: ${stays}.`
      : `${removed ? 'Removed' : 'Would remove'} ${what}; ${stays}.`,
    ...(young.objects === 0 ? [] : [`Nothing needs ${young.objects} of those that stay, but they are young (--keep).`]),
    ...(spared.objects === 0
      ? []
      : [
          `${spared.objects} of those that stay looked like garbage, and came to be used meanwhile or cannot be removed.`,
        ]),
    ...(leftovers.files === 0
      ? []
      : [`${removed ? 'Also' : 'And'} ${counted(leftovers.files, 'unfinished file')}, ${sizeText(leftovers.bytes)}.`]),
    ...(unlisted === 0
      ? []
      : [`The lists of ${counted(unlisted, 'folder')} are not here, so their files are not known.`]),
    ...(removed || garbage.objects + leftovers.files === 0 ? [] : ['git cmf artifact gc --force does it.']),
    'Beware of dvc gc -c: it does not know what the journal needs.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
