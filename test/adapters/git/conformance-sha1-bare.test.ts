import { gitConformance } from '../../conformance/git.ts';
import { spawnedGitSubject } from './subjects.ts';

gitConformance('bare, SHA-1', spawnedGitSubject({ bare: true }));
