/**
 * Takes the readable words out of a mail: its subject and its text parts, decoded, without markup.
 * Other headers stay out on purpose: in this corpus they tell who collected the mail, not whether it is spam.
 */
export function mailText(raw) {
  const { headers, body } = splitMail(raw);
  const subject = decodeSubject(headers.get('subject') ?? '');
  return { subject, text: squeeze(partText(headers, body)) };
}

/** Splits a mail or a part at its first empty line; folded header lines are joined, the first of a name counts. */
function splitMail(raw) {
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end ? raw.slice(0, end.index) : raw;
  const body = end ? raw.slice(end.index + end[0].length) : '';
  const headers = new Map();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (name && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { headers, body };
}

/** The text of a part, and of the parts inside it; attachments that are not text give nothing. */
function partText(headers, body) {
  const type = headers.get('content-type') ?? 'text/plain';
  const boundary = /^multipart\/.*boundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary)
    return partsBetween(body, boundary)
      .map((part) => partText(part.headers, part.body))
      .join('\n');
  if (/^(multipart|message)\//i.test(type)) return body;
  if (!/^text/i.test(type)) return '';
  const decoded = decodeTransfer(body, headers.get('content-transfer-encoding') ?? '');
  return /^text\/html/i.test(type) || /<html/i.test(decoded) ? stripMarkup(decoded) : decoded;
}

/** The parts of a multipart body; what stands before the first and after the last boundary is no part. */
function partsBetween(body, boundary) {
  const pieces = body.split(`--${boundary}`).slice(1);
  return pieces.filter((piece) => !piece.startsWith('--')).map((piece) => splitMail(piece.replace(/^[ \t]*\r?\n/, '')));
}

function decodeTransfer(body, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString('latin1');
  if (/quoted-printable/i.test(encoding)) return decodeQuoted(body.replace(/=\r?\n/g, ''));
  return body;
}

function decodeQuoted(text) {
  return text.replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decodeSubject(subject) {
  return squeeze(
    subject.replace(/=\?[^?]+\?([BQ])\?([^?]*)\?=/gi, (_, kind, text) =>
      /b/i.test(kind) ? Buffer.from(text, 'base64').toString('latin1') : decodeQuoted(text.replaceAll('_', ' ')),
    ),
  );
}

function stripMarkup(html) {
  return html
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#?\w{1,8};/g, ' ');
}

function squeeze(text) {
  return text.replace(/\s+/g, ' ').trim();
}
