/** Tells the person who waits what is going on. */
export type Say = (what: string) => void;
