import { gitConformance } from '../../conformance/git.ts';
import { linkedWorktreeSubject } from './subjects.ts';

gitConformance('a linked work tree', linkedWorktreeSubject());
