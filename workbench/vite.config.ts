import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fakeApiPlugin } from './tests/fake/vitePlugin';

const server = process.env['SKEIN_SERVER'];

export default defineConfig({
  plugins: [react(), ...(process.env['SKEIN_FAKE'] ? [fakeApiPlugin()] : [])],
  build: {
    outDir: 'dist',
    target: 'es2022',
    sourcemap: false,
    // Nothing is inlined as data: — the content policy allows images and fonts from the origin only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    ...(server ? { proxy: { '/api': { target: server, ws: true, changeOrigin: true, headers: { origin: server } } } } : {}),
  },
});
