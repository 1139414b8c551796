/** Pages of our own in Chromium: as a desk and a phone show them, and as paper; pictures lie in `test-results/reports/`. */
import { existsSync, mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const program = '/usr/bin/chromium';
const shots = new URL('../../test-results/reports/', import.meta.url).pathname;
const widths = { desktop: 1280, phone: 390 } as const;

export interface Seen {
  /** CSS pixels that the page is wider than the screen, by screen. */
  readonly overflow: Readonly<Record<keyof typeof widths, number>>;
  /** What the page asked for besides itself. */
  readonly requests: readonly string[];
  /** What the browser complained of. */
  readonly complaints: readonly string[];
  /** Bytes of the printed PDF. */
  readonly pdf: number;
}

export type Pictures = Awaited<ReturnType<typeof openPictures>>;

export async function openPictures() {
  if (!existsSync(program)) throw new Error(`${program} is missing. Try: apt-get install chromium`);
  mkdirSync(shots, { recursive: true });
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });

  /** Keeps `<name>-desktop.png`, `<name>-phone.png` and `<name>.pdf`. */
  async function shoot(name: string, document: string): Promise<Seen> {
    const file = join(shots, `${name}.html`);
    await writeFile(file, document);
    const page = await browser.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => void (request.url() === `file://${file}` || requests.push(request.url())));
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(error.message));
    const overflow = { desktop: 0, phone: 0 };
    for (const [screen, width] of Object.entries(widths) as [keyof typeof widths, number][]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`file://${file}`);
      overflow[screen] = (await page.evaluate<number>('document.documentElement.scrollWidth')) - width;
      await page.screenshot({ path: join(shots, `${name}-${screen}.png`), fullPage: true });
    }
    const pdf = await page.pdf({ path: join(shots, `${name}.pdf`), preferCSSPageSize: true, printBackground: true });
    await page.close();
    return { overflow, requests, complaints, pdf: pdf.length };
  }

  return { shoot, close: () => browser.close() };
}
