/** Keeps a start from going on, and is no mistake in the flags; the message is for the person at the terminal, who can mend it. */
export class StartFailure extends Error {
  override readonly name: string = 'StartFailure';
}
