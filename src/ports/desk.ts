/** What a hook asks a process that stays, instead of starting one for itself. */
export type Question = {
  /** Variables of the hook's environment that tell where the objects of the push are. */
  readonly env: Readonly<Record<string, string>>;
  /** What git wrote to the hook. */
  readonly input: string;
};

/** What the hook prints to stderr, and with what it exits. */
export type Answer = { readonly exitCode: number; readonly stderr: string };

export type DeskOptions = {
  /** False: questions are left lying from now on, so that the hook helps itself. */
  readonly mayTake: () => boolean;
  /** Undefined, or a rejection: the hook is to find out by itself. Called for several questions at once. */
  readonly answer: (question: Question) => Promise<Answer | undefined>;
};

/** Where hooks of one user leave questions, and find answers. */
export interface Desk {
  /** Names the user, for a lock: one process is at the desk. */
  readonly owner: string;
  /** Lets hooks know that somebody is there. @throws CmfError `environment` */
  open(options: DeskOptions): void;
  /** False after `close`, and when somebody was sent away, or took over. */
  isOpen(): boolean;
  close(): void;
}
