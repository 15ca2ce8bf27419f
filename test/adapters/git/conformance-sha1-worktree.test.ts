import { gitConformance } from '../../conformance/git.ts';
import { spawnedGitSubject } from './subjects.ts';

gitConformance('a work tree, SHA-1', spawnedGitSubject({}));
