/** What one look has found: `wrong` keeps Offramp from working, `doubtful` may. */
export interface Finding {
  readonly level: 'good' | 'doubtful' | 'wrong';
  readonly subject: string;
  readonly text: string;
}

const finding =
  (level: Finding['level']) =>
  (subject: string, text: string): Finding => ({ level, subject, text });
export const good = finding('good');
export const doubtful = finding('doubtful');
export const wrong = finding('wrong');
