/** Sends this clone's journal, in steps, until the remote has all of it. What a step brought stays, also after a cut. */
import { CmfError } from '../domain/errors.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { Oid, PushOutcome } from '../ports/git.ts';
import { type Clone, ownJournal } from './clone.ts';
import type { JournalLimits } from './journal-limits.ts';
import { commitPart, fetchOwn, uniteWith } from './push-commits.ts';
import { isLocked, isLostRace, isTooLarge, rejected } from './push-outcome.ts';
import { planStep, type StepCost, type StepPlan, smallCost } from './push-steps.ts';
import { readPushed, rememberPushed } from './pushed.ts';
import { isAboutData } from './read-state.ts';

/** How often a step begins again after uniting with what the remote had, or after losing a race for its ref. */
const TRIES_MAX = 10;
/** A lock that is there so many times in a row is not one of a push that runs. */
const LOCKED_TRIES_MAX = 5;
const PAUSE_MS = 50;

/** A remote, and its ref that takes our journal. */
export type PushTarget = { readonly remote: string; readonly ref: string };

type Step = { readonly commit: Oid; readonly isLast: boolean; readonly cost: StepCost };

/**
 * Pushes the journal.
 * @param limits what one step may bring
 * @throws CmfError `refused` with the server's own words; `conflict` after TRIES_MAX lost races
 */
export async function pushJournal(
  clone: Clone,
  target: PushTarget,
  limits: JournalLimits,
): Promise<'pushed' | 'up-to-date' | 'nothing-recorded'> {
  const push = new JournalPush(clone, target, limits);
  await push.recall();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const tip = await clone.repository.refs.resolve(ownJournal(clone));
    if (tip === undefined) return 'nothing-recorded';
    const step = await push.prepare(tip);
    if (step === undefined) continue;
    if (await push.send(step, tip, tries)) tries = -1;
    else continue;
    if (step.isLast) return push.hasSent ? 'pushed' : 'up-to-date';
  }
  throw new CmfError('conflict', {
    message: `${target.ref} on ${remoteWithoutCredentials(target.remote)} was moved by others ${TRIES_MAX} times in a row`,
    hint: 'git cmf push',
  });
}

/** One push, and what it knows of the remote. */
class JournalPush {
  hasSent = false;
  private readonly clone: Clone;
  private readonly target: PushTarget;
  private limits: JournalLimits;
  /** The remote's tip of our journal; it is in this repository. Undefined: none. */
  private theirs: Oid | undefined;
  /** False: `theirs` is only what the remote took last, as far as we remember. */
  private isSure = false;

  constructor(clone: Clone, target: PushTarget, limits: JournalLimits) {
    this.clone = clone;
    this.target = target;
    this.limits = limits;
  }

  async recall(): Promise<void> {
    const tip = readPushed(this.clone, this.target.remote);
    if (tip !== undefined && (await this.clone.repository.objects.info(tip)) !== undefined) this.theirs = tip;
  }

  /** The next step; undefined when somebody moved our journal meanwhile. What is small is simply tried. */
  async prepare(tip: Oid): Promise<Step | undefined> {
    const { repository, reporter } = this.clone;
    if (!this.isSure) {
      const cost = await this.measured(smallCost(repository.objects, { from: this.theirs, tip, limits: this.limits }));
      if (cost !== undefined) return { commit: tip, isLast: true, cost };
      await this.follow(await this.remoteTip(), tip);
    }
    const plan = await this.measured(planStep(repository, { from: this.theirs, tip, limits: this.limits }));
    const isLast = plan.kind !== 'part' && plan.commit === tip;
    if (!isLast) reporter.progress(`sending ${plan.cost.files} files; more will follow`);
    const commit = await this.commitOf(plan, tip);
    return commit === undefined ? undefined : { commit, isLast, cost: plan.cost };
  }

  /** What is measured is our own journal: where it is not sound, no server is to blame. */
  private async measured<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (!isAboutData(error)) throw error;
      const message = `${ownJournal(this.clone)} of this clone is not sound: ${error.message}`;
      throw new CmfError(error.code, { message, hint: 'git cmf fsck', cause: error });
    }
  }

  /** True when the remote has the step now. */
  async send({ commit, cost }: Step, tip: Oid, tries: number): Promise<boolean> {
    const outcome = await this.push(commit);
    const theirs = outcome.status === 'rejected' ? await this.remoteTip() : commit;
    if (theirs === commit) {
      // A rejected tip that is there all the same was brought by another process of this clone.
      if (outcome.status === 'ok') this.hasSent = true;
      rememberPushed(this.clone, this.target.remote, commit);
      this.theirs = theirs;
      this.isSure = true;
      return true;
    }
    const isNews = theirs !== undefined && !(this.isSure && theirs === this.theirs);
    if (isNews && !(await this.isKnownAncestor(theirs, commit))) await this.follow(theirs, tip);
    else if (isTooLarge(outcome) && (theirs !== this.theirs || cost.files > 1)) {
      // Where the remote lacks more than we thought, that comes first.
      if (theirs === this.theirs) this.limits = halfOf(cost);
      await this.follow(theirs, tip);
    } else if (isLostRace(outcome) && !(isLocked(outcome) && tries >= LOCKED_TRIES_MAX))
      await this.clone.effects.sleep(PAUSE_MS * (tries + 1));
    else throw rejected(outcome);
    return false;
  }

  /** Goes on from what the remote has now. */
  private async follow(theirs: Oid | undefined, tip: Oid): Promise<void> {
    const isHere = theirs === undefined || theirs === this.theirs || (await this.isKnownAncestor(theirs, tip));
    this.theirs = isHere ? theirs : await fetchOwn(this.clone, this.target, tip);
    this.isSure = true;
  }

  private commitOf(plan: StepPlan, tip: Oid): Promise<Oid | undefined> {
    switch (plan.kind) {
      case 'commit':
        return Promise.resolve(plan.commit);
      case 'union':
        return uniteWith(this.clone, plan.from, plan.commit, tip);
      case 'part':
        return commitPart(this.clone, this.theirs, plan.files);
    }
  }

  private async remoteTip(): Promise<Oid | undefined> {
    const { remote, ref } = this.target;
    const refs = await this.clone.repository.transport.listRemote(remote, [ref]);
    return refs.find(({ name }) => name === ref)?.oid;
  }

  private async push(commit: Oid): Promise<PushOutcome> {
    const { remote, ref } = this.target;
    const [outcome] = await this.clone.repository.transport.push(remote, [{ from: commit, to: ref }]);
    if (outcome === undefined) throw new CmfError('internal', { message: 'git push reported no ref' });
    return outcome;
  }

  private async isKnownAncestor(theirs: Oid, tip: Oid): Promise<boolean> {
    const { objects, refs } = this.clone.repository;
    return (await objects.info(theirs)) !== undefined && refs.isAncestor(theirs, tip);
  }
}

function halfOf({ files, sizeBytes }: StepCost): JournalLimits {
  return { pathsMax: Math.floor(files / 2), sizeBytesMax: Math.floor(sizeBytes / 2) };
}
