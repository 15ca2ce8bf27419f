import { gitConformance } from '../../conformance/git.ts';
import { spawnedGitSubject } from './subjects.ts';

gitConformance('bare, SHA-256', spawnedGitSubject({ bare: true, objectFormat: 'sha256' }));
