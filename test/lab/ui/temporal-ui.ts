/**
 * The Temporal UI in Chromium, as a person works in it: the start form, a run's pages, the forms that send an Update or a Signal, and
 * the Schedules page with what it begins.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { runLink } from '../../../scripts/cli/links.ts';

const size = { width: 1600, height: 1200 };
const program = '/usr/bin/chromium';
const shots = new URL('../../../test-results/ui/', import.meta.url).pathname;

export type TemporalUi = Awaited<ReturnType<typeof openTemporalUi>>;

/** @param base  address of the UI, without a slash at the end */
export async function openTemporalUi(base: string) {
  if (!existsSync(program)) throw new Error(`${program} is missing. Try: apt-get install chromium`);
  mkdirSync(shots, { recursive: true });
  const browser: Browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  const page: Page = await browser.newPage({ viewport: size });
  page.setDefaultTimeout(20_000);

  /** Keeps the whole page as a picture, `test-results/ui/<name>.png`. */
  async function shoot(name: string): Promise<void> {
    const tall = await page.evaluate<number>(
      "Math.max(...[...document.querySelectorAll('body, main, div')].map(({ scrollHeight }) => scrollHeight))",
    );
    await page.setViewportSize({ ...size, height: Math.min(Math.max(tall + 100, size.height), 8_000) });
    await page.screenshot({ path: join(shots, `${name}.png`) });
    await page.setViewportSize(size);
  }

  /** Replaces what an editor of JSON holds, again where the form drew it anew meanwhile and it holds something else. */
  async function write(editor: Locator, value: object): Promise<void> {
    const text = JSON.stringify(value, null, 2);
    const limit = Date.now() + 20_000;
    for (;;) {
      await editor.click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
      const held = await editor.innerText();
      if (withoutBlanks(held) === withoutBlanks(text)) return;
      if (Date.now() > limit) throw new Error(`The editor holds ${held} instead of ${text}.`);
    }
  }

  /** Fills in the input of the start form that a link opens, and sends it. The rest stays as the link has it. */
  async function startFrom(link: string, input: object, picture: string): Promise<void> {
    await page.goto(link);
    await page.getByText('Task Queue is Active').waitFor();
    await write(page.locator('main .cm-content').first(), input);
    await shoot(picture);
    await page.getByTestId('start-workflow-button').click();
    await page.getByText('Workflow started successfully').waitFor();
  }

  /** A page of the newest run of that id. */
  async function open(workflowId: string, tab: 'timeline' | 'history' | 'user-metadata'): Promise<void> {
    await page.goto(runLink({ base, namespace: 'default' }, workflowId));
    await page.waitForURL(/\/(timeline|history)(\?|$)/);
    if (page.url().includes(`/${tab}`)) return;
    await page.goto(page.url().replace(/\/(timeline|history)(\?.*)?$/, `/${tab}`));
  }

  /** Text of the run's current details, once they say so. */
  async function details(workflowId: string, says: string): Promise<string> {
    await open(workflowId, 'user-metadata');
    return await detailsThatSay(page, says);
  }

  /** Sends what stands in the details to be pasted, through the form of the menu. */
  async function send(kind: 'Update' | 'Signal', name: string, payload: object, picture: string): Promise<void> {
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: new RegExp(`Send an? ${kind}`) }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.locator('button[aria-haspopup]').click();
    await dialog
      .getByRole('option')
      .filter({ has: page.getByText(name, { exact: true }) })
      .click();
    await write(dialog.locator('.cm-content').first(), payload);
    await shoot(picture);
    const path = `/${kind.toLowerCase()}/${name}`;
    const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname.endsWith(path));
    await dialog.getByTestId('confirm-modal-button').click();
    const answer = await answered;
    if (!answer.ok()) throw new Error(`The ${kind} was answered with ${answer.status()}: ${await answer.text()}`);
    // Now and then the form of a Signal that was taken stays as it is, all its buttons off: a person loads the page again.
    const closed = await dialog.waitFor({ state: 'hidden', timeout: 5_000 }).then(
      () => true,
      () => false,
    );
    if (!closed) await page.reload();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** The text of a Schedule's line in the list of them all. */
  async function scheduleListed(id: string, picture: string): Promise<string> {
    await page.goto(`${base}/namespaces/default/schedules`);
    const line = page.getByRole('row').filter({ has: page.getByText(id, { exact: true }) });
    await line.getByText('Running').first().waitFor();
    await shoot(picture);
    return await line.innerText();
  }

  /** From the list to the page of one of them; its text, once it has come. */
  async function openSchedule(id: string, picture: string): Promise<string> {
    await page.getByText(id, { exact: true }).click();
    await page.getByRole('heading', { name: id }).waitFor();
    await page.getByText('By the plan of').waitFor();
    await shoot(picture);
    return await page.locator('main').innerText();
  }

  /** Begins what the Schedule begins, by its own policy, through the menu of its page. */
  async function trigger(picture: string): Promise<void> {
    await page.getByRole('button', { name: 'Schedule Actions' }).click();
    await page.getByRole('menuitem', { name: 'Trigger' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByText('Use Policy').click();
    await shoot(picture);
    await dialog.getByTestId('confirm-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** From the Schedule's page to the newest workflow under "Recent Runs", once there is one; its id. */
  async function openRecentRun(scheduleId: string, picture: string): Promise<string> {
    const run = page.getByRole('link', { name: `${scheduleId}-due-` }).first();
    await untilThere(page, run);
    await shoot(picture);
    const id = (await run.innerText()).trim();
    await run.click();
    await page.waitForURL(/\/(timeline|history)(\?|$)/);
    return id;
  }

  return {
    ...{ page, shoot, startFrom, open, details, send, close: () => browser.close() },
    ...{ scheduleListed, openSchedule, trigger, openRecentRun },
  };
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

/** The page is loaded again until it shows it: it does not look by itself. */
async function untilThere(page: Page, what: Locator): Promise<void> {
  const limit = Date.now() + 60_000;
  for (;;) {
    const there = await what.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
    if (there) return;
    if (Date.now() > limit) throw new Error(`The page never showed ${what}: ${await page.locator('main').innerText()}`);
    await page.reload();
  }
}

/** The UI shows Markdown in a frame, and reads it from the server once a page: the page is loaded again until it says so. */
async function detailsThatSay(page: Page, says: string): Promise<string> {
  const limit = Date.now() + 90_000;
  let last = '';
  while (Date.now() < limit) {
    for (const look of Array(10).keys()) {
      if (look > 0) await new Promise((wake) => setTimeout(wake, 200));
      for (const frame of page.frames()) {
        const text = await frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '');
        if (frame !== page.mainFrame() && text !== '') last = text;
        if (text.includes(says)) return text;
      }
    }
    await page.reload();
  }
  throw new Error(`The details never said "${says}", but: ${last}`);
}
