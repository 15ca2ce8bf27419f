import { makeRepository } from '../../helpers/sealed-git.ts';
import { conformWithoutGit } from './subjects.ts';

conformWithoutGit('nodegit, bare', () => makeRepository({ bare: true }));
