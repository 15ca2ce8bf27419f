const isColoured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

const style = (code) => (text) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = style(1);
export const faint = style(2);

/** A headline with what the commands below it are about. */
export function headline(title) {
  console.log(`\n${bold(`# ${title}`)}\n`);
}
