import type { World } from './world.ts';

/** What is killed, where. */
export type Attack = {
  readonly world: World;
  readonly folder: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** The process that dies is the one whose arguments begin like this; the command itself unless given. */
  readonly victim?: readonly string[];
  /** What a person types afterwards; the command again unless given. */
  readonly next?: readonly string[];
  /** Exit codes of that which are right as well: a command that was done already may say so. */
  readonly nextExits?: readonly number[];
  /** What is done after that, before all must agree. */
  readonly afterwards?: () => Promise<void>;
  /** Records that a purge takes out: nobody may have them in the end, nor a byte of the secret that is in them. */
  readonly gone?: ReadonlySet<string>;
  readonly secret?: string;
  /** More folders that it changes, beside the repositories. */
  readonly places?: readonly string[];
  /** Looks at what lies there after a kill, and after the next command; throws where something is wrong. */
  readonly check?: (when: 'killed' | 'next') => Promise<void> | void;
};

export type Scenario = { readonly name: string; readonly prepare: () => Promise<Attack> };
