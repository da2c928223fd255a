// Reads a Dockerfile, as far as ours goes.

/** Each instruction: its word, what stands behind its flags, the flags, and the list at its end when that is JSON. */
export function instructionsOf(text) {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(instructionOf);
}

function instructionOf(line) {
  const [, word, tail] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
  if (!word) throw new Error(`not an instruction: ${line}`);
  const flags = {};
  let rest = tail;
  for (let found = FLAG.exec(rest); found; found = FLAG.exec(rest)) {
    flags[found[1]] = found[2];
    rest = rest.slice(found[0].length);
  }
  const list = /\[.*\]$/.exec(rest)?.[0];
  return { word, rest: rest.trim(), flags, json: list && word !== 'RUN' ? JSON.parse(list) : null };
}

const FLAG = /^--([\w-]+)=(\S+)\s+/;

/** Whether a file of .dockerignore, which names folders and files at the top alone, leaves out a path. */
export function ignoredBy(text) {
  const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (file) => names.includes(file.replace(/^\.\//, '').split('/')[0]);
}
