import type { OperationSubject, RepositoryObserver } from "../../domain/distinction/observer.js";

/** An observer that keeps what it is told, in order: operations with what happens inside them. */
export class OperationLog implements Required<RepositoryObserver> {
  lines: string[] = [];

  retried({ id, retries }: { id: string; retries: number }): void {
    this.lines.push(`retried ${id} ${retries}`);
  }

  escalated({ id, retries }: { id: string; retries: number }): void {
    this.lines.push(`escalated ${id} ${retries}`);
  }

  conflicted({ overlaps }: { overlaps: readonly { path: string }[] }): void {
    this.lines.push(`conflict ${overlaps.map(({ path }) => path).join()}`);
  }

  saved({ id, retries, changes }: { id: string; retries: number; changes: number }): void {
    this.lines.push(`saved ${id} ${retries} ${changes}`);
  }

  unitRetried({ retries, locking }: { retries: number; locking: boolean }): void {
    this.lines.push(`unit retried ${retries}${locking ? ", locking" : ""}`);
  }

  async around<T>(operation: string, subject: OperationSubject, work: () => Promise<T>): Promise<T> {
    this.lines.push([operation, ...Object.values(subject).map(String), "{"].join(" "));
    try {
      return await work();
    } finally {
      this.lines.push("}");
    }
  }

  /** What was told since it was last asked. */
  take(): string[] {
    return this.lines.splice(0);
  }
}
