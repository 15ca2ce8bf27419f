/** How far work on files is. A total of 0 is not known yet. */
export type FileProgress = {
  readonly files: number;
  readonly bytes: number;
  readonly filesTotal: number;
  readonly bytesTotal: number;
};

const BAR_WIDTH = 20;

/** One line: a bar, files, bytes, speed and time left. */
export function progressLine(what: string, progress: FileProgress, elapsedMs: number): string {
  const { files, bytes, filesTotal, bytesTotal } = progress;
  const share = Math.min(1, bytesTotal > 0 ? bytes / bytesTotal : filesTotal > 0 ? files / filesTotal : 0);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
  const leftMs = share > 0 && elapsedMs > 0 ? (elapsedMs / share) * (1 - share) : undefined;
  const parts = [
    `${files}${filesTotal > 0 ? ` of ${filesTotal}` : ''} files`,
    `${sizeText(bytes)}${bytesTotal > 0 ? ` of ${sizeText(bytesTotal)}` : ''}`,
    ...(elapsedMs > 0 ? [`${sizeText((bytes / elapsedMs) * 1000)}/s`] : []),
    ...(leftMs === undefined ? [] : [`${durationText(leftMs)} left`]),
  ];
  return `${what} ${bar} ${parts.join(', ')}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A size as people say it: `280 bytes`, `19.6 MB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${UNITS[unit]}`;
}

function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
