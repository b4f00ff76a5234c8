import { createContext, runInContext } from 'node:vm';

/** Just as much of a browser as the script of the QR page uses: elements by their id, and a canvas that is drawn on. */
export class FakePage {
  readonly canvas = new FakeCanvas();
  readonly position = { textContent: '' };
  readonly #timers: (() => void)[] = [];
  readonly #clicks: (() => void)[] = [];

  constructor(
    html: string,
    viewport: { readonly clientWidth: number; readonly clientHeight: number; readonly ratio: number },
  ) {
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1];
    const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    this.canvas.parentElement = viewport;
    const elements: Readonly<Record<string, unknown>> = {
      data: { textContent: data },
      code: this.canvas,
      speed: { value: '10', addEventListener() {} },
      toggle: { textContent: '', addEventListener: (_: string, run: () => void) => this.#clicks.push(run) },
      position: this.position,
    };
    const window = { devicePixelRatio: viewport.ratio, addEventListener() {} };
    const document = {
      getElementById: (id: string) => elements[id],
      addEventListener() {},
      visibilityState: 'visible',
    };
    const setTimeout = (run: () => void) => this.#timers.push(run);
    const clearTimeout = () => void this.#timers.splice(0);
    runInContext(script, createContext({ window, document, navigator: {}, atob, setTimeout, clearTimeout }));
  }

  /** Lets the time of one picture pass. */
  tick(): void {
    for (const run of this.#timers.splice(0)) run();
  }

  clickToggle(): void {
    for (const run of this.#clicks) run();
  }
}

class FakeCanvas {
  width = 0;
  height = 0;
  readonly style = { width: '', height: '' };
  parentElement: unknown;
  fillStyle = '';
  #dark = new Set<number>();

  getContext(): this {
    return this;
  }

  fillRect(left: number, top: number, width: number, height: number): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        if (this.fillStyle === '#000') this.#dark.add(y * this.width + x);
        else this.#dark.delete(y * this.width + x);
      }
    }
  }

  /** Pixels that are dark now. */
  pixels(): boolean[][] {
    return Array.from({ length: this.height }, (_, y) =>
      Array.from({ length: this.width }, (_, x) => this.#dark.has(y * this.width + x)),
    );
  }
}
