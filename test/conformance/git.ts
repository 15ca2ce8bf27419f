import { gitObjectsConformance } from './git-objects.ts';
import { gitRefsConformance } from './git-refs.ts';
import type { GitSubjectFactory } from './git-subject.ts';
import { gitTransportConformance } from './git-transport.ts';
import { gitWorktreeConformance } from './git-worktree.ts';
import { gitWriterConformance } from './git-writer.ts';

/** Everything that src/ports/git.ts promises, on one kind of repository. */
export function gitConformance(title: string, make: GitSubjectFactory): void {
  gitObjectsConformance(title, make);
  gitWriterConformance(title, make);
  gitRefsConformance(title, make);
  gitTransportConformance(title, make);
  gitWorktreeConformance(title, make);
}
