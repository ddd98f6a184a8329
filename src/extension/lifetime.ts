// Owners and what they own. A feature registers everything it makes; disposing it disposes that, in
// reverse order, and whatever is registered after the end is disposed at once instead of leaking.

export interface Owned {
  dispose(): void;
}

export class Lifetime implements Owned {
  private readonly owned: Owned[] = [];
  private ended = false;

  get isOver(): boolean {
    return this.ended;
  }

  protected own<T extends Owned>(item: T): T {
    if (this.ended) item.dispose();
    else this.owned.push(item);
    return item;
  }

  dispose(): void {
    if (this.ended) return;
    this.ended = true;
    for (const item of this.owned.splice(0).reverse()) item.dispose();
  }
}
