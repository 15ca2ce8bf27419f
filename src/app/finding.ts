/** One thing that `git cmf doctor` looked at. */
export type Finding = {
  /** `wrong`: something does not work, or will not. `notice`: worth knowing. */
  readonly level: 'ok' | 'notice' | 'wrong';
  /** One line: what was found. */
  readonly message: string;
  /** The command to type. */
  readonly help?: string;
  /** Mends it without asking, and says in one line what it did. Only for what can lose nothing. */
  readonly fix?: () => Promise<string>;
};

export function fine(message: string): Finding {
  return { level: 'ok', message };
}

export function notice(message: string, help?: string): Finding {
  return { level: 'notice', message, ...(help === undefined ? {} : { help }) };
}

export function wrong(message: string, help: string): Finding {
  return { level: 'wrong', message, help };
}
