// The HTTP API as functions. This file and liveSocket.ts are the only places that touch the network, and they
// know relative paths only, so that no request can leave the origin.
// Errors   every refusal is an ApiError with the server's code; a network failure has code `offline`, a passed
//          deadline `deadline_exceeded`. Branch on the code, show the message.
import type * as t from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly info: t.ErrorInfo,
  ) {
    super(info.message);
    this.name = 'ApiError';
  }

  get code(): string {
    return this.info.code;
  }
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

const deadlineMs = 75_000; // the longest query the page asks for is 60 s

export type Api = ReturnType<typeof createApi>;

export function createApi(doFetch: Fetch = (path, init) => fetch(path, init)) {
  async function call<T>(method: string, path: string, body?: unknown, options?: CallOptions): Promise<T> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = options?.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (method !== 'GET') headers['X-Skein'] = '1';
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response: Response;
    try {
      response = await doFetch(path, {
        method,
        headers,
        signal,
        credentials: 'same-origin',
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (options?.signal?.aborted) throw new ApiError(0, { code: 'cancelled', message: 'cancelled' });
      if (deadline.aborted) throw new ApiError(0, { code: 'deadline_exceeded', message: '' });
      throw new ApiError(0, { code: 'offline', message: String(error) });
    }
    if (response.status === 204) return undefined as T;
    let answer: unknown;
    try {
      answer = await response.json();
    } catch {
      throw new ApiError(response.status, { code: 'bad_answer', message: `${method} ${path}: not JSON` });
    }
    if (!response.ok) throw new ApiError(response.status, errorInfo(answer, response.status));
    return answer as T;
  }

  const get = <T>(path: string, options?: CallOptions) => call<T>('GET', path, undefined, options);
  const post = <T>(path: string, body: unknown, options?: CallOptions) => call<T>('POST', path, body, options);
  const id = encodeURIComponent;

  return {
    health: (o?: CallOptions) => get<t.Health>('/api/v1/health', o),
    session: (o?: CallOptions) => get<t.Session>('/api/v1/session', o),
    signIn: (name: string, password: string) => post<t.Session>('/api/v1/session', { name, password }),
    signOut: () => call<void>('DELETE', '/api/v1/session'),
    setPurpose: (purpose: t.Purpose) => call<t.Session>('PUT', '/api/v1/session/purpose', purpose),
    clearPurpose: () => call<t.Session>('DELETE', '/api/v1/session/purpose'),
    cases: (o?: CallOptions) => get<{ cases: t.Case[] }>('/api/v1/cases', o),
    units: (o?: CallOptions) => get<{ units: t.Unit[] }>('/api/v1/units', o),
    search: (q: string, limit: number, o?: CallOptions) =>
      get<t.SearchResult>(`/api/v1/search?${new URLSearchParams({ q, limit: String(limit) })}`, o),
    element: (elementId: string, o?: CallOptions) => get<t.ElementView>(`/api/v1/elements/${id(elementId)}`, o),
    elements: (ids: readonly string[], o?: CallOptions) => post<t.Elements>('/api/v1/elements', { ids }, o),
    neighbours: (elementId: string, o?: CallOptions) =>
      get<t.NeighbourCounts>(`/api/v1/elements/${id(elementId)}/neighbours`, o),
    trajectory: (elementId: string, limit: number, o?: CallOptions) =>
      get<t.Trajectory>(`/api/v1/elements/${id(elementId)}/trajectory?limit=${limit}`, o),
    expand: (request: t.ExpandRequest, o?: CallOptions) => post<t.ExpandResult>('/api/v1/expand', request, o),
    paths: (request: t.PathsRequest, o?: CallOptions) => post<t.PathsResult>('/api/v1/paths', request, o),
    query: (request: t.QueryRequest, o?: CallOptions) => post<t.QueryResult>('/api/v1/query', request, o),
    schema: (o?: CallOptions) => get<t.Schema>('/api/v1/schema', o),
    imports: (limit: number, o?: CallOptions) => get<t.ImportList>(`/api/v1/imports?limit=${limit}`, o),
    operations: (o?: CallOptions) => get<{ operations: t.Operation[] }>('/api/v1/operations', o),
    createOperation: (operation: t.NewOperation) => post<t.Operation>('/api/v1/operations', operation),
    operation: (operation: string, o?: CallOptions) =>
      get<t.Operation>(`/api/v1/operations/${id(operation)}`, o),
    updateOperation: (operation: string, change: { name?: string; state?: 'open' | 'closed' }) =>
      call<t.Operation>('PATCH', `/api/v1/operations/${id(operation)}`, change),
    addMember: (operation: string, unit: string) =>
      call<t.Operation>('PUT', `/api/v1/operations/${id(operation)}/members/${id(unit)}`),
    liveTicket: (operation: string) => post<t.Ticket>('/api/v1/live/ticket', { operation }),
  };
}

function errorInfo(answer: unknown, status: number): t.ErrorInfo {
  const info = (answer as { error?: t.ErrorInfo } | null)?.error;
  return info && typeof info.code === 'string' ? info : { code: 'bad_answer', message: `status ${status}` };
}
