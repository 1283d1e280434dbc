import { defineConfig } from '@playwright/test';

const port = Number(process.env['SKEIN_E2E_PORT'] ?? 8715);

export default defineConfig({
  testDir: 'e2e',
  outputDir: process.env['SKEIN_E2E_DIR'] ? `${process.env['SKEIN_E2E_DIR']}/results` : '../build/e2e/results',
  globalSetup: './e2e/support/globalSetup.ts',
  globalTeardown: './e2e/support/globalTeardown.ts',
  workers: 1, // one server, two cores, software WebGL
  // Long, because nothing here waits for time: on a machine that compiles meanwhile each step just takes longer.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1366, height: 768 },
    locale: 'en-US',
    colorScheme: 'light',
    // A step that cannot be done says so long before its test ends, with what the page showed.
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    trace: { mode: 'retain-on-failure', screenshots: false, sources: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
      // Pinned, because Chromium withdraws the silent fallback to software WebGL.
      args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
    },
    contextOptions: { reducedMotion: 'reduce' },
  },
});
